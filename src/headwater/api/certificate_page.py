"""A certificate of erasure as a page to read, which loads nothing and runs no script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin:2rem 0 0}p{margin:.3rem 0 .6rem}"
    "th{text-align:left;vertical-align:top;padding-right:1rem;font-weight:600}"
    "td{overflow-wrap:anywhere;vertical-align:top}table table td,table table th{font-size:.9em}"
    ".note{color:#555}"
)

_PARTS: tuple[tuple[str, str, str], ...] = (
    (
        "identifiers",
        "Who",
        (
            "Hashes, salted by the workspace: whoever has an identifier and the salt can tell "
            "whether it is meant, and this page names nobody."
        ),
    ),
    ("removed", "Removed from the database", "Rows by table; mentions are rows that were changed."),
    (
        "lake",
        "Removed from the lake",
        (
            "Files that held anything of theirs and were written anew, the rows that this took "
            "away, and files whose bytes were deleted."
        ),
    ),
    ("exports_deleted", "Exports deleted", "Those that the server still held."),
    ("backups", "Backups", "Those that the server's data folder has made."),
    (
        "rescan",
        "Looked again afterwards",
        (
            "Every table and every file of the lake was read once more. Rows found are theirs, and "
            "none may be left. Bytes found counts files of the database in which an identifier "
            "still stands, such as in a text of somebody else's."
        ),
    ),
    (
        "destinations",
        "Destinations",
        "Where events had been sent; what arrived there is deleted there.",
    ),
)


def page(certificate: Mapping[str, Any]) -> str:
    """Answer a certificate as an HTML page that needs nothing else."""
    statement = certificate["statement"]
    title = f"Certificate of erasure {statement['erasure']}"
    known = {name for name, _, _ in _PARTS}
    head = {name: one for name, one in statement.items() if name not in known | {"suppressed"}}
    parts = "".join(
        f'<h2>{escape(heading)}</h2><p class="note">{escape(note)}</p>{_shown(statement[name])}'
        for name, heading, note in _PARTS
        if name in statement
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(_summary(statement))}</p>"
        f"{_shown(head)}{parts}"
        f'<h2>Signature</h2><p class="note">Of the statement as JSON, with keys sorted and no '
        "spaces, in UTF-8. Check it on the JSON form of this certificate: "
        "<code>headwater certificates verify FILE</code>, or any tool that knows Ed25519."
        f"</p>{_shown(certificate['signature'])}</html>"
    )


def _summary(statement: Mapping[str, Any]) -> str:
    """Answer what was done, in a sentence or three."""
    count = len(statement.get("identifiers", ()))
    said = (
        f"What was held under {count} identifier{'' if count == 1 else 's'} was deleted. "
        f"Nobody can read it from {statement.get('unreadable_from')} on, and its bytes are gone "
        f"by {statement.get('physically_gone_by')}. "
    )
    if statement.get("suppressed"):
        return said + "Events of theirs that come later are dropped."
    return said + "Events of theirs that come later are kept as of somebody new."


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        rows = (
            f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{_shown(one)}</td></tr>"
            for name, one in value.items()
        )
        return f"<table>{''.join(rows)}</table>"
    if isinstance(value, list):
        if value and all(isinstance(one, dict) and one.keys() == value[0].keys() for one in value):
            return _rows(value)
        if all(isinstance(one, str) for one in value):
            return escape(", ".join(value)) or "none"
        return "<br>".join(map(_shown, value)) or "none"
    return escape(str(value))


def _rows(found: list[dict[str, Any]]) -> str:
    names = list(found[0])
    heads = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_shown(one[name])}</td>' for name in names)}</tr>" for one in found
    )
    return f"<table><tr>{heads}</tr>{rows}</table>"
