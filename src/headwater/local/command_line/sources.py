"""`source`: where events come from, and their write keys."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, print_json, print_table, say
from headwater.local.command_line.remote import Remote, segment

application = typer.Typer(
    no_args_is_help=True, help="Make and list sources, and rotate their write keys."
)

SourceId = Annotated[str, typer.Argument(metavar="ID", help="The source's id, src_…")]


@with_server
def listed(server: Remote) -> None:
    """List sources with their write keys.

    Examples:
        headwater source list
    """
    found = server.get("/v1/sources")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["id", "name", "write key", "works until", "events/s"],
        [row for source in found["sources"] for row in _rows(source)],
        empty="There are no sources; 'headwater source create NAME' makes one.",
    )


@with_server
def create(
    server: Remote,
    name: Annotated[str, typer.Argument(help="A name for people.")],
    *,
    rate_limit: Annotated[
        int, typer.Option(min=0, help="Events a second that it may send; 0 is no limit.")
    ] = 0,
    write_key: Annotated[
        str | None, typer.Option(help="Bring a write key along, so that clients need no change.")
    ] = None,
) -> None:
    """Make a source with a write key.

    Examples:
        headwater source create "Web shop"
        headwater source create App --write-key KEY_OF_SEGMENT --rate-limit 500
    """
    order = {"name": name, "rate_limit": rate_limit, "write_key": write_key}
    made = server.post("/v1/sources", order)
    if server.as_json:
        print_json(made)
        return
    say(f"Made {made['id']}. Write key:", style="green")
    say(made["write_keys"][0]["key"], style="bold")


@with_server
def rotate(
    server: Remote,
    source: SourceId,
    *,
    overlap_seconds: Annotated[
        int, typer.Option(min=0, help="How long the present key goes on working, in seconds.")
    ] = 86_400,
) -> None:
    """Give a source a new write key; the present one works on for a day, or as long as said.

    Examples:
        headwater source rotate src_1
        headwater source rotate src_1 --overlap-seconds 0
    """
    rotated = server.post(
        f"/v1/sources/{segment(source)}/rotate", {"overlap_seconds": overlap_seconds}
    )
    if server.as_json:
        print_json(rotated)
        return
    say("New write key:", style="green")
    say(rotated["write_keys"][0]["key"], style="bold")
    for old in rotated["write_keys"][1:]:
        say(f"…{old['key'][-4:]} works until {clock_time(old['expires_at'])} UTC.")


@with_server
def remove(server: Remote, source: SourceId) -> None:
    """Remove a source; its write keys stop working at once. People and events stay.

    Examples:
        headwater source remove src_1
    """
    removed = server.delete(f"/v1/sources/{segment(source)}")
    if server.as_json:
        print_json(removed)
        return
    say(f"Removed {removed['id']} ({removed['name']}).")


def _rows(source: dict[str, Any]) -> list[list[Any]]:
    rows = []
    for place, key in enumerate(source["write_keys"] or [{"key": None, "expires_at": None}]):
        name = source["name"] if source["enabled"] else f"{source['name']} (switched off)"
        own = [source["id"], name] if place == 0 else ["", ""]
        until = clock_time(key["expires_at"]) if key["expires_at"] else "it is rotated"
        rate = source["rate_limit"] or "no limit"
        rows.append([*own, key["key"], until, rate if place == 0 else ""])
    return rows


application.command("list")(listed)
application.command("create")(create)
application.command("rotate")(rotate)
application.command("remove")(remove)
