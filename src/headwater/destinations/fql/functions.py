"""The functions of FQL. Each takes null as Segment documents; a wrong type fails the evaluation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.destinations.fql.errors import EvaluationFailure
from headwater.destinations.fql.glob import compile_glob
from headwater.destinations.fql.operators import is_number
from headwater.destinations.fql.semver import compare_versions


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes."""

    arguments: int
    apply: Callable[..., Any]


def _contains(text: Any, part: Any) -> bool:
    if text is None or part is None:
        return False
    return _text("contains", part) in _text("contains", text)


def _length(value: Any) -> int:
    """Count a list's elements, or a text's bytes in UTF-8 (not its characters)."""
    if value is None:
        return 0
    if isinstance(value, list | tuple):
        return len(value)
    return len(_text("length", value).encode("utf-8", "surrogatepass"))


def _match(text: Any, pattern: Any) -> bool:
    if text is None or pattern is None:
        return False
    return compile_glob(_text("match", pattern)).matches(_text("match", text))


def _typeof(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list | tuple) else "object"


def _bool(value: Any) -> bool:
    """Segment does not say which texts are false; here: empty, `false` and `0`."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0")
    return bool(value)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _number(value: Any) -> int | float:
    if is_number(value):
        return value  # type: ignore[no-any-return]  # is_number has just said so
    text = _text("number", value).strip()
    try:
        return int(text)
    except ValueError:
        pass  # not a whole one
    try:
        number = float(text)
    except ValueError as error:
        raise EvaluationFailure("number takes a text that is a number") from error
    if not math.isfinite(number):
        raise EvaluationFailure("number takes a finite number")
    return number


def _case(change: Callable[[str], str], name: str) -> Function:
    return Function(1, lambda text: None if text is None else change(_text(name, text)))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise EvaluationFailure(f"{name} takes a text")
    return value


def _titled(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


FUNCTIONS: Mapping[str, Function] = {
    "contains": Function(2, _contains),
    "length": Function(1, _length),
    "lowercase": _case(str.lower, "lowercase"),
    "uppercase": _case(str.upper, "uppercase"),
    "snakecase": _case(lambda text: text.replace(" ", "_"), "snakecase"),
    "kebabcase": _case(lambda text: text.replace(" ", "-"), "kebabcase"),
    "titlecase": _case(_titled, "titlecase"),
    "typeof": Function(1, _typeof),
    "match": Function(2, _match),
    "semver": Function(3, compare_versions),
    "bool": Function(1, _bool),
    "string": Function(1, _string),
    "number": Function(1, _number),
}
