"""The data directory: made, locked, and readable by its owner alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headwater.local.data_directory import Connection, DataDirectory, DataDirectoryError


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """A missing directory is made, and others may not look into it."""
    with DataDirectory(tmp_path / "a" / "data") as directory:
        assert directory.path.stat().st_mode & 0o777 == 0o700
        assert directory.database == tmp_path / "a" / "data" / "headwater.sqlite3"


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    """Opening it again names the process that has it, and what to do."""
    with (
        DataDirectory(tmp_path),
        pytest.raises(
            DataDirectoryError, match=r"in use by another server \(process \d+\).*--data"
        ),
    ):
        DataDirectory(tmp_path).open()


def test_it_can_be_opened_again_after_closing(tmp_path: Path) -> None:
    """A server that ended leaves nothing in the way of the next."""
    with DataDirectory(tmp_path):
        pass
    with DataDirectory(tmp_path) as directory:
        assert directory.path == tmp_path


def test_a_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    """The lock goes with its process, even by SIGKILL."""
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from headwater.local.data_directory import DataDirectory;"
        "DataDirectory(Path(sys.argv[1])).open(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)

    assert killed.returncode == -9
    with DataDirectory(tmp_path) as directory:
        assert directory.path == tmp_path


def test_a_file_in_its_place_is_a_clear_error(tmp_path: Path) -> None:
    """What is no directory is named, with what to do."""
    (tmp_path / "data").write_text("a file")

    with pytest.raises(DataDirectoryError, match=r"Cannot use the data directory .*data.*--data"):
        DataDirectory(tmp_path / "data").open()


def test_the_connection_is_saved_for_its_owner_alone(tmp_path: Path) -> None:
    """What was saved is read back; the file holds a key, so its mode is 0600."""
    directory = DataDirectory(tmp_path)
    connection = Connection(url="http://127.0.0.1:8080", admin_key="secret")
    directory.save_connection(connection)
    directory.save_connection(connection)

    assert directory.saved_connection() == connection
    assert (tmp_path / "connection.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"url": "http://x"}'])
def test_a_connection_that_cannot_be_read_is_none(tmp_path: Path, content: str | None) -> None:
    """A missing, cut or foreign file is no connection, and no error."""
    if content is not None:
        (tmp_path / "connection.json").write_text(content)

    assert DataDirectory(tmp_path).saved_connection() is None
