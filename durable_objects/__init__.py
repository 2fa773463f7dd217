"""Cloudflare's Durable Objects: the adapter of the `Sql` port, and the classes that hold actors."""
