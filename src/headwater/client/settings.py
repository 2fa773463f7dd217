"""What a client can be told, checked once; the environment is handed in, never read deep inside."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args
from urllib.parse import urlsplit

from headwater.client.batching import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from headwater.client.errors import InvalidSettings
from headwater.client.event import MAX_EVENT_BYTES

DEFAULT_HOST = "http://localhost:8080"

WhenFull = Literal["drop", "block", "raise"]


class Options(TypedDict, total=False):
    """What both clients take besides the write key and the host; the defaults suit most programs.

    Attributes:
        batch_size: events in a request, 1 to 2500; 100.
        batch_bytes: bytes in a request before compression; 475,000.
        interval: seconds that an event waits for company; 0.5.
        max_queue: events in memory; 10,000.
        when_full: when they are that many: "drop" the new event and tell `on_error`, "block" the
            call until there is room, or "raise" QueueFull; "drop".
        timeout: seconds for one request; 10.
        gzip: compress requests; True.
        max_retries: tries after the first, where there is no spool; 10. With one, there is no end.
        retry_delay: seconds before the first retry; it doubles with each one; 0.5.
        max_retry_delay: seconds between two tries at most; 60.
        close_timeout: seconds that `close`, or the end of the program, may take; 5.
        spool: the folder for events while the server is away, shared by any number of processes;
            None for no spool. Without it: `headwater/spool` in the user's state folder.
        spool_bytes: the most that the folder may take on disk; 100,000,000.
    """

    batch_size: int
    batch_bytes: int
    interval: float
    max_queue: int
    when_full: WhenFull
    timeout: float
    gzip: bool
    max_retries: int
    retry_delay: float
    max_retry_delay: float
    close_timeout: float
    spool: str | os.PathLike[str] | None
    spool_bytes: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. `spool` is the folder of this write key on this host."""

    write_key: str
    host: str
    batch_size: int = 100
    batch_bytes: int = MAX_BATCH_BYTES
    interval: float = 0.5
    max_queue: int = 10_000
    when_full: WhenFull = "drop"
    timeout: float = 10.0
    gzip: bool = True
    max_retries: int = 10
    retry_delay: float = 0.5
    max_retry_delay: float = 60.0
    close_timeout: float = 5.0
    spool: Path | None = None
    spool_bytes: int = 100_000_000

    @property
    def url(self) -> str:
        """Where batches are posted."""
        return f"{self.host}/v1/batch"


_LIMITS: dict[str, tuple[float, float]] = {
    "batch_size": (1, MAX_BATCH_EVENTS),
    "batch_bytes": (MAX_EVENT_BYTES + 1024, MAX_BATCH_BYTES),
    "interval": (0, 3600),
    "max_queue": (1, 10_000_000),
    "timeout": (0.01, 3600),
    "max_retries": (0, 1_000_000),
    "retry_delay": (0.001, 3600),
    "max_retry_delay": (0.001, 86_400),
    "close_timeout": (0, 3600),
    "spool_bytes": (100_000, 1_000_000_000_000),
}
_WHOLE = {"batch_size", "batch_bytes", "max_queue", "max_retries", "spool_bytes"}


def settings(
    write_key: str | None,
    host: str | None,
    *,
    options: Options,
    environ: Mapping[str, str],
) -> Settings:
    """Answer the settings in force: what was given, else the environment, else the default.

    `HEADWATER_WRITE_KEY` and `HEADWATER_HOST` are the variables that are looked at.

    Raises:
        InvalidSettings: something is missing, unknown or out of range.
    """
    key = write_key if write_key is not None else environ.get("HEADWATER_WRITE_KEY")
    key = key.strip() if isinstance(key, str) else ""
    if not key:
        raise InvalidSettings(
            "the write key is missing: give write_key=, or set HEADWATER_WRITE_KEY; "
            "the server prints it when it starts"
        )
    if ":" in key or not key.isascii() or not key.isprintable():
        raise InvalidSettings("the write key holds a colon or a character that no key has")
    address = _host(host if host is not None else environ.get("HEADWATER_HOST") or DEFAULT_HOST)
    _check(options)
    given: dict[str, Any] = dict(options)
    folder = given.pop("spool", _state_folder(environ))
    if folder is not None:
        given["spool"] = _spool_of(Path(folder), address, key)
    return Settings(write_key=key, host=address, **given)


def _host(host: str) -> str:
    try:
        parts = urlsplit(host)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidSettings(
            f"host {host!r} is not an address: give one such as {DEFAULT_HOST} (HEADWATER_HOST)"
        )
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidSettings(
            "host must be an address only, such as https://events.example.com, "
            "without user, query or fragment"
        )
    return host.rstrip("/").removesuffix("/v1/batch").removesuffix("/v1")


def _check(options: Options) -> None:
    known = Options.__annotations__
    for name, value in options.items():
        if name not in known:
            raise InvalidSettings(f"there is no setting {name!r}; there are: {', '.join(known)}")
        if name in _LIMITS:
            least, most = _LIMITS[name]
            kind = (int,) if name in _WHOLE else (int, float)
            if not isinstance(value, kind) or not least <= value <= most or value is True:
                raise InvalidSettings(
                    f"{name} is {value!r}: give a {'whole ' if name in _WHOLE else ''}number "
                    f"from {least} to {most}"
                )
    folder = options.get("spool")
    if folder is not None and not isinstance(folder, (str, os.PathLike)):
        raise InvalidSettings(f"spool is {folder!r}: give a folder, or None for no spool")
    if (full := options.get("when_full", "drop")) not in get_args(WhenFull):
        raise InvalidSettings(f"when_full is {full!r}: give 'drop', 'block' or 'raise'")


def _spool_of(folder: Path, host: str, write_key: str) -> Path:
    # A batch may only ever go where it was meant to go, with the key it was meant for; and the
    # key itself is not written to disk.
    digest = hashlib.sha256(f"{host}\n{write_key}".encode()).hexdigest()
    return folder.expanduser().absolute() / digest[:16]


def _state_folder(environ: Mapping[str, str]) -> Path:
    """Answer where a program keeps its state (XDG Base Directory Specification 0.8)."""
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / "headwater" / "spool"
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"]) / "headwater" / "spool"
    return Path(environ.get("HOME") or "~") / ".local" / "state" / "headwater" / "spool"
