"""`lake`: what the lake has, read where it lies; no server is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from headwater.lake.catalogue import Catalogue, workspaces
from headwater.lake.manifest import LakeFile
from headwater.local.command_line.configuration import Config, settings_in_force
from headwater.local.command_line.options import explained, troubles_told
from headwater.local.command_line.output import print_json
from headwater.local.command_line.trouble import UNREACHABLE, USAGE, Trouble
from headwater.ports import BucketFailure

application = typer.Typer(
    no_args_is_help=True, help="The lake: every event and every person in Parquet files."
)


class TableName(StrEnum):
    """The lake's tables."""

    EVENTS = "events"
    IDENTITY = "identity"


@application.command("files")
@explained
def files(
    *,
    table: Annotated[TableName, typer.Option(help="Which table.")] = TableName.EVENTS,
    lake: Annotated[
        str | None,
        typer.Option(help="Where the lake is, if not where the settings say.", metavar="DIR|s3://"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data folder, if the lake is in it.", metavar="DIR")
    ] = None,
    workspace: Annotated[str, typer.Option(help="Workspace.", metavar="ID")] = "default",
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the manifest says of each, as JSON.")
    ] = False,
) -> None:
    """Print the files that a table of the lake consists of now, one a line.

    Only these count: others in the same folders are being written, or were replaced. A file that
    is replaced stays for a day, so there is time to read what was printed.

    Examples:
        headwater lake files
        headwater lake files --table identity --lake s3://events-of-the-shop/headwater
        headwater lake files --json --workspace shop-eu
    """
    with troubles_told():
        flags = {"lake": lake, "data": None if data is None else str(data)}
        settings = settings_in_force(flags, config).settings
        if settings.lake == "off":
            raise Trouble("The lake is switched off; say where one is: --lake.", exit_code=USAGE)
        address = settings.lake
        if address == "auto":
            address = str(Path(settings.data) / "lake")
        found = _read(address, workspace, table)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for one in found:
        typer.echo(_place(address, one.key))


def _read(address: str, workspace: str, table: str) -> list[LakeFile]:
    # Imported here: --help need not wait for what reads buckets.
    from headwater.local.lake.buckets import open_bucket  # noqa: PLC0415 - see above

    if "://" not in address and not Path(address).is_dir():
        raise Trouble(f"There is no lake in {address}; say where it is: --lake.", exit_code=USAGE)

    async def read() -> list[LakeFile]:
        bucket = open_bucket(address)
        known = await workspaces(bucket)
        if workspace not in known:
            raise Trouble(_not_there(workspace, known), exit_code=USAGE)
        return (await Catalogue(bucket, workspace).refresh()).of(table)

    try:
        return asyncio.run(read())
    except BucketFailure as failure:
        raise Trouble(f"The lake cannot be read: {failure}", exit_code=UNREACHABLE) from failure
    except ValueError as error:
        raise Trouble(str(error), exit_code=USAGE) from error


def _not_there(workspace: str, known: Sequence[str]) -> str:
    """Answer why a lake shows nothing of a workspace, and what to do about it."""
    if known:
        return f"The lake has no workspace {workspace!r}; it has {', '.join(known)}: --workspace."
    return (
        "The lake is empty: a server writes events to it within a minute (its setting "
        "lake_flush_seconds). If it stays empty, see what the server's log says of the lake."
    )


def _place(address: str, key: str) -> str:
    """Answer where other tools find a file."""
    if "://" in address:
        return f"{address.partition('?')[0].rstrip('/')}/{key}"
    return str(Path(address).absolute() / key)
