"""`who`, `person`, `merge` and `split`: people at a terminal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from headwater.local.command_line.identifiers import Identifier
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import (
    age,
    clock_time,
    plain,
    print_fields,
    print_json,
    print_table,
    say,
)
from headwater.local.command_line.remote import Remote, segment


@with_server
def who(
    server: Remote,
    identifier: Identifier,
    *,
    why: Annotated[
        bool, typer.Option("--why", help="Explain why these identifiers are one person.")
    ] = False,
    events: Annotated[
        int, typer.Option(min=0, max=1000, help="How many of the newest events to show.")
    ] = 10,
) -> None:
    """Show a person: identifiers, traits, groups, counts and newest events.

    Whichever of a person's identifiers is named, the whole person is shown.

    Examples:
        headwater who user_id:42
        headwater who email:ann@example.com --why
        headwater who user_id:42 --json --events 100
    """
    path = f"/v1/people/{segment(identifier)}"
    person = server.get(path)
    explanation = server.get(f"{path}/links") if why else None
    timeline = server.get(f"{path}/events", limit=events)["events"] if events else []
    if server.as_json:
        shown = {"person": person, "events": timeline}
        print_json(shown | ({"explanation": explanation} if why else {}))
        return
    _print_person(person)
    if explanation is not None:
        _print_explanation(explanation)
    if events:
        print_table(
            "\nNewest events",
            ["when", "type", "event", "arrived as", "message id"],
            [_event_row(event) for event in timeline],
            empty="\nNo events yet.",
        )


@with_server
def person(
    server: Remote,
    identifier: Identifier,
    *,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As they were at this time, ISO 8601 (UTC)."),
    ] = None,
) -> None:
    """Show a person as they are, or as they were: what the server would have answered then.

    What was received later is left out, merges and splits of later are undone. Computed traits
    of then are not known.

    Examples:
        headwater person user_id:42 --at 2026-03-01T12:00Z
        headwater person email:ann@example.com --at 2026-03-01 --json
    """
    found = server.get(f"/v1/people/{segment(identifier)}", at=at)
    if server.as_json:
        print_json(found)
        return
    if at is not None:
        say(f"As of {at}:", style="dim")
    _print_person(found)


@with_server
def merge(server: Remote, first: Identifier, second: Identifier) -> None:
    """Make two people one, whatever the limits. 'headwater split' undoes it.

    Examples:
        headwater merge user_id:42 user_id:43
    """
    person = server.post("/v1/people/merge", {"first": first, "second": second})
    if server.as_json:
        print_json(person)
        return
    say(f"Merged into {person['id']}.", style="green")
    _print_person(person)


@with_server
def split(
    server: Remote,
    identifier: Identifier,
    link: Annotated[
        str, typer.Argument(help="Id of the merge to undo, as 'headwater who --why' shows it.")
    ],
) -> None:
    """Undo one merge exactly, and keep its evidence from joining the two again.

    Examples:
        headwater who user_id:42 --why
        headwater split user_id:42 'LINK'
    """
    outcome = server.post(f"/v1/people/{segment(identifier)}/split", {"link": link})
    if server.as_json:
        print_json(outcome)
        return
    kept, restored = outcome["kept"], outcome["restored"]
    say(f"{restored['id']} is a person again, apart from {kept['id']}.", style="green")
    _print_person(kept)
    say("")
    _print_person(restored)


def _print_person(person: dict[str, Any]) -> None:
    say(person["id"], style="bold")
    print_fields(
        {
            "first seen": clock_time(person["first_seen"]),
            "last seen": clock_time(person["last_seen"]),
            "events": ", ".join(f"{count} {name}" for name, count in person["counts"].items()),
            "groups": ", ".join(person["groups"]) or None,
        }
    )
    print_table(
        "\nIdentifiers",
        ["identifier", "events", "first seen", "last seen"],
        [
            [
                f"{one['type']}:{one['value']}",
                one["events"],
                clock_time(one["first_seen"]),
                clock_time(one["last_seen"]),
            ]
            for one in person["identifiers"]
        ],
    )
    print_table(
        "\nTraits",
        ["trait", "value"],
        [[name, value] for name, value in sorted(person["traits"].items())],
        empty="\nNo traits.",
    )


def _print_explanation(explanation: dict[str, Any]) -> None:
    print_table(
        "\nWhy they are one person",
        ["identifiers", "because of", "message id", "when", "link (for split)"],
        [
            [
                " = ".join(link["identifiers"]),
                link["reason"],
                link["message_id"],
                clock_time(link["at"]),
                plain(link["id"] if link["merged"] else None),
            ]
            for link in explanation["links"]
        ],
        empty="\nThere is one identifier only; nothing had to be joined.",
    )
    if explanation["refused"]:
        print_table(
            "\nKept apart",
            ["identifiers", "because of", "message id", "when"],
            [
                [
                    " / ".join(one["identifiers"]),
                    one["reason"],
                    one["message_id"],
                    clock_time(one["at"]),
                ]
                for one in explanation["refused"]
            ],
        )


def _event_row(event: dict[str, Any]) -> list[Any]:
    name = event.get("event") or event.get("name") or event.get("groupId")
    arrived = event.get("userId") or event.get("anonymousId")
    return [age(event.get("timestamp")), event.get("type"), name, arrived, event.get("messageId")]
