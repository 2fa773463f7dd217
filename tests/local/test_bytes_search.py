"""Texts are found in files wherever they lie, by a process that leaves SQLite's locks alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from headwater.local import bytes_search
from headwater.local.bytes_search import count_files, holds_any
from headwater.local.migrations import open_database
from headwater.local.sql import FILE_NAME, open_reader

# In WAL mode, who opens a database that nobody else has open begins its shared memory anew.
OPEN_IT = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
database.close()
"""


@pytest.mark.parametrize("start", [0, 5, 15, 16, 17, 100])
def test_a_text_is_found_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    """Also across the pieces that are read."""
    monkeypatch.setattr(bytes_search, "_PIECE", 16)
    path = tmp_path / "file"
    path.write_bytes(b"." * start + "ü42".encode() + b"." * 30)
    assert holds_any(path, ["ü42".encode(), b"another"])
    assert not holds_any(path, [b"another"])
    assert not holds_any(path, [])
    assert not holds_any(tmp_path / "none", [b"a"])


def test_searching_a_database_that_is_open_leaves_its_locks(tmp_path: Path) -> None:
    """Others who open and close it meanwhile must see that somebody has it open."""
    with closing(open_database(tmp_path / FILE_NAME)) as database:
        with database.transaction():
            database.execute("CREATE TABLE t (a TEXT)")
            database.execute("INSERT INTO t VALUES ('needle in a hay')")
        files = sorted(tmp_path.glob(f"{FILE_NAME}*"))
        assert asyncio.run(count_files(files, ["needle in a hay", "thread"])) == 1
        assert asyncio.run(count_files(files, ["thread"])) == 0
        shared = tmp_path / f"{FILE_NAME}-shm"
        was = shared.stat().st_ino
        with closing(open_reader(tmp_path / FILE_NAME)) as reader:
            for _ in range(3):
                subprocess.run(
                    [sys.executable, "-c", OPEN_IT, str(tmp_path / FILE_NAME)], check=True
                )
            # Were the locks lost, the other's closing would have folded the log and removed it.
            assert shared.stat().st_ino == was
            assert reader.execute("SELECT a FROM t") == [("needle in a hay",)]


def test_an_identifier_that_is_only_part_of_anothers_is_none(tmp_path: Path) -> None:
    """In bytes `user_id:1` is wherever `user_id:10` is, and beside whatever follows a value."""
    with closing(open_database(tmp_path / FILE_NAME)) as database:
        with database.transaction():
            database.execute("CREATE TABLE t (a TEXT, b TEXT)")
            database.execute("INSERT INTO t VALUES ('w/user_id:10', '')")
            database.execute("INSERT INTO t VALUES ('user_id:2', '4')")
        files, path = sorted(tmp_path.glob(f"{FILE_NAME}*")), tmp_path / FILE_NAME
        for one in ("user_id:1", "user_id:24"):
            assert asyncio.run(count_files(files, [one])) == 1
            assert asyncio.run(count_files(files, [one], database=path)) == 0
        assert asyncio.run(count_files(files, ["user_id:1", "user_id:10"], database=path)) == 1


@pytest.mark.parametrize("given", [b"", b'{"paths": [], "te', b'{"paths": [], "texts": []}\n'])
def test_who_searched_for_a_server_that_was_killed_ends_quietly(given: bytes) -> None:
    """Whether it had not been told yet what to look for, or nobody takes its answer."""
    with subprocess.Popen(
        [sys.executable, "-m", "headwater.local.bytes_search"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate(given, timeout=60)
    assert (process.returncode, said) == (0, b"")
