r"""JSON as clients really write it, read so that nothing in it can hurt what comes after.

Three things that SDKs send are no JSON, or no Unicode, or no number that the rest of the pipeline
can keep; each is settled here, once:

* half of a surrogate pair (`"\ud83d"`: a text cut in the middle of an emoji) becomes U+FFFD;
* NaN and Infinity (Python's `json.dumps`) refuse the event, not its batch: `number_out_of_range`;
* NUL characters are dropped, and integers beyond 64 bits become floating point, as every
  JavaScript reader has it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from headwater.errors import BadRequest

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_TEXT_OR_NAN = re.compile(rb'"(?:[^"\\]|\\.)*+"|-?Infinity|NaN', re.DOTALL)

# Read as "out of range" by the parser, and cut like any number.
_OUT_OF_RANGE = b"1e999"

# Sixty-four bits hold every integer of up to 18 digits.
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19
_INTEGERS = range(-(2**63), 2**63)


def decode(raw: bytes) -> Any:
    """Answer the value of a JSON text.

    Raises:
        BadRequest: `malformed_json`, `invalid_utf8` or `number_out_of_range`, saying where.
    """
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        mended = mend(raw)
        if mended is None:
            raise unreadable(error, empty=not raw.strip()) from error
    try:
        return _decoder.decode(mended)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error) from error


def encode(value: Any) -> str:
    """Answer a value as JSON text."""
    return str(_encoder.encode(value), "utf-8")


class TextEncoder:
    """`encode` for many values, by one thread.

    It writes into the same room each time: making room for each text anew takes as long as
    writing it does.
    """

    def __init__(self) -> None:
        self._room = bytearray()

    def encode(self, value: Any) -> str:
        """Answer a value as JSON text."""
        _encoder.encode_into(value, self._room)
        return str(self._room, "utf-8")


def mend(raw: bytes) -> bytes | None:
    """Answer the text with lone surrogates and NaN made readable, or None if it has neither."""
    mended = raw
    if b"\\ud" in raw or b"\\uD" in raw:
        mended = _ESCAPE.sub(_whole, mended)
    if b"NaN" in raw or b"Infinity" in raw:
        mended = _TEXT_OR_NAN.sub(_number, mended)
    return None if mended == raw else mended


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["lone"] else escape[0]


def _number(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].startswith(b'"') else _OUT_OF_RANGE


def unreadable(error: Exception, *, empty: bool = False) -> BadRequest:
    """Answer what to tell the client about a text that the parser refused with `error`."""
    if empty:
        return BadRequest("The body is empty; send an event as JSON.", code="malformed_json")
    if isinstance(error, UnicodeDecodeError):
        return BadRequest(
            "A text is not valid UTF-8; encode the request as UTF-8.", code="invalid_utf8"
        )
    if isinstance(error, msgspec.ValidationError):
        return BadRequest(
            "A number is NaN, infinite or too large for JSON; leave it out or send null.",
            code="number_out_of_range",
        )
    place = str(error).removeprefix("JSON is malformed: ").removesuffix(".")
    return BadRequest(
        f"Not valid JSON: {place}; check quotes, commas and brackets.", code="malformed_json"
    )


def may_hold_oddities(raw: bytes) -> bool:
    """Tell whether the text could hold a NUL or an integer beyond 64 bits; quick, on the bytes."""
    # Looking for one byte is so much quicker that it pays to look for the backslash first.
    return (b"\\" in raw and b"\\u0000" in raw) or _NINETEEN_DIGITS in raw.translate(
        _DIGITS_AS_ZERO
    )


def settle(value: Any) -> Any:
    """Answer the value without NUL characters and with huge integers as floating point.

    Raises:
        BadRequest: `number_out_of_range` for one that floating point cannot hold either.
    """
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {settle(key): settle(each) for key, each in value.items()}
    if isinstance(value, list):
        return [settle(each) for each in value]
    if isinstance(value, int) and value not in _INTEGERS:
        try:
            return float(value)
        except OverflowError as error:
            raise BadRequest(
                "A number is too large for JSON's readers; send it as a text.",
                code="number_out_of_range",
            ) from error
    return value
