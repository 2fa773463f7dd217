"""The smallest and the greatest of a page's or a row group's values, short enough to be kept.

Texts are compared by code points, which is the order of their UTF-8 bytes. A long text is cut to
64 bytes between two characters; what is cut from the greatest is made up for by the next character
in the place of the last one that stays.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Sequence
from typing import Any

from headwater.lake.parquet.columns import TEXTS, Kind
from headwater.lake.parquet.metadata import Bounds

LONGEST = 64

_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

_CODES = {Kind.TIMESTAMP: "<q", Kind.TIMESTAMP_MILLIS: "<q", Kind.INT64: "<q", Kind.BOOLEAN: "<?"}


def smallest_and_greatest(values: Collection[Any], kind: Kind) -> tuple[Any, Any] | None:
    """Answer both, or None where there is no value, or no order: JSON, or doubles with NaN."""
    if not values or kind is Kind.JSON:
        return None
    if kind is Kind.DOUBLE and any(map(math.isnan, values)):
        return None
    return min(values), max(values)


def overall(pairs: Sequence[tuple[Any, Any] | None], *, complete: bool) -> tuple[Any, Any] | None:
    """Answer the smallest and the greatest of several pages'.

    A page that has none is without values where `complete`; otherwise it may hold anything.
    """
    known = [pair for pair in pairs if pair is not None]
    if not known or (len(known) < len(pairs) and not complete):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def bounds(pair: tuple[Any, Any] | None, kind: Kind, *, nulls: int) -> Bounds:
    """Answer what the file keeps of a smallest and a greatest value."""
    if pair is None:
        return Bounds(nulls=nulls)
    low, high = pair
    if kind in TEXTS:
        lower, upper = lower_text(low), upper_text(high)
        return Bounds(
            lower=lower,
            upper=upper,
            nulls=nulls,
            lower_exact=len(lower) == len(low.encode()),
            upper_exact=upper == high.encode(),
        )
    if kind is Kind.DOUBLE:
        # Zero has two signs, which readers may order either way.
        low, high = low or -0.0, high or 0.0
        return Bounds(lower=struct.pack("<d", low), upper=struct.pack("<d", high), nulls=nulls)
    if kind is Kind.TIMESTAMP:
        low, high = low * 1000, high * 1000
    code = _CODES[kind]
    return Bounds(lower=struct.pack(code, low), upper=struct.pack(code, high), nulls=nulls)


def lower_text(value: str) -> bytes:
    """Answer the text's UTF-8, or the longest beginning of it that is short enough."""
    data = value[:LONGEST].encode()
    return data if len(data) <= LONGEST else _cut(data).encode()


def upper_text(value: str) -> bytes | None:
    """Answer the text's UTF-8, or something short that sorts after it; None if nothing does."""
    data = value[: LONGEST + 1].encode()
    if len(data) <= LONGEST:
        return data
    kept = _cut(data)
    while kept:
        following = ord(kept[-1]) + 1
        if following in _SURROGATES:
            following = _SURROGATES.stop
        raised = (kept[:-1] + chr(following)).encode() if following <= _LAST_CHARACTER else None
        # The next character may take a byte more than the one that it stands for.
        if raised is not None and len(raised) <= LONGEST:
            return raised
        kept = kept[:-1]
    return None


def _cut(data: bytes) -> str:
    return data[:LONGEST].decode("utf-8", "ignore")


def may_hold(found: Bounds, value: Any, kind: Kind) -> bool:
    """Answer whether a stretch with such bounds may hold the value; False is certain."""
    if kind in TEXTS:
        wanted: Any = value.encode()
        lower: Any = found.lower
        upper: Any = found.upper
    else:
        wanted = value
        lower, upper = (_number(edge, kind) for edge in (found.lower, found.upper))
    return not (lower is not None and wanted < lower) and not (upper is not None and upper < wanted)


def _number(data: bytes | None, kind: Kind) -> Any:
    if data is None:
        return None
    code = _CODES.get(kind, "<d")
    if len(data) != struct.calcsize(code):
        # Another physical type, or damage: then it says nothing.
        return None
    (number,) = struct.unpack(code, data)
    return number / 1000 if kind is Kind.TIMESTAMP else number
