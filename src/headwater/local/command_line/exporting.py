"""`export`: selected events as files, here, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.local.command_line.following import fetch, follow
from headwater.local.command_line.identifiers import checked
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import age, print_json, say
from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted, size_of

FORMATS = ("parquet", "csv", "jsonl")

Where = Annotated[
    str | None,
    typer.Option(metavar="SQL", help="Only events on which this condition is true."),
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only events of this time or later, ISO 8601.")
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only events of this time or before, ISO 8601.")
]


@with_server
def export(
    server: Remote,
    *,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="parquet, csv or jsonl; else the ending of --to, or parquet."
        ),
    ] = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Where to; 'events.FORMAT' where it is left out."),
    ] = None,
    partition_by: Annotated[
        str | None,
        typer.Option(metavar="day", help="A file for each day of receipt (UTC), in a folder."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE:VALUE",
            help="Everything held on this person, as one archive.",
            callback=checked,
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--from-start", help="Do not go on where an earlier run stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there already.")
    ] = False,
) -> None:
    """Export events to a file or a folder with a file for each day; or all held on a person.

    The condition is SQL on the table 'events' (docs/lake.md) in DuckDB's dialect; a server on
    Cloudflare knows a part of it (docs/edge.md), and says where that ends. The file
    appears whole or not at all. When it is stopped, the same command goes on where it was: the
    server works on, and what was fetched is not fetched again.

    Examples:
        headwater export --to orders.parquet --where "name = 'Order Completed'"
        headwater export --format csv --since 2026-11-01 --until 2026-11-30T23:59:59Z
        headwater export --format jsonl --partition-by day --to november/
        headwater export --person user_id:42 --to ada.zip
    """
    if person is not None:
        if any(one is not None for one in (form, where, since, until, partition_by)):
            raise Trouble(
                "--person takes everything held on the person; leave out what selects events.",
                exit_code=USAGE,
            )
        _export_person(server, person, to, again=again, overwrite=overwrite)
        return
    chosen = _format(form, to, partition_by)
    place = _place(to, chosen, partition_by)
    target = _target(place, overwrite=overwrite, is_folder=partition_by is not None)
    order = {
        "format": chosen,
        "where": where,
        "since": since,
        "until": until,
        "partition_by": partition_by,
    }
    job = _made(server, "/v1/exports", order, target, again=again)
    _fetch(server, job, target, is_folder=partition_by is not None)
    server.delete(f"/v1/exports/{segment(job['id'])}")
    _report(server, job, target)


def _made(
    server: Remote, path: str, order: dict[str, Any], target: Path, *, again: bool
) -> dict[str, Any]:
    """Answer the job of an order once it is done; one that was given before is gone on with."""
    named = {**order, "key": _key(target, order, server.workspace)}
    job = server.post(path, named)
    if again and job["state"] != "waiting":
        server.delete(f"/v1/exports/{segment(job['id'])}")
        job = server.post(path, named)
    elif job["state"] != "waiting" and not server.as_json:
        say(f"Going on with {job['id']}, begun {age(job['created_at'])} ago.", style="dim")
    return follow(server, job, title="Exporting")


def _export_person(
    server: Remote, person: str, to: Path | None, *, again: bool, overwrite: bool
) -> None:
    """Fetch the archive of everything held on a person; readable by this user alone."""
    target = Path("person.zip") if to is None else to
    target = _target(target / "person.zip" if target.is_dir() else target, overwrite=overwrite)
    job = _made(server, "/v1/exports/people", {"identifier": person}, target, again=again)
    fetch_archive(server, job, target, person=person)


def fetch_archive(server: Remote, job: dict[str, Any], target: Path, *, person: str) -> None:
    """Put the archive of a person, whose job is done, in place, and delete it at the server."""
    _fetch(server, job, target, is_folder=False, is_private=True)
    server.delete(f"/v1/exports/{segment(job['id'])}")
    size, events = job["result"]["files"][0]["bytes"], job["result"]["rows"]
    if server.as_json:
        print_json({"rows": events, "bytes": size, "files": 1, "to": str(target)})
        return
    say(f"Everything held on {person} is in {target}: {counted(events, 'event')}.", style="green")
    say("Unpack it and open index.html.", style="dim")


def _format(form: str | None, to: Path | None, partition_by: str | None) -> str:
    if partition_by not in {None, "day"}:
        raise Trouble(f"--partition-by {partition_by}: give day, or leave it out.", exit_code=USAGE)
    if form is None:
        ending = "" if to is None or to.is_dir() else to.suffix.removeprefix(".").lower()
        if partition_by is not None or not ending:
            return "parquet"
        if ending not in FORMATS:
            raise Trouble(
                f"'.{ending}' names no format that events are exported in: say --format parquet, "
                "csv or jsonl, or let the name of the file end in one.",
                exit_code=USAGE,
            )
        return ending
    if form not in FORMATS:
        raise Trouble(f"--format {form}: give one of {', '.join(FORMATS)}.", exit_code=USAGE)
    return form


def _place(to: Path | None, form: str, partition_by: str | None) -> Path:
    """Answer where events are to go: a file, or a folder for a file a day."""
    if partition_by is None:
        target = Path(f"events.{form}") if to is None else to
        return target / f"events.{form}" if target.is_dir() else target
    target = Path("events") if to is None else to
    if target.is_file():
        raise Trouble(f"{target} is a file; --partition-by takes a folder.", exit_code=USAGE)
    return target


def _target(place: Path, *, overwrite: bool, is_folder: bool = False) -> Path:
    """Answer where to put it; raise where that cannot be, before anything is begun."""
    target = Path(os.path.abspath(place))  # noqa: PTH100 - a link stays the link that was named
    in_the_way = target.exists() and (not is_folder or any(target.iterdir()))
    if in_the_way and not overwrite:
        raise Trouble(f"{target} is there already; see --overwrite.", exit_code=USAGE)
    if not target.parent.is_dir():
        raise Trouble(f"There is no folder {target.parent}.", exit_code=USAGE)
    return target


def _key(target: Path, order: dict[str, Any], workspace: str | None) -> str:
    """Answer a name for this export to this place, so that it is known again."""
    said = json.dumps([socket.gethostname(), str(target), workspace, order], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _fetch(
    server: Remote, job: dict[str, Any], target: Path, *, is_folder: bool, is_private: bool = False
) -> None:
    """Put a finished export's files in place, all at once; a private one is its owner's alone."""
    files = job["result"]["files"]
    staged = target.with_name(f".{target.name}.{job['id']}.partial")
    try:
        if is_private:
            staged.touch(mode=0o600)
        if is_folder:
            staged.mkdir(exist_ok=True)
            for one in files:
                (staged / one["name"]).parent.mkdir(parents=True, exist_ok=True)
        pieces = [(one, staged / one["name"] if is_folder else staged) for one in files]
        fetch(server, f"/v1/exports/{segment(job['id'])}/files", pieces)
        if is_folder and target.is_dir():
            shutil.rmtree(target)
        staged.replace(target)
    except OSError as error:
        raise Trouble(f"Cannot write {target}: {error.strerror}.", exit_code=USAGE) from error


def _report(server: Remote, job: dict[str, Any], target: Path) -> None:
    rows, files = job["result"]["rows"], job["result"]["files"]
    size = sum(one["bytes"] for one in files)
    if server.as_json:
        print_json({"rows": rows, "bytes": size, "files": len(files), "to": str(target)})
        return
    in_files = f" in {len(files):,} files" if len(files) > 1 else ""
    are = "is" if rows == 1 else "are"
    said = f"{counted(rows, 'event')}{in_files} ({size_of(size)}) {are} in {target}."
    say(said, style="green")
