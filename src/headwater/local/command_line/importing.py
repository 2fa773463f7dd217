"""`import`: a file of events, with a progress bar, resumable."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headwater.client.errors import Refused
from headwater.client.retry import Accepted, Verdict
from headwater.local.command_line.intake import WriteKey, intake_settings, transport
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import REFUSED, UNREACHABLE, USAGE, Trouble
from headwater.local.imports import journal, rows
from headwater.local.imports.mapping import CALLS, Columns
from headwater.local.imports.sending import Import, ServerAway
from headwater.quantities import counted


@with_server
def import_file(
    server: Remote,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, CSV or Parquet.")],
    *,
    form: Annotated[
        str | None,
        typer.Option("--format", help="jsonl, csv or parquet, where its name does not tell."),
    ] = None,
    call: Annotated[
        str, typer.Option("--type", help="What rows are that have no column 'type'.")
    ] = "track",
    event: Annotated[
        str | None, typer.Option(help="The name of rows that have no column 'event'.")
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="What a column is, as in customer=userId or amount=properties.revenue.",
        ),
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Keep a CSV's values as text, numbers too.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--from-start", help="Do not go on where an earlier run stopped.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check all rows, and send none.")
    ] = False,
    write_key: WriteKey = None,
) -> None:
    """Send a file of events. What was sent before a stop is not sent again.

    Columns that are named as Segment names them (userId or user_id, event, timestamp,
    properties.revenue, traits.email) need no --map; all others become properties, or traits of
    identify and group. Rows get a messageId from the file's content, so a file sent twice counts
    once. Rows that are no events go to FILE.refused.jsonl with the reason; where all do, the exit
    code is 1.

    Examples:
        headwater import events.jsonl
        headwater import orders.csv --event "Order Completed" --map customer=userId
        headwater import people.parquet --type identify --dry-run
    """
    chosen = _format(file, form)
    try:
        digest = journal.digest(file)
    except OSError as error:
        raise Trouble(f"Cannot read {file}: {error.strerror}.", exit_code=USAGE) from error
    columns = Columns(_named(maps), _call(call), event, is_text=text)
    target = None if dry_run else intake_settings(server, write_key)
    where = [] if target is None else [target.url, target.write_key]
    kept = journal.Journal(_folder(), digest, *where, repr(columns))
    progress = journal.Progress() if again or dry_run else kept.read()
    resumed = progress.rows
    refused_path = file.with_name(f"{file.name}.refused.jsonl")
    with (
        _explained(progress),
        _refused(refused_path, resumed=resumed) as refused,
        _bar(file, chosen) as tell,
        closing(transport(server, target) if target else _Nowhere()) as sender,
    ):
        work = Import(columns, digest, sender, kept, progress, refused, tell)
        work.run(rows.read(file, chosen))
    _report(server, progress, resumed=resumed, dry_run=dry_run, refused=refused_path)
    if progress.refused and not progress.sent:
        raise typer.Exit(REFUSED)


class _Nowhere:
    """Takes everything and sends nothing: a dry run."""

    def send(self, events: list[bytes], *, retries: int) -> Verdict:  # noqa: ARG002 - a sender's
        """Take a batch."""
        return Accepted()

    def close(self) -> None:
        """Nothing is open."""


def _format(file: Path, form: str | None) -> rows.Format:
    if not file.is_file():
        raise Trouble(f"There is no file {file}.", exit_code=USAGE)
    known: tuple[rows.Format, ...] = get_args(rows.Format)
    if form is None:
        try:
            return rows.format_of(file)
        except rows.UnreadableFile as error:
            raise Trouble(str(error), exit_code=USAGE) from error
    for one in known:
        if form == one:
            return one
    raise Trouble(f"--format {form}: give one of {', '.join(known)}.", exit_code=USAGE)


def _call(call: str) -> str:
    if call not in CALLS:
        raise Trouble(f"--type {call}: give one of {', '.join(CALLS)}.", exit_code=USAGE)
    return call


def _named(maps: Sequence[str] | None) -> dict[str, str]:
    pairs = [one.rpartition("=") for one in maps or ()]
    for column, equals, name in pairs:
        if not equals or not column or not name:
            raise Trouble("--map: write it as COLUMN=FIELD.", exit_code=USAGE)
    return {column: name for column, _, name in pairs}


def _folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(state) if state else Path.home() / ".local" / "state"
    return base / "headwater" / "imports"


@contextmanager
def _explained(progress: journal.Progress) -> Iterator[None]:
    """Say in one line what ended the import, and how to go on."""
    try:
        yield
    except rows.UnreadableFile as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    except ServerAway as error:
        raise Trouble(
            f"{error}. {counted(progress.sent, 'event')} stored so far; "
            "run the same command again to go on.",
            exit_code=UNREACHABLE,
        ) from error
    except Refused as error:
        raise Trouble(str(error), exit_code=REFUSED) from error


@contextmanager
def _refused(path: Path, *, resumed: int) -> Iterator[IO[str]]:
    """Give the file for rows that are refused; it stays only where there are any."""
    try:
        file = path.open("a" if resumed else "w", encoding="utf-8")
    except OSError as error:
        raise Trouble(
            f"Cannot write refused rows to {path}: {error.strerror}.", exit_code=USAGE
        ) from error
    try:
        with file:
            yield file
    finally:
        if not path.stat().st_size:
            path.unlink()


@contextmanager
def _bar(file: Path, form: rows.Format) -> Iterator[Callable[[journal.Progress], None]]:
    """Show how far it is, on standard error, where somebody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    began, first = time.monotonic(), None
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        total = rows.count(file, form)
        task = shown.add_task(file.name, total=total, speed="")

        def tell(progress: journal.Progress) -> None:
            nonlocal first
            first = progress.rows if first is None else first
            seconds = max(time.monotonic() - began, 0.001)
            speed = f"{(progress.rows - first) / seconds:,.0f} rows/s"
            shown.update(task, completed=progress.rows, speed=speed)

        yield tell


def _report(
    server: Remote, progress: journal.Progress, *, resumed: int, dry_run: bool, refused: Path
) -> None:
    if server.as_json:
        file = str(refused) if progress.refused else None
        print_json(
            {
                "rows": progress.rows,
                "sent": 0 if dry_run else progress.sent,
                "refused": progress.refused,
                "refused_file": file,
                "dry_run": dry_run,
            }
        )
        return
    verb = "would be sent" if dry_run else "stored"
    earlier = f" (went on after row {resumed:,})" if resumed else ""
    say(f"{counted(progress.sent, 'event')} {verb}{earlier}.", style="green")
    if progress.refused:
        say(f"{counted(progress.refused, 'row')} refused as no event; see {refused} for reasons.")
