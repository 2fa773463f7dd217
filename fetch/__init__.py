"""Cloudflare's `fetch`: the adapter of the `Http` port."""
