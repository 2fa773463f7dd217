"""A readable page of everything held on a person: HTML that needs nothing else.

Whatever stands in events was written by others, so every text is escaped, and the page forbids
itself scripts and all loading.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from headwater.quantities import counted

SHOWN = 200
"""Events on the page, the newest; all of them are in `events.jsonl`."""

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--dim:#777}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
.dim{color:var(--dim)}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0}
nav{margin:1rem 0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
nav a{white-space:nowrap}summary{cursor:pointer}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the page tells. Values are as they are in the archive's JSON files.

    Attributes:
        asked: the identifier that was asked after; `identifiers` all that the person holds.
        person: their profile; None where nobody is known by the identifier.
        newest: their newest events, the newest first; `events` is how many there are.
        tiers: where events were read.
        files: name of each file of the archive, to what is in it and how many of it there are.
        recipients: destinations that are, or were, sent events: `name`, `type`, `enabled`, `id`.
    """

    asked: str
    workspace: str
    made_at: str
    identifiers: Sequence[str]
    person: Mapping[str, Any] | None
    links: Mapping[str, Any] | None
    audiences: Sequence[Mapping[str, Any]]
    consent: Sequence[Mapping[str, Any]]
    suppressions: Sequence[Mapping[str, Any]]
    recipients: Sequence[Mapping[str, Any]]
    held: Mapping[str, Sequence[Mapping[str, Any]]]
    newest: Sequence[Mapping[str, Any]]
    events: int
    tiers: Sequence[str]
    files: Mapping[str, tuple[str, int]]


def page(dossier: Dossier) -> str:
    """Answer the page."""
    title = f"Everything held on {dossier.asked}"
    sections = [
        ("Profile", _profile(dossier)),
        ("Identifiers", _identifiers(dossier)),
        ("Traits", _traits(dossier)),
        ("Why one person", _links(dossier)),
        ("Accounts", _table(("account", "member", "since"), dossier.held["accounts"])),
        ("Audiences", _audiences(dossier.audiences)),
        ("Consent", _consent(dossier.consent)),
        ("Events", _events(dossier)),
        ("Recipients", _recipients(dossier)),
        ("Waiting and given up", _outgoing(dossier)),
        ("Refused events", _refused(dossier)),
        ("Suppression", _table(("type", "reason", "created_at", "hash"), dossier.suppressions)),
        ("Orders", _table(("id", "kind", "state", "ordered_at"), dossier.held["jobs"])),
        ("Files", _files(dossier)),
    ]
    nav = "".join(f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name, _ in sections)
    body = "".join(
        f'<h2 id="{_anchor(name)}">{escape(name)}</h2>{content}' for name, content in sections
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>"
        f'<p class="dim">Workspace {escape(dossier.workspace)}, made {escape(dossier.made_at)} '
        "(UTC). All of it is in the JSON files beside this page.</p>"
        f"<nav>{nav}</nav>{body}</body></html>\n"
    )


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _profile(dossier: Dossier) -> str:
    person = dossier.person
    if person is None:
        return "<p>Nobody is known by this identifier. What else names it follows.</p>"
    counts = ", ".join(f"{count} {name}" for name, count in person["counts"].items())
    return _fields(
        {
            "person": person["id"],
            "first seen": person["first_seen"],
            "last seen": person["last_seen"],
            "events": counts or "none",
            "groups": ", ".join(person["groups"]) or "none",
        }
    )


def _identifiers(dossier: Dossier) -> str:
    if dossier.person is None:
        return _table(("identifier",), [{"identifier": one} for one in dossier.identifiers])
    rows = [
        {**one, "identifier": f"{one['type']}:{one['value']}"}
        for one in dossier.person["identifiers"]
    ]
    return _table(("identifier", "events", "first_seen", "last_seen"), rows)


def _traits(dossier: Dossier) -> str:
    details = (dossier.person or {}).get("trait_details") or {}
    rows = [
        {
            "trait": name,
            "value": one["value"],
            "since": one["timestamp"],
            "came by": one["identifier"],
            "message": one["message_id"],
        }
        for name, one in details.items()
    ]
    return _table(("trait", "value", "since", "came by", "message"), rows)


def _links(dossier: Dossier) -> str:
    if dossier.links is None:
        return _nothing()
    rows = [
        {**one, "identifiers": " = ".join(one["identifiers"])} for one in dossier.links["links"]
    ]
    refused = [
        {**one, "identifiers": " / ".join(one["identifiers"])} for one in dossier.links["refused"]
    ]
    linked = _table(("identifiers", "reason", "message_id", "at"), rows)
    if not refused:
        return linked
    kept = _table(("identifiers", "reason", "message_id", "at"), refused)
    return f"{linked}<h3>Kept apart</h3>{kept}"


def _audiences(audiences: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        {
            "audience": one["name"],
            "member": "yes" if one["member"] else "no",
            "since": one["since"],
            "why": _why(one["clause"]),
        }
        for one in audiences
    ]
    return _table(("audience", "member", "since", "why"), rows)


def _why(clause: Mapping[str, Any] | None) -> str:
    if clause is None:
        return ""
    parts = [f"{'true' if clause['true'] else 'false'}: {clause['why']}"]
    return "\n".join([*parts, *(f"  {_why(one)}" for one in clause["clauses"])])


def _consent(consent: Iterable[Mapping[str, Any]]) -> str:
    rows = [{**one, "consent": _json(one["consent"])} for one in consent]
    return _table(("at", "consent", "message_id"), rows)


def _events(dossier: Dossier) -> str:
    where = ", ".join(dossier.tiers) or "nowhere"
    shown = "".join(map(_event, dossier.newest))
    more = ""
    if dossier.events > len(dossier.newest):
        more = f" The newest {len(dossier.newest)} are shown; all are in events.jsonl."
    return f"<p>{counted(dossier.events, 'event')}, read from: {escape(where)}.{more}</p>{shown}"


def _event(event: Mapping[str, Any]) -> str:
    name = event.get("event") or event.get("name") or event.get("groupId") or ""
    title = f"{event.get('timestamp')} {event.get('type')} {name}"
    return f"<details><summary>{escape(title)}</summary><pre>{escape(_json(event))}</pre></details>"


def _recipients(dossier: Dossier) -> str:
    note = (
        '<p class="dim">What was delivered is not kept by person; these are the destinations of '
        "the workspace, which may have had events.</p>"
    )
    return note + _table(("name", "type", "enabled", "id"), dossier.recipients)


def _outgoing(dossier: Dossier) -> str:
    waiting = _table(("destination", "enqueued_at", "attempts"), dossier.held["deliveries"])
    dead = _table(
        ("destination", "given_up_at", "reason", "status", "response"),
        dossier.held["dead_letters"],
    )
    return f"<h3>Waiting to be delivered</h3>{waiting}<h3>Given up</h3>{dead}"


def _refused(dossier: Dossier) -> str:
    return _table(("received_at", "code", "message", "body"), dossier.held["refused_events"])


def _files(dossier: Dossier) -> str:
    rows = [
        {"file": name, "what": what, "how many": count}
        for name, (what, count) in dossier.files.items()
    ]
    return _table(("file", "what", "how many"), rows)


def _fields(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>" for name, value in values.items()
    )
    return f"<table>{rows}</table>"


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    if not body:
        return _nothing()
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in columns)
    return f"<table><tr>{head}</tr>{body}</table>"


def _nothing() -> str:
    return '<p class="dim">None.</p>'


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return f"<code>{escape(_json(value))}</code>"
    text = escape(str(value))
    return f"<pre>{text}</pre>" if "\n" in text else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, dict) else None)
