"""How long events wait while an erasure makes the database's freed bytes be gone.

Makes a database of events, then takes as often as asked: a copy of the file that is on the disk
(the floor: every byte read and written once), the copy that takes the file's place, as an erasure
has it, and `VACUUM` with the log emptied, which it falls back to while others read the database.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from headwater.local.migrations import open_database
from headwater.local.readers import Readers
from headwater.local.rewriting import rewrite
from headwater.local.sql import Database
from scripts.bench.figures import console

_PART = 50_000

_FILL = """
WITH RECURSIVE number (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM number WHERE n < ?)
INSERT INTO event (actor, message_id, timestamp, via, type, body)
SELECT 'w/user_id:' || (n % 50000), hex(randomblob(16)), n, 'user_id:' || (n % 50000), 'track',
       hex(randomblob(400)) FROM number
"""


def fill(database: Database, path: Path, size: int) -> None:
    """Store events until the file has so many bytes."""
    first = 1
    while path.stat().st_size < size:
        with database.transaction():
            database.execute(_FILL, (first, first + _PART - 1))
        first += _PART
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy(path: Path) -> None:
    """Write the file once more, and wait for the disk."""
    other = path.with_suffix(".copy")
    with path.open("rb") as source, other.open("wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
        target.flush()
        os.fsync(target.fileno())
    other.unlink()


def vacuum(database: Database) -> None:
    """Write every page anew in place."""
    database.execute("PRAGMA temp_store = FILE")
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def replace(database: Database, path: Path, readers: Readers) -> None:
    """Let a copy without free pages take the file's place, as an erasure does."""
    if not rewrite(database, path, readers):
        raise SystemExit("somebody else has the database open")


def seconds(work: Callable[[], None]) -> float:
    """Answer how long it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> None:
    """Measure, and print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        path = Path(folder) / "headwater.sqlite3"
        database = open_database(path)
        readers = Readers(path)
        fill(database, path, options.megabytes * 1_000_000)
        rounds = [
            (
                seconds(lambda: copy(path)),
                seconds(lambda: replace(database, path, readers)),
                seconds(lambda: vacuum(database)),
            )
            for _ in range(options.rounds)
        ]
        size = path.stat().st_size / 1e9
        database.close()
    for place, name in enumerate(("copy of the file", "copy in its place", "VACUUM and the log")):
        ratio = statistics.median(one[place] / one[0] for one in rounds)
        taken = statistics.median(one[place] for one in rounds)
        console.print(f"{name:<20} {taken:7.1f} s for {size:.2f} GB   {ratio:5.2f} of the copy")


if __name__ == "__main__":
    main()
