"""`audience`: who a condition is true of, made, watched and explained."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from headwater.api.csv_text import csv_text
from headwater.local.command_line.audience_membership import (
    AudienceId,
    check,
    explain,
    in_words,
    keys_of,
)
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import (
    clock_time,
    console,
    print_json,
    print_table,
    say,
)
from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted

_PAGE = 1000
"""Members that the server answers at once, at most."""

application = typer.Typer(no_args_is_help=True, help="Make audiences, see who is in them, and why.")

ConditionText = Annotated[
    str,
    typer.Argument(
        metavar="CONDITION",
        help="JSON, or @FILE, or - for standard input; see docs/audiences.md.",
    ),
]


@with_server
def listed(server: Remote) -> None:
    """List audiences.

    Examples:
        headwater audience list
    """
    found = server.get("/v1/audiences")
    if server.as_json:
        print_json(found)
        return
    keys = keys_of(found)
    print_table(
        None,
        ["id", "key", "name", "on", "condition"],
        [
            [
                one["id"],
                one["key"],
                one["name"],
                "yes" if one["enabled"] else "no",
                _shortened(in_words(one["condition"], keys)),
            ]
            for one in found["audiences"]
        ],
        empty="There are no audiences; 'headwater audience create --help' tells how to make one.",
    )


@with_server
def create(
    server: Remote,
    name: Annotated[str, typer.Argument(help="A name for people.")],
    condition: ConditionText,
    *,
    audience_key: Annotated[
        str | None, typer.Option(help="A name for programs; else of the name.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    destination: Annotated[
        list[str] | None,
        typer.Option(help="Id of one that alone is told who enters and leaves; may be repeated."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait until everybody has been looked at.")] = True,
) -> None:
    """Make an audience; everybody is looked at.

    Examples:
        headwater audience create "Big spenders" '{"type": "aggregate", "event": {"name":
        "Order Completed"}, "function": "sum", "property": "properties.total",
        "operator": "at_least", "value": 500}'
        headwater audience create Buyers '{"event": "Order Completed", "timeframe": "7d"}'
        headwater audience create Pros @pros.json
    """
    order = {
        "name": name,
        "condition": read_condition(condition),
        "key": audience_key,
        "description": description,
        "destinations": destination or [],
    }
    made = server.post("/v1/audiences", order)
    if wait:
        wait_for_everybody(server)
    size = server.get(f"/v1/audiences/{segment(made['id'])}/count")["count"]
    if server.as_json:
        print_json({**made, "count": size})
        return
    are = "is" if size == 1 else "are"
    said = f"Made {made['id']} ({made['key']}): {counted(size, 'person')} {are} in it."
    say(said, style="green")


@with_server
def update(
    server: Remote,
    audience: AudienceId,
    *,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    condition: Annotated[
        str | None, typer.Option(help="Another condition: JSON, @FILE, or -.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    enabled: Annotated[
        bool | None, typer.Option("--on/--off", help="Off: nobody enters or leaves.")
    ] = None,
    destination: Annotated[
        list[str] | None,
        typer.Option(help="Id of one that alone is told who enters and leaves; may be repeated."),
    ] = None,
    tell_all: Annotated[
        bool, typer.Option("--tell-all", help="Tell all destinations that get such events again.")
    ] = False,
) -> None:
    """Change an audience; with another condition, everybody is looked at anew.

    Examples:
        headwater audience update buyers --condition '{"event": "Order Completed"}'
        headwater audience update buyers --off
    """
    changes: dict[str, Any] = {
        "name": name,
        "condition": None if condition is None else read_condition(condition),
        "description": description,
        "enabled": enabled,
        "destinations": [] if tell_all else destination or None,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    changed = server.patch(f"/v1/audiences/{segment(audience)}", changes)
    wait_for_everybody(server)
    if server.as_json:
        print_json(changed)
        return
    say(f"Changed {changed['id']}.", style="green")


@with_server
def remove(server: Remote, audience: AudienceId) -> None:
    """Remove an audience; nobody is told that they left it.

    Examples:
        headwater audience remove buyers
    """
    removed = server.delete(f"/v1/audiences/{segment(audience)}")
    if server.as_json:
        print_json(removed)
        return
    say(f"Removed {removed['id']} ({removed['name']}).")


@with_server
def members(
    server: Remote,
    audience: AudienceId,
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many at most; 50 if left out, of CSV all.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
) -> None:
    """List who is in an audience.

    Examples:
        headwater audience members buyers
        headwater audience members buyers --limit 5000 --json
        headwater audience members buyers --csv > buyers.csv
    """
    pages = _pages(server, f"/v1/audiences/{segment(audience)}/members", limit, everybody=as_csv)
    if as_csv:
        for number, page in enumerate(pages):
            rows = [[one["person"], one["since"]] for one in page["members"]]
            text = csv_text(["person", "since"], rows)
            sys.stdout.write(text.partition("\r\n")[2] if number else text)
        return
    found: list[Any] = []
    following: str | None = None
    for page in pages:
        found, following = [*found, *page["members"]], page["next"]
    if server.as_json:
        print_json({"members": found, "next": following})
        return
    print_table(
        None,
        ["person", "since"],
        [[one["person"], clock_time(one["since"])] for one in found],
        empty="Nobody is in it.",
    )
    if following:
        say("There are more: --limit lists so many, --csv all of them.")


def _pages(
    server: Remote, path: str, limit: int | None, *, everybody: bool
) -> Iterator[dict[str, Any]]:
    """Answer members page by page, up to a limit."""
    left = limit or (sys.maxsize if everybody else 50)
    cursor: str | None = None
    while True:
        page = server.get(path, limit=min(left, _PAGE), cursor=cursor)
        yield page
        left, cursor = left - len(page["members"]), page["next"]
        if cursor is None or left <= 0:
            return


@with_server
def count(
    server: Remote,
    audience: AudienceId,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until Ctrl+C.")] = False,
) -> None:
    """Tell how many people are in an audience.

    Examples:
        headwater audience count buyers
        headwater audience count buyers --follow
    """
    path = f"/v1/audiences/{segment(audience)}"
    if not follow:
        found = server.get(f"{path}/count")
        _print_count(server, found)
        return
    with server.stream(f"{path}/live") as lines:
        for line in lines:
            field, _, value = line.partition(": ")
            if field == "data" and "count" in (said := json.loads(value)):
                _print_count(server, said)


@with_server
def preview(server: Remote, condition: ConditionText) -> None:
    """Tell how many people a condition is true of, without saving it.

    Examples:
        headwater audience preview '{"attribute": "plan", "operator": "equals", "value": "pro"}'
        headwater audience preview @condition.json
    """
    found = server.post("/v1/audiences/preview", {"condition": read_condition(condition)})
    if server.as_json:
        print_json(found)
        return
    about = "" if found["is_exact"] else f"about, by {found['looked_at']:,} of them "
    say(f"{counted(found['count'], 'person')}, {about}of {found['people']:,}.")
    if found["sample"]:
        print_table(None, ["such as"], [[one] for one in found["sample"]])


def _print_count(server: Remote, found: dict[str, Any]) -> None:
    if server.as_json:
        print_json(found)
    else:
        say(f"{found['count']:,}")


def _shortened(words: str) -> str:
    """Answer as much of who is meant as a cell takes."""
    return words if len(words) <= 100 else f"{words[:99]}…"


def read_condition(text: str) -> Any:
    """Answer the JSON that a command was given: itself, in a file, or on standard input."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text("utf-8")
    except OSError as error:
        raise Trouble(
            f"CONDITION: {text[1:]} cannot be read: {error.strerror}.", exit_code=USAGE
        ) from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise Trouble(
            f"CONDITION: is not JSON ({error}). Write it as docs/audiences.md shows, such as "
            """'{"event": "Order Completed", "timeframe": "7d"}'.""",
            exit_code=USAGE,
        ) from error


def wait_for_everybody(server: Remote) -> None:
    """Return once everybody has been looked at; at a terminal, show how far it is."""
    with Progress(console=console(), transient=True, disable=server.as_json) as progress:
        task = progress.add_task("looking at everybody", total=None)
        while not (found := server.get("/v1/audiences/backfill"))["finished"]:
            progress.update(task, completed=found["done"], total=max(found["total"], 1))
            time.sleep(0.1)


application.command("list")(listed)
application.command("create")(create)
application.command("update")(update)
application.command("remove")(remove)
application.command("members")(members)
application.command("count")(count)
application.command("check")(check)
application.command("explain")(explain)
application.command("preview")(preview)
