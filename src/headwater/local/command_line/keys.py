"""`key`: admin keys."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, print_json, print_table, say
from headwater.local.command_line.remote import Remote, segment

application = typer.Typer(no_args_is_help=True, help="Make, list and revoke admin keys.")


@with_server
def listed(server: Remote) -> None:
    """List admin keys. The keys themselves were told when they were made, and never again.

    Examples:
        headwater key list
    """
    found = server.get("/v1/keys")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["id", "name", "role", "opens", "ends in", "made", "revoked"],
        [
            [
                one["id"],
                one["name"],
                one["role"],
                "all workspaces" if one["workspace"] == "*" else one["workspace"],
                f"…{one['last_four']}",
                clock_time(one["created_at"]),
                clock_time(one["revoked_at"]),
            ]
            for one in found["keys"]
        ],
    )


@with_server
def create(
    server: Remote,
    name: Annotated[str, typer.Argument(help="Whose or what for, for people.")],
    *,
    role: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(help="read looks; write also replays, merges, splits; admin does all."),
    ] = "read",
    everywhere: Annotated[
        bool, typer.Option("--all-workspaces", help="A key for all workspaces, not just one.")
    ] = False,
) -> None:
    """Make an admin key, and tell it once.

    Examples:
        headwater key create "Dashboard of Ann" --role read
        headwater key create Operations --role admin --all-workspaces
    """
    order = {"name": name, "role": role, "workspace": "*" if everywhere else None}
    made = server.post("/v1/keys", order)
    if server.as_json:
        print_json(made)
        return
    say(f"Made {made['id']}. This is the only time that the key is shown:", style="green")
    say(made["key"], style="bold")


@with_server
def revoke(
    server: Remote,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, key_…")],
) -> None:
    """Revoke an admin key; it opens nothing from now on.

    Examples:
        headwater key revoke key_1
    """
    revoked = server.delete(f"/v1/keys/{segment(key_id)}")
    if server.as_json:
        print_json(revoked)
        return
    say(f"Revoked {revoked['id']} ({revoked['name']}).")


application.command("list")(listed)
application.command("create")(create)
application.command("revoke")(revoke)
