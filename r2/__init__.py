"""Cloudflare's R2: the adapter of the `Bucket` port."""
