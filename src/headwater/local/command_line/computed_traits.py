"""`trait`: computed traits, and the time zone of the calendar."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from headwater.local.command_line.audiences import read_condition, wait_for_everybody
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json, print_table, say
from headwater.local.command_line.remote import Remote, segment

application = typer.Typer(no_args_is_help=True, help="Make and list computed traits.")


@with_server
def listed(server: Remote) -> None:
    """List computed traits.

    Examples:
        headwater trait list
    """
    found = server.get("/v1/computed-traits")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["id", "key", "on", "computation"],
        [
            [
                one["id"],
                one["key"],
                "yes" if one["enabled"] else "no",
                json.dumps(one["computation"]),
            ]
            for one in found["computed_traits"]
        ],
        empty="There are no computed traits; 'headwater trait create --help' tells how.",
    )


@with_server
def create(
    server: Remote,
    trait: Annotated[str, typer.Argument(metavar="KEY", help="Its name among the traits.")],
    computation: Annotated[
        str, typer.Argument(metavar="COMPUTATION", help="JSON, or @FILE, or - for standard input.")
    ],
) -> None:
    """Make a computed trait; everybody's is computed.

    Examples:
        headwater trait create orders '{"type": "figure", "function": "count",
        "event": {"name": "Order Completed"}}'
        headwater trait create order_value '{"type": "expression", "expression":
        "revenue / orders"}'
    """
    order = {"key": trait, "computation": read_condition(computation)}
    made = server.post("/v1/computed-traits", order)
    wait_for_everybody(server)
    if server.as_json:
        print_json(made)
        return
    say(f"Made {made['id']} ({made['key']}).", style="green")


@with_server
def remove(
    server: Remote,
    trait: Annotated[str, typer.Argument(metavar="TRAIT", help="Its id or its key.")],
) -> None:
    """Remove a computed trait.

    Examples:
        headwater trait remove orders
    """
    removed = server.delete(f"/v1/computed-traits/{segment(trait)}")
    if server.as_json:
        print_json(removed)
        return
    say(f"Removed {removed['id']} ({removed['key']}).")


application.command("list")(listed)
application.command("create")(create)
application.command("remove")(remove)
