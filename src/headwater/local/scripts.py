"""The files of analytics-next, from a folder of the owner's."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from headwater.api.browser import Bundle
from headwater.api.browser_files import ENTRY
from headwater.settings import SettingsError


def bundle(folder: str) -> Bundle:
    """Answer what reads the folder's files, each once.

    Args:
        folder: `dist/umd` of the npm package `@segment/analytics-next`.

    Raises:
        SettingsError: it has no `standalone.js`.
    """
    root = Path(folder)
    if not (root / ENTRY).is_file():
        raise SettingsError(
            f"analytics_js: {folder} has no {ENTRY}; name the folder dist/umd of the npm package "
            "@segment/analytics-next."
        )

    @lru_cache(maxsize=256)
    def read(name: str) -> bytes | None:
        path = root / name
        # Names come from addresses: what leads out of the folder is none of it.
        if path.parent != root or not path.is_file():
            return None
        return path.read_bytes()

    async def bundled(name: str) -> bytes | None:
        return read(name)

    return bundled
