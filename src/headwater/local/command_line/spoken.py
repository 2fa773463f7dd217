"""Prints what came of something said: people, tables, or what was done."""

from __future__ import annotations

from typing import Any

from headwater.language.condition_words import people_in_words
from headwater.local.command_line.charts import print_answer
from headwater.local.command_line.output import age, plain, print_fields, print_table, say
from headwater.local.command_line.spoken_results import PRINTED
from headwater.quantities import counted


def print_spoken(answer: dict[str, Any]) -> None:
    """Print an answer of `/v1/ask` for people."""
    for note in answer["notes"]:
        say(f"({note})", style="dim")
    result = answer["result"]
    if result is None:
        _print_plan(answer)
    elif "columns" in result:
        print_answer(result)
    elif "count" in result:
        _print_count(answer, result["count"])
    elif "person" in result and result["person"] is not None:
        _print_person(result)
    else:
        _print_done(answer, result)


def _print_count(answer: dict[str, Any], number: int) -> None:
    """Print how many people there are, and who was counted: what was asked may read otherwise."""
    everyone = people_in_words({"type": "everyone"})
    said = people_in_words(answer["plan"]["people"])
    which = "" if said == everyone else said.removeprefix("people")
    say(f"{counted(number, 'person')}{which}", style="bold")


def _print_plan(answer: dict[str, Any]) -> None:
    say(answer["words"])
    reach = answer["reach"]
    told = {
        "effect": answer["effect"],
        "people": reach.get("people"),
        "known by": ", ".join(reach.get("identifiers", ())) or None,
        "events": reach.get("events"),
        "destinations": ", ".join(reach.get("destinations", ())) or None,
        "hash": answer["hash"],
        "not yet": answer["missing"],
    }
    print_fields({name: value for name, value in told.items() if value is not None})
    for word, meaning in answer["definitions"].items():
        say(f"'{word}' means {people_in_words(meaning)}.", style="dim")


def _print_person(result: dict[str, Any]) -> None:
    person = result["person"]
    say(person["id"], style="bold")
    print_fields(
        {
            "known as": ", ".join(f"{one['type']}:{one['value']}" for one in person["identifiers"]),
            **{name: plain(value) for name, value in sorted(person["traits"].items())},
            "accounts": ", ".join(person["groups"]) or None,
            "events": ", ".join(f"{count} {name}" for name, count in person["counts"].items()),
        }
    )
    events = result.get("events")
    if events is not None:
        print_table(
            "\nNewest events",
            ["when", "type", "event", "properties"],
            [
                [
                    age(event.get("timestamp")),
                    event.get("type"),
                    event.get("event") or event.get("name") or event.get("groupId"),
                    _pairs(event.get("properties") or event.get("traits") or {}),
                ]
                for event in events
            ],
            empty="\nNo events in that time.",
        )


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in list(values.items())[:6])


def _print_done(answer: dict[str, Any], result: dict[str, Any]) -> None:
    for key, printed in PRINTED.items():
        if key in result:
            printed(result)
            return
    say(answer["words"], style="green")
