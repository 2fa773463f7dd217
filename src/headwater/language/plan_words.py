"""Plans in plain words: what a person reads before they say yes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headwater.language.condition_words import people_in_words
from headwater.quantities import counted

Document = Mapping[str, Any]


def in_words(document: Document) -> str:
    """Answer what a plan (as JSON) will do, in a sentence or a few lines."""
    return _SAYINGS[document["do"]](document)


def _record(plan: Document) -> str:
    return "\n".join(_fact(one) for one in plan["facts"])


def _fact(fact: Document) -> str:
    call, who = fact.get("call", "track"), fact["who"]
    name = fact.get("name")
    if call == "identify":
        return f"Set {_pairs(fact.get('traits', {}))} of {who}."
    what = {"track": f"'{name}'", "page": f"page '{name}'", "screen": f"screen '{name}'",
            "group": f"{who} is in account '{name}'"}[call]  # fmt: skip
    said = f"Record {what}" + ("" if call == "group" else f" for {who}")
    for label, key in (("", "properties"), ("campaign ", "campaign"), ("traits ", "traits")):
        if fact.get(key):
            said += f", {label}{_pairs(fact[key])}"
    if fact.get("times", 1) > 1:
        said += f", {fact['times']} times"
    when = fact.get("when")
    if when:
        ago = f"{counted(when['ago'], when['unit'])} ago" if "ago" in when else f"on {when['on']}"
        said += f", {ago}"
    return f"{said}."


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
    )


def _identify(plan: Document) -> str:
    return f"Set {_pairs(plan['traits'])} of {plan['who']}."


def _show(plan: Document) -> str:
    part = "who is" if plan.get("part", "profile") == "profile" else "the activity of"
    return f"Show {part} {plan['who']}{_over(plan.get('over'))}."


def _over(over: Document | None) -> str:
    if not over:
        return ""
    if "this" in over:
        return " today" if over["this"] == "day" else f" this {over['this']}"
    if "previous" in over:
        return " yesterday" if over["previous"] == "day" else f" last {over['previous']}"
    if "last" in over:
        number, unit = over["last"], over["unit"]
        return f" in the last {unit if number == 1 else counted(number, unit)}"
    if "since" in over:
        return f" from {over['since']}" + (f" to {over['until']}" if over.get("until") else "")
    return " over all time"


def _events(events: Document | None) -> str:
    if not events:
        return "all events"
    name, call = events.get("name"), events.get("call")
    said = f"'{name}' events" if name else f"{call or 'all'} events"
    return said + (f" of {people_in_words(events['people'])}" if events.get("people") else "")


def _ask(plan: Document) -> str:
    question = dict(plan["question"])
    kind, over = question.pop("question"), question.pop("over", None)
    about = question.pop("people", None)
    said = f"Answer a question ({kind}){_over(over)}"
    if about:
        said += f" about {people_in_words(about)}"
    return f"{said}: {json.dumps(question, ensure_ascii=False)}." if question else f"{said}."


def _audience(to: Document) -> str:
    return to["who"] if to.get("who") else people_in_words(to["people"])


def _content(content: Document | None) -> str:
    if not content:
        return ""
    ((kind, text),) = content.items()
    return f" the template '{text}'" if kind == "template" else f" {kind} '{text}'"


def _send(plan: Document) -> str:
    channel = plan.get("channel", "any")
    by = "" if channel == "any" else f" by {channel}"
    return f"Send{_content(plan.get('content'))} to {_audience(plan['to'])}{by}."


def _chain(plan: Document) -> str:
    lines = [f"For {people_in_words(plan['people'])}:"]
    for number, step in enumerate(plan["steps"], start=1):
        ((kind, given),) = step.items()
        if kind == "notify":
            said = f"send them '{given}'"
        elif kind == "wait":
            said = f"wait {_duration(given)}"
        else:
            inner = "; ".join(in_words(one).rstrip(".") for one in given)
            said = f"for {'each of them' if kind == 'each' else 'each outcome'}: {inner}"
        lines.append(f"  {number}. {said}")
    return "\n".join(lines)


def _duration(seconds: int) -> str:
    for unit, length in (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            return counted(seconds // length, unit)
    return f"{seconds} seconds"


def _for(plan: Document) -> str:
    return f" for {_audience(plan['to'])}" if plan.get("to") else ""


def _computation(computation: Document) -> str:
    if computation["type"] == "expression":
        return str(computation["expression"])
    of = computation.get("property")
    figure = computation["function"].replace("_", " ") + (f" of {of}" if of else "")
    return f"{figure}, over '{computation['event'].get('name', 'any event')}'"


_DEFINED = {
    "audiences": "audiences",
    "traits": "computed traits",
    "words": "words whose meaning is the workspace's own",
}


_SAYINGS = {
    "record": _record,
    "identify": _identify,
    "link": lambda plan: f"Link {plan['first']} and {plan['second']}: they are one person.",
    "merge": lambda plan: f"Merge {plan['first']} and {plan['second']} into one person.",
    "show_person": _show,
    "list_people": lambda plan: f"List {people_in_words(plan['people'])}.",
    "count_people": lambda plan: f"Count {people_in_words(plan['people'])}.",
    "define_audience": lambda plan: (
        f"Keep {people_in_words(plan['people'])} as audience '{plan['name']}'."
    ),
    "define_word": lambda plan: (
        f"Have '{plan['word']}' mean {people_in_words(plan['people'])} from now on."
    ),
    "export_person": lambda plan: f"Hand over everything known of {plan['who']}.",
    "erase": lambda plan: f"Erase {plan['who']} everywhere, for good.",
    "suppress": lambda plan: f"Keep nothing of {plan['who']} from now on.",
    "unsuppress": lambda plan: f"Keep events of {plan['who']} again from now on.",
    "define_trait": lambda plan: (
        f"Compute '{plan['name']}' of each person from now on: {_computation(plan['computation'])}."
    ),
    "list_definitions": lambda plan: f"List the {_DEFINED[plan['of']]}.",
    "ask": _ask,
    "route_events": lambda plan: (
        f"Send {_events(plan.get('events'))} to {', '.join(plan['destinations'])} from now on."
    ),
    "stop_routing": lambda plan: (
        f"Send {', '.join(plan['destinations'])} no longer {_events(plan.get('events'))}."
    ),
    "list_routes": lambda plan: f"Show where {_events(plan.get('events'))} go.",
    "sync_audience": lambda plan: (
        f"Tell {plan['destination']} at once who enters and who leaves: "
        f"{people_in_words(plan['people'])}."
    ),
    "stop_sync": lambda plan: (
        f"Tell {plan['destination']} no longer who enters and who leaves: "
        f"{people_in_words(plan['people'])}."
    ),
    "sync_events": lambda plan: (
        f"Send {_events(plan.get('events'))} to {plan['destination']} as they come from now on."
    ),
    "export_events": lambda plan: (
        f"Write {_events(plan.get('events'))}{_over(plan.get('over'))} to a "
        f"{plan.get('format', 'parquet')} file."
    ),
    "export_people": lambda plan: (
        f"Write {people_in_words(plan['people'])} to a {plan.get('format', 'csv')} file."
    ),
    "replay": lambda plan: (
        f"Send {_events(plan.get('events'))}{_over(plan.get('over'))} to {plan['destination']} "
        "once more."
    ),
    "delivery_status": lambda plan: (
        f"Show how deliveries go: {plan.get('destination') or plan.get('of') or 'all of them'}."
    ),
    "send": _send,
    "start_journey": lambda plan: f"Start the journey '{plan['journey']}'{_for(plan)}.",
    "preview_template": lambda plan: f"Preview the template '{plan['template']}'{_for(plan)}.",
    "write_content": lambda plan: (
        f"Draft {plan['kind']}"
        + (f" about '{plan['about']}'" if plan.get("about") else "")
        + f"{_for(plan)}."
    ),
    "predict": lambda plan: (
        f"Predict who will likely {plan['outcome']} among {people_in_words(plan['people'])}."
    ),
    "best_time": lambda plan: f"Find the best time to write to {_audience(plan['to'])}.",
    "compare_content": lambda plan: (
        f"Compare variants of the {plan['part']}"
        + (f" for {people_in_words(plan['people'])}" if plan.get("people") else "")
        + "."
    ),
    "improve": lambda plan: f"Suggest improvements to the journey '{plan['journey']}'.",
    "chain": _chain,
}
