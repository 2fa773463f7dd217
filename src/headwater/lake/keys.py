"""Where in the bucket what lies.

    _workspaces/{workspace}.json                     which workspaces the lake has
    {workspace}/log/{version}.json                   the manifest's entries, see manifest.py
    {workspace}/log/{version}.checkpoint.json        all of the manifest as of a version
    {workspace}/events/day=YYYY-MM-DD/{file}.parquet
    {workspace}/identity/{file}.parquet
    {workspace}/merging.json                         how far a merge is that goes by slices
    cold/{workspace}/events/day=YYYY-MM-DD/{file}.parquet   after a year, see tiers.py

A data file's name is never used again. It counts only once the manifest names it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

DAY = 24 * 3600 * 1000
"""Milliseconds."""

WORKSPACES = "_workspaces/"
COLD = "cold/"

_EPOCH = date(1970, 1, 1)
_VERSION_DIGITS = 12


def day_number(milliseconds: int) -> int:
    """Answer the UTC day of a time, in days since 1970-01-01."""
    return milliseconds // DAY


def day_text(number: int) -> str:
    """Answer a day as `2026-11-23`."""
    return (_EPOCH + timedelta(days=number)).isoformat()


def day_of_text(text: str) -> int:
    """Answer the number of a day that is written as `2026-11-23`."""
    return (date.fromisoformat(text) - _EPOCH).days


def workspace_key(workspace: str) -> str:
    """Answer the key of the object that says that there is this workspace."""
    return f"{WORKSPACES}{workspace}.json"


def workspace_of_key(key: str) -> str:
    """Answer the workspace that a `workspace_key` is of."""
    return key.removeprefix(WORKSPACES).removesuffix(".json")


def events_key(workspace: str, day: int, name: str, *, cold: bool = False) -> str:
    """Answer the key of a file of events."""
    return f"{COLD if cold else ''}{workspace}/events/day={day_text(day)}/{name}.parquet"


def identity_key(workspace: str, name: str) -> str:
    """Answer the key of a file of identity facts."""
    return f"{workspace}/identity/{name}.parquet"


def data_folders(workspace: str) -> tuple[str, ...]:
    """Answer what the keys of a workspace's data files begin with."""
    return (f"{workspace}/events/", f"{workspace}/identity/", f"{COLD}{workspace}/")


def file_name(at: int, unique: str) -> str:
    """Answer a new file's name, which sorts by when it was written."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{unique.replace('-', '')[:16]}"


def written_at(key: str) -> int:
    """Answer when a data file was written, by its name, in milliseconds; raise `ValueError`."""
    stamp = key.rpartition("/")[2].partition("-")[0]
    return int(datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%S%z").timestamp() * 1000)


def log_folder(workspace: str) -> str:
    """Answer what the keys of a workspace's manifest begin with."""
    return f"{workspace}/log/"


def entry_key(workspace: str, version: int) -> str:
    """Answer the key of the entry that made a version of the manifest."""
    return f"{log_folder(workspace)}{version:0{_VERSION_DIGITS}}.json"


def checkpoint_key(workspace: str, version: int) -> str:
    """Answer the key of a checkpoint."""
    return f"{log_folder(workspace)}{version:0{_VERSION_DIGITS}}.checkpoint.json"


def merging_key(workspace: str) -> str:
    """Answer the key of what a merge of files that is under way has done."""
    return f"{workspace}/merging.json"


def version_of(key: str) -> tuple[int, bool]:
    """Answer the version that a key of the log is of, and whether it is a checkpoint's."""
    name = key.rpartition("/")[2]
    number, _, kind = name.partition(".")
    return int(number), kind == "checkpoint.json"
