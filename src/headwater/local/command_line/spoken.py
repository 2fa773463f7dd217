"""Prints what came of something said: people, tables, or what was done."""

from __future__ import annotations

import json
from typing import Any

import typer

from headwater.language.condition_words import people_in_words
from headwater.local.command_line.charts import print_answer
from headwater.local.command_line.output import age, plain, print_fields, print_table, say


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
        say(f"{result['count']:,}", style="bold")
    elif "person" in result and result["person"] is not None:
        _print_person(result)
    else:
        _print_done(answer, result)


def _print_plan(answer: dict[str, Any]) -> None:
    say(answer["words"])
    reach = answer["reach"]
    print_fields(
        {
            "effect": answer["effect"],
            "people": reach.get("people"),
            "known by": ", ".join(reach.get("identifiers", ())) or None,
            "events": reach.get("events"),
            "destinations": ", ".join(reach.get("destinations", ())) or None,
            "hash": answer["hash"],
            "not yet": answer["missing"],
        }
    )
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


def _print_route(one: dict[str, Any], *, stopped: bool) -> None:
    if not one["enabled"]:
        say(f"{one['name']} is switched off.", style="green")
        return
    events, types = (
        given if isinstance(given, str) else ", ".join(given)
        for given in (one["events"], one["types"])
    )
    was = "now gets" if one["changed"] else "gets as before"
    but = f", where {one['filter']}" if one["filter"] else ""
    say(f"{one['name']} {was}: {events} ({types} calls){but}.", style="green")
    if stopped and not one["changed"]:
        say("It did not get these events before, either.", style="dim")


def _print_done(answer: dict[str, Any], result: dict[str, Any]) -> None:
    if "recorded" in result:
        for one in result["recorded"]:
            what = one.get("name") or one["type"]
            say(f"Recorded {what} for {one['who']}.", style="green")
    elif "exported" in result:
        typer.echo(result["text"], nl=False)
    elif "job" in result:
        job = result["job"]
        say(f"Ordered: {job['kind']}, {job['id']}. 'headwater jobs' shows how it goes.")
        if "certificate" in result:
            say(f"Erasing {', '.join(result['identifiers'])}; 'headwater erase --help' has more.")
        if "files" in result:
            say(f"Once it is done, its files are at {result['files']}NAME.")
    elif "routed" in result or "stopped" in result:
        for one in result.get("routed") or result["stopped"]:
            _print_route(one, stopped="stopped" in result)
    elif "synced" in result:
        one = result["synced"]
        was = "is told from now on" if one["changed"] else "was told already"
        say(f"{one['name']} {was} who enters and leaves {one['audience']['key']}.", style="green")
    elif "defined" in result:
        print_table(
            "",
            ["name", "key", "means"],
            [[one["name"], one.get("key"), json.dumps(one["means"])] for one in result["defined"]],
            empty="None.",
        )
    elif "destinations" in result:
        rows = [
            [one["name"], one["type"], ", ".join(one["events"]) or "all", one["id"]]
            for one in result["destinations"]
        ]
        print_table("", ["destination", "type", "events", "id"], rows, empty="No destinations.")
    elif "deliveries" in result:
        names = ["name", "waiting", "delivered", "failed", "dead_letters", "problem"]
        print_table(
            "",
            [name.replace("_", " ") for name in names],
            [[one[name] for name in names] for one in result["deliveries"]],
            empty="No destinations.",
        )
    else:
        say(answer["words"], style="green")
