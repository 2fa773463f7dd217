"""Reads the values of settings, as flags, variables and TOML give them.

Each answers a value, or raises a ValueError that says what would do.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

Reader = Callable[[Any], Any]


def text(value: Any) -> str:
    """Read any text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not empty")
    return value.strip()


def key(value: Any) -> str:
    """Read a key: it has to get through a header, and must be hard to guess."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError("ASCII letters, digits and signs")
    if not 8 <= len(value) <= 200 or any(sign in value for sign in ' ":,'):
        raise ValueError("8 to 200 characters without blanks, colons, commas and quotes")
    return value


def whole(least: int, most: int) -> Reader:
    """Make a reader of whole numbers within bounds."""

    def read(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return number

    return read


def seconds(value: Any) -> float:
    """Read a duration in seconds, at most a day."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 86_400:
        raise ValueError("a number of seconds from 0 to 86400")
    return number


def one_of(*choices: str) -> Reader:
    """Make a reader of one of a few words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value.lower()

    return read


def networks(value: Any) -> tuple[str, ...]:
    """Read networks in CIDR notation: a list, or a text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    wanted = "networks in CIDR notation, such as 10.0.0.0/8"
    if not isinstance(parts, list | tuple):
        raise ValueError(wanted)  # noqa: TRY004 - one kind of error for all that cannot be read
    try:
        return tuple(str(ipaddress.ip_network(str(part).strip())) for part in parts if part)
    except ValueError as error:
        raise ValueError(f"{wanted} ({error})") from error


def path(value: Any) -> str:
    """Read the path of an address."""
    if not isinstance(value, str) or not re.fullmatch(r"(/[\w.~-]+)+", value):
        raise ValueError("a path such as /t/site.js, of letters, digits, and . _ ~ -")
    return value


def cookie_name(value: Any) -> str:
    """Read the name of a cookie, or `off`."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", value):
        raise ValueError("the name of a cookie, or off")
    return "" if value == "off" else value


def switch_or_networks(value: Any) -> bool | tuple[str, ...]:
    """Read true, false, or networks in CIDR notation."""
    words = {
        "true": True,
        "yes": True,
        "1": True,
        "false": False,
        "no": False,
        "0": False,
        "": False,
    }
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    try:
        return networks(value)
    except ValueError as error:
        raise ValueError(f"true, false, or {error}") from error
