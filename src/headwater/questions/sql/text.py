"""Texts and paths inside of SQL, the same for both dialects."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.errors import BadRequest

_UNREACHABLE = frozenset('"\\*')


def quoted(text: str) -> str:
    """Answer a text as SQL's literal; NUL, which ends a statement in SQLite, is refused.

    Raises:
        BadRequest: the text holds NUL, or half of a surrogate pair.
    """
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadRequest(f"{text[:40]!r} holds a character that no stored text has.")
    return "'" + text.replace("'", "''") + "'"


def json_path(names: Sequence[str]) -> str:
    """Answer the JSON path of both dialects that goes through objects by these names.

    Raises:
        BadRequest: a name has a sign that paths cannot say in both dialects.
    """
    for name in names:
        if _UNREACHABLE & set(name):
            raise BadRequest(
                f"The name {name[:40]!r} has a quotation mark, a backslash or a star; "
                "questions cannot reach it."
            )
    return quoted("$" + "".join(f'."{name}"' for name in names))


def bracketed(sql: str) -> str:
    """Answer SQL in brackets, unless it is already: SQLite's parser knows but so many."""
    return sql if _is_bracketed(sql) else f"({sql})"


def _is_bracketed(sql: str) -> bool:
    if not (sql.startswith("(") and sql.endswith(")")):
        return False
    depth, is_text = 0, False
    for at, sign in enumerate(sql):
        if sign == "'":
            is_text = not is_text
        elif not is_text:
            depth += (sign == "(") - (sign == ")")
            if depth == 0 and at < len(sql) - 1:
                return False
    return True


def any_of(conditions: Sequence[str]) -> str:
    """Answer SQL in brackets that is true where any is; false of none."""
    return bracketed(" OR ".join(map(bracketed, conditions))) if conditions else "FALSE"


def all_of(conditions: Sequence[str]) -> str:
    """Answer SQL that is true where all are; true of none. It wants brackets around it."""
    if len(conditions) == 1:
        return conditions[0]
    return " AND ".join(map(bracketed, conditions)) or "TRUE"
