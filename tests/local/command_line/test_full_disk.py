"""A full disk is told of with what to do; other errors pass as they are."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing

import pytest

from headwater.local.command_line.full_disk import telling_of_room
from headwater.local.command_line.trouble import Trouble


def fill_database() -> None:
    """Have SQLite itself say that there is no room."""
    with closing(sqlite3.connect(":memory:")) as small:
        small.execute("PRAGMA max_page_count = 1")
        small.execute("CREATE TABLE more (than, fits)")


def fill_disk() -> None:
    """Fail as writing a file does."""
    raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")


def ask_nonsense() -> None:
    """Fail for another reason."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("SELECT nonsense")


def lose_a_file() -> None:
    """Fail for yet another one."""
    raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/somewhere")


@pytest.mark.parametrize("fill", [fill_database, fill_disk])
def test_what_to_do_is_said_where_there_is_no_room(fill: object) -> None:
    """By SQLite or by the system."""
    assert callable(fill)
    with pytest.raises(Trouble, match="make room"), telling_of_room("make room"):
        fill()


@pytest.mark.parametrize("fail", [ask_nonsense, lose_a_file])
def test_other_errors_pass(fail: object) -> None:
    """As whatever is around tells them."""
    assert callable(fail)
    with pytest.raises((sqlite3.OperationalError, FileNotFoundError)), telling_of_room("make room"):
        fail()
