"""Prints what was done: one printer for each kind of result, by the field that it is known by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import typer

from headwater.language.condition_words import people_in_words
from headwater.local.command_line.output import print_table, say


def _recorded(result: dict[str, Any]) -> None:
    for one in result["recorded"]:
        what = one.get("name") or one["type"]
        say(f"Recorded {what} for {one['who']}.", style="green")


def _exported(result: dict[str, Any]) -> None:
    typer.echo(result["text"], nl=False)


def _job(result: dict[str, Any]) -> None:
    job = result["job"]
    say(f"Ordered: {job['kind']}, {job['id']}. 'headwater jobs' shows how it goes.", style="green")
    if "certificate" in result:
        known_by = ", ".join(result["identifiers"])
        say(f"Erasing {known_by}; the certificate will be at {result['certificate']}.")
    if "files" in result:
        say(f"Once it is done, its files are at {result['files']}NAME.")


def _routed(result: dict[str, Any]) -> None:
    for one in result.get("routed") or result["stopped"]:
        if not one["enabled"]:
            say(f"{one['name']} is switched off.", style="green")
            continue
        events, types = (
            given if isinstance(given, str) else ", ".join(given)
            for given in (one["events"], one["types"])
        )
        was = "now gets" if one["changed"] else "gets as before"
        but = f", where {one['filter']}" if one["filter"] else ""
        say(f"{one['name']} {was}: {events} ({types} calls){but}.", style="green")
        for name, audiences in one.get("people", {}).items():
            what = "all of it" if name == "*" else f"'{name}'"
            say(f"  {what} only of people in {', '.join(audiences)}")


def _synced(result: dict[str, Any]) -> None:
    one = result["synced"]
    was = "is told from now on" if one["changed"] else "was told already"
    say(f"{one['name']} {was} who enters and leaves {one['audience']['key']}.", style="green")


def _meaning(means: dict[str, Any]) -> str:
    is_trait = means.get("type") in {"figure", "expression"}
    return json.dumps(means) if is_trait else people_in_words(means)


def _defined(result: dict[str, Any]) -> None:
    rows = [[one["name"], one.get("key"), _meaning(one["means"])] for one in result["defined"]]
    print_table(None, ["name", "key", "means"], rows, empty="None.")


def _destinations(result: dict[str, Any]) -> None:
    rows = [
        [one["name"], one["type"], ", ".join(one["events"]) or "all", one["id"]]
        for one in result["destinations"]
    ]
    print_table("", ["destination", "type", "events", "id"], rows, empty="No destinations.")


def _deliveries(result: dict[str, Any]) -> None:
    names = ["name", "waiting", "delivered", "failed", "dead_letters", "problem"]
    print_table(
        "",
        [name.replace("_", " ") for name in names],
        [[one[name] for name in names] for one in result["deliveries"]],
        empty="No destinations.",
    )


PRINTED: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "recorded": _recorded,
    "exported": _exported,
    "job": _job,
    "routed": _routed,
    "stopped": _routed,
    "synced": _synced,
    "defined": _defined,
    "destinations": _destinations,
    "deliveries": _deliveries,
}
