"""`tail`: events as they are stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.text import Text

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, console, plain, print_json, remark
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import UNREACHABLE, Trouble

_COLOURS = {
    "track": "cyan",
    "identify": "green",
    "page": "blue",
    "screen": "blue",
    "group": "magenta",
    "alias": "yellow",
}


@with_server
def tail(
    server: Remote,
    *,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this event type; may be repeated.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", help="Only tracks of this name; repeatable.")
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(metavar="TYPE:VALUE", help="Only events that carry this identifier."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help="End after so many events.")
    ] = None,
) -> None:
    """Show events as they are stored, until Ctrl+C.

    Where the server is on Cloudflare it takes some seconds until all of it knows that you follow.

    Examples:
        headwater tail
        headwater tail --type track --event "Order Completed"
        headwater tail --json | jq .event.event
    """
    with server.stream(
        "/v1/tail", type=types, event=events, identifier=identifier, limit=count
    ) as lines:
        for stored in stored_in(_to_its_end(lines)):
            if server.as_json:
                print_json(stored)
            else:
                console().print(_line(stored), soft_wrap=True)


def _to_its_end(lines: Iterable[str]) -> Iterator[str]:
    """Answer the lines of a stream; at a terminal say when it has begun.

    Raises:
        Trouble: it was cut off.
    """
    has_begun = has_ended = False
    for line in lines:
        if line == ": heartbeat" and not has_begun:
            has_begun = True
            remark("Following: events are shown as they are stored, until Ctrl+C.")
        has_ended = has_ended or line == "event: end"
        yield line
    if not has_ended:
        raise Trouble(
            "The stream was cut off, so events may have been missed; follow again.",
            exit_code=UNREACHABLE,
        )


def stored_in(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Answer what a stream of server-sent events calls `stored` (WHATWG HTML, section 9.2)."""
    name, data = "", ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data = value
        elif not line:
            if name == "stored":
                yield json.loads(data)
            name, data = "", ""


def _line(stored: dict[str, Any]) -> Text:
    event = stored["event"]
    kind = str(event.get("type", "?"))
    name = event.get("event") or event.get("name") or event.get("groupId") or ""
    details = event.get("properties") or event.get("traits") or ""
    return Text("  ").join(
        [
            Text(str(clock_time(event.get("timestamp")))[11:], style="dim"),
            Text(f"{kind:8}", style=_COLOURS.get(kind, "")),
            plain(stored["identifiers"][0], style="bold"),
            plain(str(name)),
            plain(details, style="dim"),
        ]
    )
