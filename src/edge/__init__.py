"""Cloudflare's side of what is neither a Durable Object nor a queue: HTTP, clock, assembly."""
