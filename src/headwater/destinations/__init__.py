"""Where events go: one file per destination, routing, retries."""
