"""`rebuild`: a data folder made out of a lake."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from headwater.errors import HeadwaterError
from headwater.local.command_line.following import columns
from headwater.local.command_line.full_disk import telling_of_room
from headwater.local.command_line.options import explained, troubles_told
from headwater.local.command_line.output import print_json, say
from headwater.local.command_line.trouble import REFUSED, USAGE, Trouble
from headwater.local.data_directory import DataDirectoryError
from headwater.ports import BucketFailure
from headwater.quantities import counted
from headwater.settings import SettingsError

if TYPE_CHECKING:
    from headwater.local.told import Told

Data = Annotated[
    Path, typer.Option(metavar="DIR", help="The data folder to make; it must have no database.")
]
ReadOnly = Annotated[
    bool,
    typer.Option(
        "--read-only",
        help="Write nothing to the lake, as somebody else writes it; the new server needs another.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
FromStart = Annotated[
    bool, typer.Option("--from-start", help="Begin anew, not where an earlier run stopped.")
]


@explained
def rebuild(
    *,
    lake: Annotated[
        str, typer.Option(metavar="DIR|s3://BUCKET", help="The lake to rebuild everybody from.")
    ],
    data: Data,
    again: FromStart = False,
    read_only: ReadOnly = False,
    as_json: AsJson = False,
) -> None:
    """Make a data folder out of a lake: every person, as the lake's own server showed them.

    People, timelines, accounts and the reasons for every merge come from the lake, and merges can
    still be split. Keys, sources, destinations and audiences are not in the lake. When it is
    stopped, the same command goes on where it was.

    Examples:
        headwater rebuild --lake headwater-data/lake --data rebuilt
        headwater rebuild --lake s3://events-of-the-shop/headwater --data /var/lib/headwater
        headwater rebuild --lake s3://headwater-lake --read-only --data as-on-cloudflare
    """
    from headwater.local.rebuild import rebuild as work  # noqa: PLC0415 - DuckDB and Arrow are large

    with troubles_told(), explaining(), room_for(data), bar() as tell:
        if "://" not in lake and not Path(lake).is_dir():
            raise Trouble(f"There is no lake in {lake}; say where it is: --lake.", exit_code=USAGE)
        made = work.rebuild(lake, data, from_start=again, writes=not read_only, tell=tell)
    if as_json:
        print_json(
            {
                "workspaces": list(made.workspaces),
                "events": made.events,
                "left_out": made.left_out,
                "data": str(data),
            }
        )
        return
    say(f"{counted(made.events, 'event')} and their people are in {data}.", style="green")
    if made.left_out:
        left = counted(made.left_out, "event")
        say(f"{left} left out: by the lake itself nobody's.")
    goes_on = "" if read_only else f" --lake {lake}"
    say(f"Start the server with: headwater serve --data {data}{goes_on}")


def room_for(data: Path) -> AbstractContextManager[None]:
    """Say what to do where the disk of a data folder that is being made is full."""
    return telling_of_room(
        f"The disk of {data} is full. Make room, and run the same command again: it goes on."
    )


@contextmanager
def explaining() -> Iterator[None]:
    """Say in one line what cannot be done."""
    try:
        yield
    except (DataDirectoryError, SettingsError) as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    except BucketFailure as error:
        raise Trouble(f"The lake cannot be read: {error}", exit_code=REFUSED) from error
    except HeadwaterError as error:
        raise Trouble(error.message, exit_code=REFUSED) from error
    except (OSError, sqlite3.Error) as error:
        raise Trouble(str(error), exit_code=REFUSED) from error


@contextmanager
def bar() -> Iterator[Callable[[Told], None]]:
    """Show on standard error how far it is, a line for each step."""
    console = Console(stderr=True)
    with Progress(*columns(), console=console, disable=not console.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}

        def tell(told: Told) -> None:
            task = tasks.get(told.step)
            if task is None:
                task = tasks[told.step] = shown.add_task(told.step, trouble="")
            shown.update(task, completed=told.done, total=told.total)

        yield tell
