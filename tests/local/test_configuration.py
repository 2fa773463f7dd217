"""Where the settings file is looked for, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.local.configuration import configure
from headwater.settings import SettingsError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_file_is_no_error(folder: Path) -> None:
    """Without a file the defaults hold."""
    assert configure({}, {}).settings.port == 8080


def test_the_file_in_the_folder_is_read(folder: Path) -> None:
    """headwater.toml in the present folder is found by itself."""
    (folder / "headwater.toml").write_text("port = 1\n")
    in_force = configure({}, {})

    assert (in_force.settings.port, in_force.origins["port"]) == (1, "headwater.toml")


def test_a_named_file_wins(folder: Path) -> None:
    """--config wins over HEADWATER_CONFIG, which wins over ./headwater.toml."""
    for number, name in enumerate(("headwater", "variable", "flag")):
        (folder / f"{name}.toml").write_text(f"port = {number}\n")
    environment = {"HEADWATER_CONFIG": "variable.toml"}

    assert configure({}, environment).settings.port == 1
    assert configure({}, environment, config=Path("flag.toml")).settings.port == 2


def test_a_named_file_must_be_there(folder: Path) -> None:
    """A file that was asked for and is missing is an error, not the defaults."""
    with pytest.raises(SettingsError, match=r"Cannot read the settings in gone\.toml: No such"):
        configure({}, {"HEADWATER_CONFIG": "gone.toml"})


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml(folder: Path, content: bytes) -> None:
    """The message names the file, and where in it the reader stopped."""
    (folder / "headwater.toml").write_bytes(content)

    with pytest.raises(SettingsError, match=r"headwater\.toml is not valid TOML: "):
        configure({}, {})
