"""Finds the settings on this machine: flags, the environment, and one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headwater.settings import SettingsError, SettingsInForce, read_settings

DEFAULT_FILE = "headwater.toml"


def configure(
    flags: Mapping[str, Any], environment: Mapping[str, str], *, config: Path | None = None
) -> SettingsInForce:
    """Answer the settings in force.

    Args:
        flags: setting name to value, None where not given.
        environment: all variables of the process.
        config: the TOML file that a flag named; else HEADWATER_CONFIG, else ./headwater.toml.

    Raises:
        SettingsError: a value or the file cannot be used.
    """
    named = config or (Path(named) if (named := environment.get("HEADWATER_CONFIG")) else None)
    path = named or Path(DEFAULT_FILE)
    file: Mapping[str, Any] = {}
    if named is not None or path.is_file():
        file = _content(path)
    return read_settings(flags=flags, environment=environment, file=file, file_name=str(path))


def _content(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings in {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
