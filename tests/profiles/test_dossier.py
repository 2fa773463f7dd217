"""Tests of `headwater.profiles.dossier`."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.profiles.dossier import Dossier, page

EMPTY: dict[str, Any] = {"accounts": [], "jobs": [], "deliveries": []}
EMPTY |= {"dead_letters": [], "refused_events": []}
_VOID = {"meta", "br", "!doctype"}


class Structure(HTMLParser):
    """Reads a page: its texts, its tags, and whether each that opens is closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Structure:
    """Answer the structure of a page; fail where it is not well formed."""
    structure = Structure()
    structure.feed(text)
    structure.close()
    assert structure.open == []
    return structure


def dossier(**changes: Any) -> Dossier:
    """Answer one of nobody, with some things changed."""
    fields: dict[str, Any] = {
        "asked": "user_id:1",
        "workspace": "w",
        "made_at": "2026-11-23T00:00:00.000Z",
        "identifiers": ["user_id:1"],
        "person": None,
        "links": None,
        "audiences": [],
        "consent": [],
        "suppressions": [],
        "recipients": [],
        "held": EMPTY,
        "newest": [],
        "events": 0,
        "tiers": [],
        "files": {},
    }
    return Dossier(**(fields | changes))


def test_nobody_has_a_page_too() -> None:
    """Where nobody is known by the identifier the page says so, and shows what else names it."""
    held = EMPTY | {"refused_events": [{"message": "no type", "body": "{}"}]}
    text = read(page(dossier(held=held))).text

    assert "Nobody is known by this identifier" in text
    assert "no type" in text


@given(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists))
def test_whatever_events_hold_is_text(hostile: str, value: Any) -> None:
    """Markup in values opens no tag; nothing may be loaded, and no script is on the page."""
    hostile = f"</pre><script src=x>{hostile}"
    event = {"type": "track", "event": hostile, "timestamp": hostile, "properties": value}
    clause = {"true": False, "why": hostile, "clauses": [{"true": True, "why": "a", "clauses": []}]}
    made = dossier(
        asked=hostile,
        newest=[event],
        events=1,
        recipients=[{"name": hostile, "type": value, "enabled": True}],
        audiences=[{"name": hostile, "member": True, "since": None, "clause": clause}],
        consent=[{"at": hostile, "consent": value, "message_id": hostile}],
    )
    text = page(made)

    assert "script" not in read(text).tags
    assert "default-src 'none'" in text


def test_the_page_says_where_more_is() -> None:
    """Only the newest events are shown; the page tells how many there are, and read from where."""
    made = dossier(newest=[{"type": "page"}], events=7, tiers=["hot", "cold"])
    text = read(page(made)).text

    assert "7 events, read from: hot, cold. The newest 1 are shown" in text
