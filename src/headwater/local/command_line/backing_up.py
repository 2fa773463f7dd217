"""`backup`, `backups` and `restore`: a data folder's database, kept elsewhere."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from headwater.collect.times import write_time
from headwater.errors import HeadwaterError
from headwater.local.clock import SystemClock
from headwater.local.command_line.configuration import Config, settings_in_force
from headwater.local.command_line.full_disk import telling_of_room
from headwater.local.command_line.options import explained, troubles_told
from headwater.local.command_line.output import print_json, print_table, say
from headwater.local.command_line.rebuilding import AsJson, FromStart, bar, room_for
from headwater.local.command_line.trouble import REFUSED, USAGE, Trouble
from headwater.local.data_directory import DataDirectoryError
from headwater.ports import BucketFailure
from headwater.quantities import counted, size_of
from headwater.settings import SettingsError

Data = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Data folder, if not where the settings say."),
]

_HELD = {
    "workspaces": "workspace",
    "events": "event",
    "identifiers": "identifier",
    "deliveries_waiting": "waiting delivery",
    "dead_letters": "dead letter",
}
"""What a manifest counts, and what one of it is called."""


@explained
def backup(
    *,
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="Where to; each backup is a folder of its own.")
    ],
    keep: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Delete all but the newest N backups there."),
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Back up the database: all of the data folder that is not in the lake.

    It runs on the server's machine, beside the server, which goes on. The backup is as of one
    moment, is checked before it counts, and appears whole or not at all. It has keys and personal
    data in it: keep it as safe as the server. Erasing people reaches it for as long as it is where
    it was made; 'headwater backups' lists those.

    Examples:
        headwater backup --to /mnt/backups
        headwater backup --to /mnt/backups --keep 14 --data /var/lib/headwater --json
    """
    from headwater.local.backups.making import make  # noqa: PLC0415 - as with the lake

    room = telling_of_room(
        f"{to} is full: nothing is left of this backup there. It takes as much room as the "
        "database has; make some, or see --keep."
    )
    with troubles_told(), explaining(), room, bar() as tell:
        if to.is_file():
            raise Trouble(f"{to} is a file; give a folder for --to.", exit_code=USAGE)
        made = make(_data(data, config), to, clock=SystemClock(), keep=keep, tell=tell)
    if as_json:
        print_json(
            {
                "backup": str(made.folder),
                "made_at": write_time(made.manifest.made_at),
                "bytes": made.manifest.bytes,
                "holds": made.manifest.holds,
                "deleted": [str(one) for one in made.deleted],
            }
        )
        return
    size = size_of(made.manifest.bytes)
    say(f"{made.folder} is a backup of {size}, and was checked.", style="green")
    say(", ".join(_held(name, count) for name, count in made.manifest.holds.items()))
    for one in made.deleted:
        say(f"Deleted {one}.", style="dim")


@explained
def backups(
    *,
    forget: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Look for this backup no more: you have deleted it."),
    ] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the backups that a data folder has made, or was restored from, and still holds.

    Erasing people takes them out of each. One that is not there (a disk that is not mounted) is
    named by the certificate as not reached; if it was deleted, --forget it.

    Examples:
        headwater backups
        headwater backups --forget /mnt/backups/headwater-20261123T053110Z
    """
    from headwater.local.backups.listing import listed  # noqa: PLC0415 - as with the lake

    with troubles_told(), explaining():
        found = listed(_data(data, config), forget=forget)
    if as_json:
        print_json({"backups": [one.as_json() for one in found]})
    else:
        print_table(
            None,
            ["backup", "made", "size", "events", "state"],
            [
                [
                    one.path,
                    one.made_at,
                    size_of(one.bytes) if one.made_at else None,
                    f"{one.holds.get('events', 0):,}" if one.made_at else None,
                    one.state,
                ]
                for one in found
            ],
            empty="There are no backups; 'headwater backup --to DIR' makes one.",
        )


@explained
def restore(
    *,
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of the backup.")],
    lake: Annotated[
        str,
        typer.Option(
            metavar="DIR|s3://BUCKET|off",
            help="The lake of the backup's server; off: only what the backup has.",
        ),
    ],
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="The data folder to make; it has no database.")
    ],
    again: FromStart = False,
    as_json: AsJson = False,
) -> None:
    """Make a data folder out of a backup, and take out of the lake what came since.

    The backup is checked first. From the lake come the events since the backup, each once, and who
    is who now; people who were erased since do not return. What the lake has not (keys, sources,
    destinations, audiences, deliveries that wait) is as it was when the backup was made. When it is
    stopped, the same command goes on where it was. A folder with a database is left alone.

    Examples:
        headwater restore /mnt/backups/headwater-20261123T053110Z --lake s3://shop --data restored
        headwater restore headwater-20261123T053110Z --lake off --data restored
    """
    from headwater.local.backups.restoring import restore as work  # noqa: PLC0415 - DuckDB is large

    with troubles_told(), explaining(), room_for(data), bar() as tell:
        done = work(source, data, lake=lake, from_start=again, tell=tell)
    if as_json:
        print_json(
            {
                "made_at": write_time(done.manifest.made_at),
                "holds": done.manifest.holds,
                "events_from_lake": done.events,
                "data": str(data),
            }
        )
        return
    say(f"{data} is as of {write_time(done.manifest.made_at)},", style="green")
    if lake == "off":
        say("without what came since: no lake was given.")
        say(f"Start the server with: headwater serve --data {data}")
    else:
        say(f"and has {counted(done.events, 'event')} of later out of the lake.", style="green")
        say(f"Start the server with: headwater serve --data {data} --lake {lake}")


def _held(name: str, count: int) -> str:
    """Answer how many there are of something that a manifest counts: `1 event`."""
    return counted(count, _HELD[name]) if name in _HELD else f"{count:,} {name}"


def _data(data: Path | None, config: Path | None) -> Path:
    flags = {"data": None if data is None else str(data)}
    return Path(settings_in_force(flags, config).settings.data)


@contextmanager
def explaining() -> Iterator[None]:
    """Say in one line what cannot be done."""
    from headwater.local.backups.manifest import BackupDamaged  # noqa: PLC0415 - as with the lake
    from headwater.local.backups.register import RegisterBusy  # noqa: PLC0415 - as with the lake
    from headwater.local.rebuild.plan import LakeUnknown  # noqa: PLC0415 - as with the lake

    try:
        yield
    except (DataDirectoryError, SettingsError, LakeUnknown) as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    except BucketFailure as error:
        raise Trouble(f"The lake cannot be read: {error}", exit_code=REFUSED) from error
    except HeadwaterError as error:
        raise Trouble(error.message, exit_code=REFUSED) from error
    except OSError as error:
        where = f"{os.fspath(error.filename)}: " if error.filename else ""
        raise Trouble(f"{where}{error.strerror or error}", exit_code=REFUSED) from error
    except (BackupDamaged, RegisterBusy, sqlite3.Error) as error:
        raise Trouble(str(error), exit_code=REFUSED) from error
