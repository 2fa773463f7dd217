"""How commands send events: with a source's write key, which an admin key can look up."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from headwater.client.errors import InvalidSettings
from headwater.client.settings import Settings, settings
from headwater.client.transport import BlockingTransport
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble

WriteKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="Of the source that the events belong to (HEADWATER_WRITE_KEY). Without it, the "
        "workspace's first source is used.",
    ),
]


def intake_settings(server: Remote, write_key: str | None) -> Settings:
    """Answer where events go and by which key.

    Raises:
        Trouble: no key was given and none can be looked up, or it is no key.
    """
    key = write_key or os.environ.get("HEADWATER_WRITE_KEY") or _first_key(server)
    try:
        return settings(key, server.address.url, options={"spool": None}, environ={})
    except InvalidSettings as error:
        raise Trouble(f"--write-key: {error}", exit_code=USAGE) from error


def transport(server: Remote, chosen: Settings) -> BlockingTransport:
    """Answer what sends batches, by the same network as the other commands.

    Times that were typed or stand in a file are meant as they are.
    """
    return BlockingTransport(chosen, server.transport, is_history=True)


def _first_key(server: Remote) -> str:
    for source in server.get("/v1/sources")["sources"]:
        if source["enabled"] and source["write_keys"]:
            return str(source["write_keys"][0]["key"])
    raise Trouble(
        "This workspace has no source that is switched on: make one with "
        "'headwater source create NAME', or give a key with --write-key.",
        exit_code=USAGE,
    )
