"""`suppress` and `unsuppress`: of whom nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from headwater.local.command_line.identifiers import AnyIdentifiers, Identifiers
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import clock_time, print_json, print_table, say
from headwater.local.command_line.remote import Remote

Only = Annotated[
    bool, typer.Option("--only", help="Not the other identifiers that the same person holds.")
]


@with_server
def suppress(server: Remote, identifiers: AnyIdentifiers = None, *, only: Only = False) -> None:
    """Keep no events of people from now on: they are answered 200, dropped and counted.

    What is held of them stays; 'headwater erase' deletes it. Of the identifiers, only salted
    hashes are kept. Without any, the suppressions are listed.

    Examples:
        headwater suppress user_id:42
        headwater suppress email:ada@example.com --only
        headwater suppress
    """
    if not identifiers:
        _print_list(server)
        return
    outcome = _ordered(server, "/v1/suppressions", identifiers, only=only)
    if not server.as_json:
        say(f"Suppressed: {', '.join(outcome['identifiers'])}.", style="green")


@with_server
def unsuppress(
    server: Remote,
    identifiers: Identifiers,
    *,
    only: Only = False,
) -> None:
    """Keep events of people again, from now on. What was erased does not come back.

    After an erasure, name each identifier: it is no longer known which belong together.

    Examples:
        headwater unsuppress user_id:42 email:ada@example.com
    """
    outcome = _ordered(server, "/v1/suppressions/lift", identifiers, only=only)
    if server.as_json:
        return
    if outcome["changed"]:
        say(f"Events of these are kept again: {', '.join(outcome['identifiers'])}.", style="green")
    else:
        say(f"Not suppressed: {', '.join(outcome['identifiers'])}.")


def _ordered(server: Remote, path: str, identifiers: list[str], *, only: bool) -> dict[str, Any]:
    outcome: dict[str, Any] = server.post(
        path, {"identifiers": identifiers, "whole_person": not only}
    )
    if server.as_json:
        print_json(outcome)
    return outcome


def _print_list(server: Remote) -> None:
    found = server.get("/v1/suppressions", limit=1000)
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["type", "salted hash", "reason", "since"],
        [
            [one["type"], one["hash"], one["reason"], clock_time(one["created_at"])]
            for one in found["suppressions"]
        ],
        empty="Nobody is suppressed.",
    )
    if found["next"]:
        say("There are more; GET /v1/suppressions pages through them.")
