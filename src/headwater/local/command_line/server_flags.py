"""The settings that `headwater serve` takes as flags; `headwater config` takes the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.settings import declared

_DESCRIPTIONS = {one.name: one.metadata["description"] for one in declared()}


def _flag(name: str, metavar: str) -> Any:
    return typer.Option(help=_DESCRIPTIONS[name], metavar=metavar, show_default=False)


Data = Annotated[Path | None, _flag("data", "DIR")]
Host = Annotated[str | None, _flag("host", "ADDRESS")]
Port = Annotated[int | None, _flag("port", "PORT")]
LogLevel = Annotated[str | None, _flag("log_level", "LEVEL")]
LogFormat = Annotated[str | None, _flag("log_format", "FORMAT")]
AllowPrivateNetworks = Annotated[str | None, _flag("allow_private_networks", "TRUE|NETWORKS")]
TrustedProxies = Annotated[str | None, _flag("trusted_proxies", "NETWORKS")]
Lake = Annotated[str | None, _flag("lake", "DIR|s3://BUCKET|off")]
ShutdownGrace = Annotated[float | None, _flag("shutdown_grace", "SECONDS")]


def given(**flags: Any) -> dict[str, Any]:
    """Answer the flags as `configure` reads them: None where one was not given."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in flags.items()}
