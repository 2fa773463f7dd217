"""Values of identifiers in the one form under which the same person is found again."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

MAX_LENGTH = 500

# One `@`, a name, a host with a dot, and nothing that could not stand in an address unquoted.
_EMAIL = re.compile(
    r"""[^\s@<>()[\],;:\\"]{1,64}@[^\s@<>()[\],;:\\".]+(?:\.[^\s@<>()[\],;:\\".]+)+"""
)
# Niue's `+683 4002`. What is shorter (112, or a mere 123) would be one person with all who gave it.
_SHORTEST_PHONE = len("+6834002")
_FOR_DNS = "xn--"
_LONGEST_EMAIL = 254  # RFC 5321, errata 1690

# Placeholders that programs send where they know nobody. Anybody who had one for an id would
# become one person with everybody else who has.
BLOCKED = frozenset(
    {
        "(none)",
        "(not set)",
        "(null)",
        "-1",
        "<nil>",
        "<null>",
        "[object object]",
        "anonymous",
        "false",
        "n/a",
        "nan",
        "nil",
        "none",
        "not set",
        "null",
        "true",
        "undefined",
        "unknown",
        "{}",
        "[]",
    }
)


def is_blocked(value: str) -> bool:
    """Tell whether a value stands for nobody: a placeholder, or nothing but zeros and dashes."""
    return not value.strip("0-") or value.lower() in BLOCKED


def why_nobody(value: Any) -> str | None:
    """Answer in words why a value can be nobody's of any type; None where it can be somebody's."""
    if isinstance(value, str) and len(value) > MAX_LENGTH:
        return f"has {len(value):,} characters, of at most {MAX_LENGTH}"
    plain = text(value)
    if plain is None:
        return "is blank" if isinstance(value, str) else "is no text"
    return "is a placeholder" if is_blocked(plain) else None


def text(value: Any) -> str | None:
    """Answer a text or a number as an identifier's value, without spaces around it; else None."""
    if isinstance(value, str):
        composed = value if value.isascii() else unicodedata.normalize("NFC", value)
        stripped = composed.strip()
        return stripped if stripped and len(stripped) <= MAX_LENGTH else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(int(value)) if value == value // 1 else str(value)


def email(value: str) -> str | None:
    """Answer an email address in lower case, or None for what cannot be one.

    A domain in the spelling of DNS (`xn--mnchen-3ya.de`) is answered in that of people
    (`münchen.de`), so that both are one address.
    """
    lowered = value.lower()
    if _FOR_DNS in lowered:
        name, _, domain = lowered.rpartition("@")
        lowered = f"{name}@{'.'.join(_as_people_write(label) for label in domain.split('.'))}"
    if len(lowered) > _LONGEST_EMAIL or not _EMAIL.fullmatch(lowered):
        return None
    return lowered


def _as_people_write(label: str) -> str:
    """Answer a part of a domain's name without Punycode (RFC 5891, section 2.3.2.1)."""
    coded = label.removeprefix(_FOR_DNS)
    if coded == label:
        return label
    try:
        written = unicodedata.normalize("NFC", coded.encode().decode("punycode")).lower()
        is_one_spelling = written.encode("punycode").decode() == coded
    except UnicodeError:
        return label
    # Codes can spell what is in no domain, such as half of a surrogate pair.
    is_readable = all(each == "-" or unicodedata.category(each)[0] in "LMN" for each in written)
    return written if is_one_spelling and is_readable and not written.isascii() else label


@lru_cache(maxsize=4096)
def phone(value: str, region: str | None) -> str | None:
    """Answer a phone number in E.164 (`+491701234567`), or None for what cannot be one.

    Args:
        value: as people write it.
        region: ISO 3166 country that a number without `+` belongs to; without one, such a
            number is no identifier.
    """
    # The library's tables take 50 ms to load: only workspaces that know phones pay for them.
    import phonenumbers  # noqa: PLC0415 - loaded when the first phone number occurs

    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if len(written) >= _SHORTEST_PHONE else None
