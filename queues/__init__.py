"""Cloudflare's Queues: the adapter of the `Queue` port, and what consumes each queue."""
