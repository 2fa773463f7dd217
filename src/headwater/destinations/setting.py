"""A setting of a destination: how it is shown, what it may be, and the check that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from headwater.errors import BadRequest
from headwater.ports import Random

HIDDEN = "********"
"""What stands for a secret that is set; handed back in a change, it means: leave it."""

SettingType = Literal["text", "url", "whole_number", "choice", "headers"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        key: its name in a configuration.
        label: its name for people.
        description: one or two sentences: what it does, with its unit.
        required: whether a destination cannot work without it.
        secret: whether it is hidden wherever settings are shown.
        default: its value where none is given.
        choices: what a `choice` may be.
        minimum: the least that a `whole_number` may be.
        maximum: the most that a `whole_number` may be.
        check: a rule of its own on top of its type's; raises `ValueError` saying what it must be.
        generate: makes a value where a new destination is given none.
    """

    key: str
    label: str
    description: str
    type: SettingType = "text"
    required: bool = False
    secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 2**31
    check: Callable[[Any], None] | None = None
    generate: Callable[[Random], Any] | None = None

    def read(self, value: Any) -> Any:
        """Answer the value as `build` gets it; the default where it is None.

        Raises:
            BadRequest: it is missing though required, or not what it must be.
        """
        if value is None:
            if self.required and self.default is None:
                raise BadRequest(f"Setting {self.key!r} ({self.label}) is missing.")
            return self.default
        try:
            _CHECKS[self.type](self, value)
            if self.check is not None:
                self.check(value)
        except ValueError as error:
            # The value itself is left out: it may be a secret.
            raise BadRequest(f"Setting {self.key!r} ({self.label}) {error}.") from error
        return dict(value) if self.type == "headers" else value


def _text(_setting: Setting, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")


def _url(setting: Setting, value: Any) -> None:
    _text(setting, value)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not value.isprintable() or " " in value or "\\" in value:
        raise ValueError("must be a full address, such as https://example.com/hook")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or password; put them in an Authorization header")


def _whole_number(setting: Setting, value: Any) -> None:
    limits = f"a whole number from {setting.minimum} to {setting.maximum}"
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"must be {limits}")  # noqa: TRY004 - `read` makes one error of both
    if not setting.minimum <= value <= setting.maximum:
        raise ValueError(f"must be {limits}, not {value}")


def _choice(setting: Setting, value: Any) -> None:
    if value not in setting.choices:
        raise ValueError(f"must be one of {', '.join(setting.choices)}")


# RFC 9110, section 5.6.2 (token) and 5.5 (field value; ASCII only, as receivers agree on that).
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
# They frame the request, or prove whom it is from; setting them would break that.
_RESERVED_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "host", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "webhook-id", "webhook-signature", "webhook-timestamp"}
)


def _headers(_setting: Setting, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise ValueError('must be an object of header names and values, {"Authorization": "…"}')  # noqa: TRY004 - `read` makes one error of both
    for name, content in value.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"has a name that no header may have: {name!r}")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"may not set {name}, which the request itself sets")
        if not isinstance(content, str) or not _HEADER_VALUE.fullmatch(content):
            raise ValueError(f"has a value for {name} that is not printable ASCII text")


_CHECKS: Mapping[SettingType, Callable[[Setting, Any], None]] = {
    "text": _text,
    "url": _url,
    "whole_number": _whole_number,
    "choice": _choice,
    "headers": _headers,
}
