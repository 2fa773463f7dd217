"""What pydantic finds wrong with a caller's JSON, in words that say what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

_QUOTED = re.compile(r"'([^']*)'")
_OBJECT = "should be an object"
_LIST = "should be a list"
_TEXT = "should be a text"
_NUMBER = "should be a number"
_WHOLE = "should be a whole number"
_KINDS = {
    "dataclass_type": _OBJECT,
    "dataclass_exact_type": _OBJECT,
    "dict_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": _TEXT,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
}


def in_words(error: Mapping[str, Any]) -> str:
    """Answer what is wrong with a value, and what it should be; without its place, or a stop.

    Args:
        error: one of `ValidationError.errors()`.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind in _KINDS:
        return f"{_KINDS[kind]}, not {described(error['input'])}"
    if kind in {"literal_error", "enum"}:
        return should_be_one_of(_QUOTED.findall(context["expected"]), error["input"])
    if kind == "union_tag_invalid":
        return should_be_one_of(_QUOTED.findall(context["expected_tags"]), context["tag"])
    if kind == "union_tag_not_found":
        return f"should have a {context['discriminator']}"
    if kind in {"too_short", "too_long"}:
        bound = (
            f"least {context['min_length']:,}"
            if kind == "too_short"
            else (f"most {context['max_length']:,}")
        )
        return f"should hold at {bound}, not {context['actual_length']:,}"
    message: str = error["msg"].removeprefix("Value error, ")
    message = message.removeprefix("Input ").rstrip(".")
    return message if error["type"] == "value_error" else f"{message[:1].lower()}{message[1:]}"


def should_be_one_of(names: Iterable[str], given: Any) -> str:
    """Answer that a value is none of these, with the nearest of them."""
    names = list(names)
    return f"should be one of {', '.join(names)}, not {described(given)}{nearest(given, names)}"


def no_such_field(given: str, names: Iterable[str]) -> str:
    """Answer that there is no such field, with those that there are."""
    names = list(names)
    near = nearest(given, names)
    return f"there is no such field{near or '; there are ' + ', '.join(names)}"


def nearest(given: Any, names: Iterable[str]) -> str:
    """Answer a question whether the most similar of some names was meant; "" where none is."""
    near = difflib.get_close_matches(str(given)[:80], list(names), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def described(value: Any) -> str:
    """Answer what a value of JSON is: a short text or number itself, else its kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        shown = repr(value)
        return shown if len(shown) <= 60 else f"{shown[:60]}…"
    if value is None:
        return "null"
    return "an object" if isinstance(value, Mapping) else "a list"
