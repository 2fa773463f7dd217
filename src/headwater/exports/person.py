"""The archive of everything held on one person: which files it has, and what each holds.

Who reads the parts differs between runtimes; what is made of them is told here, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from headwater.actors.suppressions import Suppressed
from headwater.audiences.audience import Audience
from headwater.audiences.membership import Membership
from headwater.collect.times import write_time
from headwater.profiles.dossier import Dossier, page
from headwater.profiles.people import Explanation, Person
from headwater.workspace import WorkspaceConfig

FILE = "person.zip"
EVENTS = "events.jsonl"

_WHAT = {
    "identity": "what the database keeps of who they are",
    "kept_for_audiences": "what audiences and computed traits remember of their events",
    "accounts": "the accounts that they are in",
    "timers": "when they are looked at again",
    "deliveries": "events that wait to be delivered",
    "dead_letters": "deliveries that were given up",
    "refused_events": "refused events that name them",
    "jobs": "orders that name them",
    "mentioned_by_others": "how many other people's or accounts' states name them",
}
"""What kinds of things are held beside events, in the order of their files."""


class Views(NamedTuple):
    """How the admin API shows what the archive shows too: each answers JSON."""

    person: Callable[[Person], dict[str, Any]]
    links: Callable[[Explanation], dict[str, Any]]
    membership: Callable[[Membership], dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class Contents:
    """What was found, but for the events themselves, which go into the archive as they are read.

    Attributes:
        asked: the identifier that was asked after; `identifiers` all that the person holds.
        person: None where nobody is known by it, as are `links` then.
        audiences: each of the workspace, with whether the person is in it.
        consent: see `ConsentChanges`.
        lake_identity: what the lake's files keep of who they are; see `readable_change`.
        held: by the kinds of `everything_held`.
        newest: their newest events, the newest first; `events` is how many there are.
        tiers: where events were read.
    """

    asked: str
    config: WorkspaceConfig
    identifiers: Sequence[str]
    person: Person | None = None
    links: Explanation | None = None
    audiences: Sequence[tuple[Audience, Membership]] = ()
    consent: Sequence[Mapping[str, Any]] = ()
    suppressions: Sequence[Suppressed] = ()
    lake_identity: Sequence[Mapping[str, Any]] = ()
    held: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    newest: Sequence[Mapping[str, Any]] = ()
    events: int = 0
    tiers: Sequence[str] = ()


def texts(found: Contents, views: Views, *, now: int) -> Mapping[str, str]:
    """Answer the archive's files beside `events.jsonl`, by name; `now` is in milliseconds."""
    person = None if found.person is None else views.person(found.person)
    links = None if found.links is None else views.links(found.links)
    audiences = [
        {"name": audience.name, "key": audience.key, **views.membership(one)}
        for audience, one in found.audiences
    ]
    suppressions = [
        {**asdict(one), "created_at": write_time(one.created_at)} for one in found.suppressions
    ]
    held: dict[str, Sequence[Mapping[str, Any]]] = {
        name: found.held.get(name, ()) for name in _WHAT
    }
    files: dict[str, tuple[str, Any, int]] = {
        "person.json": ("the profile", person, 0 if person is None else 1),
        "links.json": ("why these identifiers are one person", links, len(found.identifiers)),
        "audiences.json": ("audiences, and why they are in or not", audiences, len(audiences)),
        "consent.json": ("each change of consent", found.consent, len(found.consent)),
        "suppressions.json": ("of which identifiers nothing is kept", suppressions, 0),
        "lake_identity.json": (
            "what the lake keeps of who they are",
            found.lake_identity,
            len(found.lake_identity),
        ),
        **{f"{name}.json": (_WHAT[name], rows, len(rows)) for name, rows in held.items()},
    }
    dossier = Dossier(
        asked=found.asked,
        workspace=found.config.workspace,
        made_at=write_time(now),
        identifiers=found.identifiers,
        person=person,
        links=links,
        audiences=audiences,
        consent=found.consent,
        suppressions=suppressions,
        recipients=[
            {"name": one.name, "type": one.type, "enabled": one.enabled, "id": one.id}
            for one in found.config.destinations
        ],
        held=held,
        newest=found.newest,
        events=found.events,
        tiers=found.tiers,
        files={EVENTS: ("every event, oldest first", found.events)}
        | {name: (what, count) for name, (what, _, count) in files.items()},
    )
    made = {name: _text(content) for name, (_, content, _) in files.items()}
    return {**made, "index.html": page(dossier)}


def lines(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Answer events as they stand in `events.jsonl`."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in events)


class ConsentChanges:
    """Each `context.consent` that differs from the one before, with its event.

    Attributes:
        found: so far; what it is made with goes on.
    """

    def __init__(self, found: Iterable[dict[str, Any]] = ()) -> None:
        self.found = list(found)

    def add(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take some events, oldest first."""
        for event in events:
            context = event.get("context")
            consent = context.get("consent") if isinstance(context, dict) else None
            if consent is None or (self.found and self.found[-1]["consent"] == consent):
                continue
            self.found.append(
                {
                    "at": event.get("timestamp"),
                    "message_id": event.get("messageId"),
                    "consent": consent,
                }
            )


def readable_change(row: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a row of the lake's identity files as `lake_identity.json` has it."""
    body = row["body"]
    return {
        **row,
        "changed_at": write_time(row["changed_at"]),
        "body": None if body is None else json.loads(body),
    }


def in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answer rows of the lake's identity files in the order of what they tell."""
    return sorted(rows, key=lambda row: (row["change"], row["kind"], row["actor"]))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
