"""`rejected`: events that were refused, and sending them through again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from headwater.local.command_line.deliveries import require_choice
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, print_json, print_table, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import REFUSED, Trouble
from headwater.quantities import counted

application = typer.Typer(
    no_args_is_help=True, help="Show events that were refused, and send them through again."
)

Source = Annotated[str | None, typer.Option(metavar="ID", help="Only of this source (its id).")]
Code = Annotated[
    str | None, typer.Option(help="Only refused for this reason, such as missing_identifier.")
]


@with_server
def listed(
    server: Remote,
    *,
    source: Source = None,
    code: Code = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 50,
    body: Annotated[bool, typer.Option("--body", help="Show the events themselves, too.")] = False,
) -> None:
    """List refused events, newest first, with the reason.

    Examples:
        headwater rejected list
        headwater rejected list --code missing_identifier --body
    """
    found = server.get("/v1/rejected", source=source, code=code, limit=limit)
    if server.as_json:
        print_json(found)
        return
    columns = ["id", "received", "source", "code", "message", "replayed"]
    print_table(
        None,
        [*columns, "body"] if body else columns,
        [_row(one, body=body) for one in found["rejected"]],
        empty="No event was refused.",
    )


@with_server
def replay(
    server: Remote,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of refused events.")] = None,
    *,
    source: Source = None,
    code: Code = None,
    call: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="What they are, such as track, where the body does not say (sent to /v1/track).",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every one that was not replayed yet.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
) -> None:
    """Send refused events through again, as after a fix of the settings.

    Examples:
        headwater rejected replay 17 --type track
        headwater rejected replay --code event_too_large --dry-run
        headwater rejected replay --all
    """
    order: dict[str, Any] = {
        "ids": [str(one) for one in ids] if ids else None,
        "source": source,
        "code": code,
        "all": everything or None,
    }
    require_choice(order)
    order |= {"dry_run": dry_run, "type": call}
    outcome = server.post("/v1/rejected/replay", order)
    if server.as_json:
        print_json(outcome)
    elif dry_run:
        say(f"{counted(outcome['count'], 'event')} would be sent through again.")
    else:
        say(f"Accepted {outcome['accepted']:,} of {counted(outcome['count'], 'event')}.")
        if outcome["failed"]:
            print_table(
                "\nRefused again",
                ["id", "code", "message"],
                [[one["id"], one["code"], one["message"]] for one in outcome["failed"]],
            )
    if outcome["failed"]:
        raise Trouble(
            f"Refused again: {counted(len(outcome['failed']), 'event')}.", exit_code=REFUSED
        )


def _row(event: dict[str, Any], *, body: bool) -> list[Any]:
    row = [
        event["id"],
        clock_time(event["received_at"]),
        event["source"],
        event["code"],
        event["message"],
        clock_time(event["replayed_at"]),
    ]
    return [*row, event["body"]] if body else row


application.command("list")(listed)
application.command("replay")(replay)
