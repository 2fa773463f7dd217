"""The server's settings: one value, read once from mappings that are handed in.

Flags win over the environment (`HEADWATER_PORT`), the environment over one TOML file (`port`),
and the file over the default. Where each value came from is kept, for `headwater config`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from headwater.setting_values import (
    Reader,
    cookie_name,
    key,
    networks,
    one_of,
    path,
    seconds,
    switch_or_networks,
    text,
    whole,
)

PREFIX = "HEADWATER_"

# Read by commands or by the runtime, and no settings of the server.
_OTHER_VARIABLES = frozenset({"HEADWATER_CONFIG", "HEADWATER_URL", "HEADWATER_WORKSPACE"})


class SettingsError(Exception):
    """A setting cannot be used; the message says which, from where, and what would do."""


def setting(description: str, *, default: Any, read: Reader, secret: bool = False) -> Any:
    """Declare a setting: its default, one line that explains it, and how its value is read."""
    metadata = {"description": description, "read": read, "secret": secret}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a server. Sizes are in bytes, durations in seconds."""

    host: str = setting(
        "Address to listen on; 0.0.0.0 listens on every one.", default="127.0.0.1", read=text
    )
    port: int = setting(
        "Port to listen on; 0 takes a free one and prints it.", default=8080, read=whole(0, 65_535)
    )
    data: str = setting(
        "Folder that holds the database; made where it is missing.",
        default="headwater-data",
        read=text,
    )
    write_key: str | None = setting(
        "Write key of workspace `default`, next to those that it has; drawn at the first start.",
        default=None,
        read=key,
        secret=True,
    )
    admin_key: str | None = setting(
        "Admin key for all workspaces, next to those there are; drawn at the first start.",
        default=None,
        read=key,
        secret=True,
    )
    log_level: str = setting(
        "What is logged: debug, info, warning or error, and what is worse.",
        default="info",
        read=one_of("debug", "info", "warning", "error"),
    )
    log_format: str = setting(
        "json, text, or auto: text at a terminal, else json.",
        default="auto",
        read=one_of("auto", "json", "text"),
    )
    allow_private_networks: bool | tuple[str, ...] = setting(
        "Whether destinations may be in private networks: true, false, or networks in CIDR form.",
        default=False,
        read=switch_or_networks,
    )
    trusted_proxies: tuple[str, ...] = setting(
        "Networks of reverse proxies whose X-Forwarded-For tells the client's address.",
        default=(),
        read=networks,
    )
    max_batch_bytes: int = setting(
        "Largest body of a batch, after decompression.",
        default=500 * 1024,
        read=whole(1024, 64 * 1024**2),
    )
    max_event_bytes: int = setting(
        "Largest event, alone or in a batch.", default=32 * 1024, read=whole(256, 16 * 1024**2)
    )
    max_batch_events: int = setting("Most events in a batch.", default=2500, read=whole(1, 100_000))
    max_depth: int = setting(
        "Most objects and lists inside each other in an event.", default=64, read=whole(4, 500)
    )
    script_path: str = setting(
        "Address of the browser snippet; a name of your own matches no block list.",
        default="/hw.js",
        read=path,
    )
    events_path: str | None = setting(
        "One more address for batches of events, under a name of your own.",
        default=None,
        read=path,
    )
    visitor_cookie: str = setting(
        "Cookie that a page's visitor is remembered by for 400 days, set by the server; or off.",
        default="hw_anonymous_id",
        read=cookie_name,
    )
    analytics_js: str | None = setting(
        "Folder with Segment's own browser SDK (dist/umd of @segment/analytics-next), to serve it.",
        default=None,
        read=text,
    )
    queue_bound: int = setting(
        "Most events that wait for the disk; over it requests are told 503.",
        default=50_000,
        read=whole(1, 10_000_000),
    )
    readers: int = setting(
        "Threads that answer reads from the database.", default=2, read=whole(1, 64)
    )
    admin_rate: int = setting(
        "Requests a second that each admin key may make; 0 is no limit.",
        default=1000,
        read=whole(0, 1_000_000),
    )
    model_url: str | None = setting(
        "OpenAI-compatible endpoint (up to /v1) of a model that may propose plans; none asks none.",
        default=None,
        read=text,
    )
    model_name: str = setting("Model that is asked there.", default="gpt-4o-mini", read=text)
    model_key: str | None = setting("Key for that endpoint.", default=None, read=key, secret=True)
    question_seconds: float = setting(
        "Seconds that a question about populations may take.", default=60.0, read=seconds
    )
    sql_seconds: float = setting(
        "Seconds that a query of SQL may take.", default=60.0, read=seconds
    )
    shutdown_grace: float = setting(
        "Seconds that SIGTERM gives to requests and deliveries under way.",
        default=15.0,
        read=seconds,
    )
    lake: str = setting(
        "Where the lake is: a folder, s3://bucket/prefix, auto (`lake` in the data folder) or off.",
        default="auto",
        read=text,
    )
    lake_flush_seconds: float = setting(
        "Seconds after which what is new goes to the lake.", default=60.0, read=seconds
    )
    lake_flush_events: int = setting(
        "New events that go to the lake at once, however few seconds have passed.",
        default=50_000,
        read=whole(100, 1_000_000),
    )
    lake_hot_days: int = setting(
        "Days for which an event stays in the database too; a messageId is known as long.",
        default=30,
        read=whole(1, 36_500),
    )
    lake_cold_days: int = setting(
        "Days after which a day's files are moved to where what is seldom read costs least.",
        default=365,
        read=whole(1, 36_500),
    )


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """The settings, and where each value came from.

    Attributes:
        origins: setting name to `--port`, `HEADWATER_PORT`, the file's name, or `default`.
        warnings: for people, about variables that look like settings and are none.
    """

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def declared() -> tuple[Field[Any], ...]:
    """Answer the declarations, in order; `metadata` holds `description` and `secret`."""
    return fields(Settings)


def read_settings(
    *,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    file: Mapping[str, Any],
    file_name: str = "headwater.toml",
) -> SettingsInForce:
    """Put the settings together out of what was given.

    Args:
        flags: setting name to value; None is a flag that was not given.
        environment: all variables of the process.
        file: the content of the TOML file; empty where there is none.
        file_name: how messages call that file.

    Raises:
        SettingsError: a value that cannot be used, or a name in the file that is no setting.
    """
    names = [one.name for one in declared()]
    for name in file:
        if name not in names:
            raise SettingsError(f"{file_name}: {name!r} is no setting{_nearest(name, names)}.")
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for one in declared():
        origin, raw = _given(one.name, flags, environment, file, file_name)
        origins[one.name] = origin
        if origin != "default":
            values[one.name] = _value(one, raw, origin)
    warnings = tuple(_unknown_variables(environment, names))
    return SettingsInForce(Settings(**values), origins, warnings)


def _given(
    name: str,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    file: Mapping[str, Any],
    file_name: str,
) -> tuple[str, Any]:
    variable = PREFIX + name.upper()
    if flags.get(name) is not None:
        return "--" + name.replace("_", "-"), flags[name]
    if environment.get(variable):  # set to nothing is how shells and compose files say "not set"
        return variable, environment[variable]
    if name in file:
        return file_name, file[name]
    return "default", None


def _value(one: Field[Any], raw: Any, origin: str) -> Any:
    try:
        return one.metadata["read"](raw)
    except ValueError as error:
        shown = "what was given" if one.metadata["secret"] else repr(raw)
        raise SettingsError(f"{origin}: {one.name} must be {error}; {shown} is not.") from error


def _unknown_variables(environment: Mapping[str, str], names: Iterable[str]) -> Iterable[str]:
    variables = [PREFIX + name.upper() for name in names]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in {*variables, *_OTHER_VARIABLES}:
            yield f"The variable {name} is no setting{_nearest(name, variables)}; it is ignored."


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
