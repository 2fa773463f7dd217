"""`serve`: run a server here."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.text import Text

from headwater import __version__
from headwater.errors import HeadwaterError
from headwater.local.command_line.configuration import Config, settings_in_force
from headwater.local.command_line.options import explained, troubles_told
from headwater.local.command_line.output import console
from headwater.local.command_line.server_flags import (
    AllowPrivateNetworks,
    Data,
    Host,
    Lake,
    LogFormat,
    LogLevel,
    Port,
    ShutdownGrace,
    TrustedProxies,
    given,
)
from headwater.local.command_line.trouble import REFUSED, USAGE, Trouble
from headwater.local.data_directory import DataDirectoryError
from headwater.local.logs import set_up_logs
from headwater.settings import Settings, SettingsError

_logger = logging.getLogger(__name__)


@explained
def serve(
    *,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
    allow_private_networks: AllowPrivateNetworks = None,
    trusted_proxies: TrustedProxies = None,
    lake: Lake = None,
    shutdown_grace: ShutdownGrace = None,
    config: Config = None,
) -> None:
    """Run a server until Ctrl+C or SIGTERM; it then finishes what it has begun.

    The first start makes workspace 'default' with a source and an admin key, and prints both
    keys. Every setting, also those without a flag here, can come from the environment
    (HEADWATER_PORT) or a TOML file: see 'headwater config'.

    Examples:
        headwater serve
        headwater serve --data /var/lib/headwater --host 0.0.0.0 --port 8080
        headwater serve --lake s3://events-of-the-shop/headwater
        HEADWATER_ADMIN_KEY=hw_preset-for-automation headwater serve --port 0
    """
    flags = given(
        data=data,
        host=host,
        port=port,
        log_level=log_level,
        log_format=log_format,
        allow_private_networks=allow_private_networks,
        trusted_proxies=trusted_proxies,
        lake=lake,
        shutdown_grace=shutdown_grace,
    )
    with troubles_told():
        in_force = settings_in_force(flags, config)
        set_up_logs(level=in_force.settings.log_level, style=in_force.settings.log_format)
        for warning in in_force.warnings:
            _logger.warning("%s", warning)
        _run(in_force.settings)


def _run(settings: Settings) -> None:
    # Imported here, so that --help and a wrong flag do not wait for all of the server.
    from headwater.local.runtime import run  # noqa: PLC0415 - see above

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run(settings, announce=lambda started: _announce(settings, started)))
    except (SettingsError, DataDirectoryError) as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    except HeadwaterError as error:
        raise Trouble(error.message, exit_code=USAGE) from error
    except sqlite3.Error as error:
        raise Trouble(
            f"Cannot use the database in {settings.data}: {error}.", exit_code=REFUSED
        ) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    return uvloop.new_event_loop


def _announce(settings: Settings, started: Any) -> None:
    """Tell people where it is and how to try it; on standard output, logs are on the other."""
    keys, url = started.keys, started.url
    write_key = keys.write_key or "(none; make one with: headwater source create NAME)"
    lines = [
        Text(f"Headwater {__version__} is ready.", style="bold green"),
        Text(""),
        _line("URL", url),
        _line("Write key", write_key),
        _line("Admin key", _admin_key(settings, keys.admin_key)),
        _line("Data", str(started.data)),
        Text(""),
        Text("Send an event, and look at the person it made:"),
        Text(
            f"  curl {url}/v1/track -u {keys.write_key or 'WRITE_KEY'}: "
            """-d '{"userId": "42", "event": "Signed Up", "context": {"traits": """
            """{"email": "ann@example.com"}}}'"""
        ),
        Text(f"  {_typed()} who user_id:42 --data {started.data}"),
        Text(""),
    ]
    out = console()
    for line in lines:
        out.print(line, soft_wrap=True)
    out.file.flush()


def _typed() -> str:
    """Answer how this command is called here: by its path, where the shell does not find it."""
    found = shutil.which("headwater")
    here = Path(sys.argv[0])
    return "headwater" if found and here.exists() and here.samefile(found) else str(here)


def _admin_key(settings: Settings, told: str | None) -> str:
    if settings.admin_key:
        return "(the preset one)"
    if told:
        return f"{told}  (shown this once; keep it)"
    return "(shown at first start; make another with: headwater key create NAME --role admin)"


def _line(name: str, value: str) -> Text:
    return Text.assemble((f"  {name + ':':11}", "dim"), (value, "bold"))
