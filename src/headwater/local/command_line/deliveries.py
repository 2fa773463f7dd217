"""`deliveries`: the lanes of destinations, and what was given up."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import (
    age,
    clock_time,
    duration,
    plain,
    print_json,
    print_table,
    say,
)
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble

application = typer.Typer(invoke_without_command=True)

Destination = Annotated[
    str | None, typer.Option(metavar="ID", help="Only of this destination (its id).")
]
Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Only those whose reason contains this.")
]
EventName = Annotated[str | None, typer.Option("--event", help="Only of this event name.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Given up at this time or later, ISO 8601.")
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Given up at this time or before, ISO 8601.")
]

_BREAKER = {"closed": "green", "half_open": "yellow", "open": "bold red"}


def lanes(server: Remote) -> None:
    """Show each destination's lane: what waits, for how long, and whether it works.

    Examples:
        headwater deliveries
        headwater deliveries --json
    """
    found = server.get("/v1/deliveries")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        [
            "destination",
            "name",
            "breaker",
            "waiting",
            "lag",
            "retrying",
            "dead",
            "delivered",
            "why",
        ],
        [_lane_row(lane) for lane in found["deliveries"]],
        empty="There are no destinations; 'headwater destination create' makes one.",
    )


@with_server
def dead_letters(
    server: Remote,
    *,
    destination: Destination = None,
    reason: Reason = None,
    event: EventName = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 50,
    body: Annotated[bool, typer.Option("--body", help="Show the events themselves, too.")] = False,
) -> None:
    """List deliveries that were given up, newest first, with the reason.

    Examples:
        headwater deliveries dead-letters
        headwater deliveries dead-letters --destination dst_1 --reason "status 400" --body
    """
    found = server.get(
        "/v1/dead-letters",
        destination=destination,
        reason=reason,
        event=event,
        since=since,
        until=until,
        limit=limit,
    )
    if server.as_json:
        print_json(found)
        return
    columns = ["id", "given up", "destination", "event", "status", "tries", "reason", "response"]
    print_table(
        None,
        [*columns, "body"] if body else columns,
        [_letter_row(letter, body=body) for letter in found["dead_letters"]],
        empty="There are no dead letters.",
    )


@with_server
def replay(
    server: Remote,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of dead letters.")] = None,
    *,
    destination: Destination = None,
    reason: Reason = None,
    event: EventName = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter there is.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
) -> None:
    """Send dead letters again, at the end of their destination's lane.

    Examples:
        headwater deliveries replay 17 18
        headwater deliveries replay --destination dst_1 --since 2026-11-20 --dry-run
        headwater deliveries replay --all
    """
    order: dict[str, Any] = {
        "ids": [str(one) for one in ids] if ids else None,
        "destination": destination,
        "reason": reason,
        "event": event,
        "since": since,
        "until": until,
        "all": everything or None,
    }
    require_choice(order)
    outcome = server.post("/v1/dead-letters/replay", {**order, "dry_run": dry_run})
    if server.as_json:
        print_json(outcome)
        return
    count = outcome["count"]
    say(f"{count} would be sent again." if dry_run else f"{count} will be sent again.")


def require_choice(order: dict[str, Any]) -> None:
    """Raise `Trouble` where a replay names nothing."""
    if not any(order.values()):
        raise Trouble("Say which: ids, a filter, or --all. See --help.", exit_code=USAGE)


def _lane_row(lane: dict[str, Any]) -> list[Any]:
    breaker = Text(lane["breaker"], style=_BREAKER.get(lane["breaker"], ""))
    if not lane.get("enabled", True):
        breaker = Text("switched off", style="dim")
    dead = plain(lane["dead_letters"], style="red" if lane["dead_letters"] else "")
    lag = plain(duration(lane["lag"])) if "lag" in lane else age(lane.get("oldest"))
    return [
        lane["destination"],
        lane.get("name"),
        breaker,
        lane["waiting"],
        lag,
        lane["retrying"],
        dead,
        lane["delivered"],
        _why(lane),
    ]


def _why(lane: dict[str, Any]) -> str | None:
    """Answer what is wrong with a lane and when it is tried again, if anything is."""
    why = lane["problem"] or (None if lane["last_outcome"] == "delivered" else lane["last_reason"])
    again = lane["next_attempt_at"]
    return f"{why}; next try {clock_time(again)}" if why and again else why


def _letter_row(letter: dict[str, Any], *, body: bool) -> list[Any]:
    row = [
        letter["id"],
        clock_time(letter["died_at"]),
        letter["destination"],
        letter["event"] or letter["type"],
        letter["status"],
        letter["attempts"],
        letter["reason"],
        letter["response"][:200],
    ]
    return [*row, letter["body"]] if body else row


application.callback()(with_server(lanes, is_group=True))
application.command("dead-letters")(dead_letters)
application.command("replay")(replay)
