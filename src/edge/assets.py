"""Files that were uploaded beside the Worker, which Cloudflare serves by itself."""

from __future__ import annotations

from typing import Any


async def asset(env: Any, path: str) -> bytes | None:
    """Answer the file at a path; None where there is none.

    Args:
        env: JavaScript's `env`, with the bindings of wrangler.toml.
        path: as in its address, with the slash.
    """
    files = getattr(env, "ASSETS", None)
    if files is None:
        return None
    # Of the address the path alone counts.
    answer = await files.fetch(f"https://assets.invalid{path}")
    if answer.status != 200:
        return None
    content: bytes = (await answer.arrayBuffer()).to_bytes()
    return content
