"""`workspace`: make and list them."""

from __future__ import annotations

from typing import Annotated

import typer

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, print_json, print_table, say
from headwater.local.command_line.remote import Remote

application = typer.Typer(no_args_is_help=True, help="Make and list workspaces.")


@with_server
def listed(server: Remote) -> None:
    """List the workspaces that the key opens.

    Examples:
        headwater workspace list
    """
    found = server.get("/v1/workspaces")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["id", "name", "made"],
        [[one["id"], one["name"], clock_time(one["created_at"])] for one in found["workspaces"]],
    )


@with_server
def create(
    server: Remote,
    workspace_id: Annotated[
        str, typer.Argument(metavar="ID", help="1 to 63 of a-z, 0-9, '_' and '-'.")
    ],
    *,
    name: Annotated[str | None, typer.Option(help="A name for people; else the id.")] = None,
) -> None:
    """Make a workspace: its own sources, destinations, people and keys.

    Examples:
        headwater workspace create shop-eu --name "Shop, Europe"
        headwater source create Web --workspace shop-eu
    """
    made = server.post("/v1/workspaces", {"id": workspace_id, "name": name})
    if server.as_json:
        print_json(made)
        return
    say(f"Made workspace {made['id']}.", style="green")
    say(f"Give it a source: headwater source create NAME --workspace {made['id']}")


application.command("list")(listed)
application.command("create")(create)
