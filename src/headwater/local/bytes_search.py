"""Tells in which files some texts are, by a process of its own: `python -m` this module.

Never in the server's own process: to close a file there lets go of all locks that SQLite holds on
it, and another process would then believe that nobody has the database open, and cut its shared
memory off under the server (https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from headwater.errors import Unavailable

_PIECE = 16 * 1024 * 1024


async def count_files(
    paths: Iterable[Path], texts: Iterable[str], *, database: Path | None = None
) -> int:
    """Answer how many of these files have one of the texts in their bytes, as UTF-8.

    A file that is gone has none. With the `database` that the files belong to, the texts are
    identifiers, and bytes that are only part of other values' (see values_search.py) do not count.

    Raises:
        Unavailable: they could not be read.
    """
    # Not as arguments, which everybody on the machine can see.
    given = json.dumps(
        {
            "paths": [str(one) for one in paths],
            "texts": sorted(texts),
            "database": None if database is None else str(database),
        }
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "headwater.local.bytes_search",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        answer, _ = await process.communicate(given.encode() + b"\n")
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise Unavailable("The database's files could not be searched; it is tried again.")
    return int(answer)


def holds_any(path: Path, texts: Sequence[bytes]) -> bool:
    """Tell whether a file has one of these texts; False where it is gone."""
    longest = max(map(len, texts), default=0)
    before = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                window = before + piece
                if any(text in window for text in texts):
                    return True
                before = window[-(longest - 1) :] if longest > 1 else b""
    except FileNotFoundError:
        pass
    return False


def main() -> None:
    """Read what is wanted from standard input, and print the count, while anybody waits for it."""
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return  # the server was killed while it wrote
    wanted = json.loads(line)
    texts = [text.encode() for text in wanted["texts"]]
    found = sum(holds_any(Path(one), texts) for one in wanted["paths"])
    if found and wanted.get("database"):
        from headwater.local.values_search import has_whole  # noqa: PLC0415 - seldom needed

        found = found if has_whole(Path(wanted["database"]), wanted["texts"]) else 0
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), str(found).encode())


if __name__ == "__main__":
    main()
