"""`audience check` and `explain`: whether somebody is in an audience, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from headwater.language.condition_words import people_in_words
from headwater.local.command_line.identifiers import Identifier
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import (
    clock_time,
    console,
    plain,
    print_fields,
    print_json,
)
from headwater.local.command_line.remote import Remote, segment

_GROUPS = {"and": "all of these", "or": "any of these", "not": "not this"}

AudienceId = Annotated[str, typer.Argument(metavar="AUDIENCE", help="Its id or its key.")]


@with_server
def check(server: Remote, audience: AudienceId, identifier: Identifier) -> None:
    """Tell whether a person is in an audience.

    Examples:
        headwater audience check buyers user_id:42
    """
    found = server.get(f"/v1/audiences/{segment(audience)}/check/{segment(identifier)}")
    if server.as_json:
        print_json(found)
        return
    print_fields(_standing(found))


@with_server
def explain(server: Remote, audience: AudienceId, identifier: Identifier) -> None:
    """Tell why a person is in an audience, or not: each clause, and the events it looks at.

    Examples:
        headwater audience explain buyers user_id:42
    """
    found = server.get(f"/v1/audiences/{segment(audience)}/explain/{segment(identifier)}")
    if server.as_json:
        print_json(found)
        return
    print_fields(_standing(found))
    if found["clause"]:
        keys = keys_of(server.get("/v1/audiences"))
        _print_clause(found["clause"], 0, keys)


def keys_of(found: dict[str, Any]) -> dict[str, str]:
    """Answer the keys of listed audiences by their ids, which conditions hold."""
    return {one["id"]: one["key"] for one in found["audiences"]}


def in_words(condition: dict[str, Any], keys: dict[str, str]) -> str:
    """Answer who is meant, audiences named by their keys."""
    words = people_in_words(condition)
    for id_, key in keys.items():
        words = words.replace(f"audience '{id_}'", f"audience '{key}'")
    return words


def _standing(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "person": found["person"],
        "member": Text("yes", style="green") if found["member"] else Text("no", style="red"),
        "since": clock_time(found["since"]),
        "looks again at": clock_time(found["looks_again_at"]),
    }


def _print_clause(clause: dict[str, Any], depth: int, keys: dict[str, str]) -> None:
    mark = Text("yes ", style="green") if clause["true"] else Text("no  ", style="red")
    condition = clause["condition"]
    words = _GROUPS.get(condition["type"]) or in_words(condition, keys).removeprefix("people ")
    why = plain(f"  {clause['why']}", style="dim")
    console().print(Text("  " * depth) + mark + plain(words) + why)
    for event in clause["events"]:
        line = f"{event['timestamp']}  {event['name']}  {event['message_id']}"
        console().print(Text("  " * (depth + 3)) + plain(line, style="dim"))
    for one in clause["clauses"]:
        _print_clause(one, depth + 1, keys)
