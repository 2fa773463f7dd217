"""`config`: the settings in force, and where each comes from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from headwater.local.command_line.options import explained, troubles_told
from headwater.local.command_line.output import plain, print_json, print_table, warn
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
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.local.configuration import configure
from headwater.settings import SettingsError, SettingsInForce, declared

Config = Annotated[
    Path | None,
    typer.Option(
        help="TOML file with settings (HEADWATER_CONFIG); else ./headwater.toml, if there.",
        metavar="FILE",
    ),
]


def settings_in_force(flags: dict[str, Any], config: Path | None) -> SettingsInForce:
    """Answer the settings.

    Raises:
        Trouble: one cannot be used.
    """
    try:
        return configure(flags, os.environ, config=config)
    except SettingsError as error:
        raise Trouble(str(error), exit_code=USAGE) from error


@explained
def show(
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Show the settings in force and where each comes from; keys are masked.

    Flags win over HEADWATER_ variables, those over the file, and the file over the default. The
    flags are those of 'headwater serve': with the same ones, it says what that would run with.

    Examples:
        headwater config
        headwater config --port 9000
        HEADWATER_PORT=9000 headwater config --config /etc/headwater.toml
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
    for warning in in_force.warnings:
        warn(warning)
    shown = {one.name: _shown(in_force, one.name, one.metadata["secret"]) for one in declared()}
    if as_json:
        print_json(
            {
                name: {"value": value, "from": in_force.origins[name]}
                for name, value in shown.items()
            }
        )
        return
    print_table(
        None,
        ["setting", "value", "from", "what it does"],
        [
            [
                Text(one.name, style="bold"),
                plain(shown[one.name]),
                _origin(in_force.origins[one.name]),
                Text(one.metadata["description"], style="dim"),
            ]
            for one in declared()
        ],
    )


def _shown(in_force: SettingsInForce, name: str, secret: bool) -> Any:  # noqa: FBT001 - read off a declaration
    value = getattr(in_force.settings, name)
    return "********" if secret and value is not None else value


def _origin(origin: str) -> Text:
    return Text(origin, style="dim" if origin == "default" else "cyan")
