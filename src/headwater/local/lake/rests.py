"""What `rest` holds of many events: each as it is written, with null for what is in a column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.local.lake.event_fields import ALWAYS, FIELDS, EventFields
from headwater.local.lake.text_arrays import Numbers

_OPTIONAL = [name for name in FIELDS if name not in ALWAYS]

# These stand with their values, everything else as null.
_SELDOM = ("category", "previousId")
_KEPT = frozenset({*_SELDOM, "integrations"})
_EMPTY = len(b"{}")


def rests(events: EventFields, rows: Numbers) -> pa.Array:
    """Answer the `rest` of these events, each different text once (a dictionary) if that is cheap.

    Of an event that is not good it means nothing.
    """
    shapes = np.zeros(events.count, np.int64)
    for bit, name in enumerate(_OPTIONAL):
        if events.there[name].any():
            shapes |= events.there[name].astype(np.int64) << bit
    distinct = np.flatnonzero(np.bincount(shapes))
    parts = [_around(shape) for shape in distinct.tolist()]
    places = np.searchsorted(distinct, shapes)[rows].astype(np.int32)
    plain = bool((events.sizes("integrations") == _EMPTY).all())
    if plain and not any(events.there[name].any() for name in _SELDOM):
        texts = pa.array([f"{a}{b}{c}{{}}{d}" for a, b, c, d in parts], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(places), texts)
    taken = pa.array(places)
    around = [pa.array(part, pa.string()).take(taken) for part in zip(*parts, strict=True)]
    kept = [_quoted(events.texts(name, rows)) for name in _SELDOM]
    kept.append(events.texts("integrations", rows))
    pieces = [each for pair in zip(around, kept, strict=False) for each in pair]
    return pc.binary_join_element_wise(
        *pieces, around[-1], "", null_handling="replace", null_replacement=""
    )


def _around(shape: int) -> list[str]:
    """Answer what stands before, between and behind the values that are kept."""
    fields = ALWAYS | {name for bit, name in enumerate(_OPTIONAL) if shape >> bit & 1}
    parts = [""]
    opening = "{"
    for name in FIELDS:
        if name in fields:
            parts[-1] += f'{opening}"{name}":' + ("" if name in _KEPT else "null")
            opening = ","
        if name in _KEPT:
            parts.append("")
    parts[-1] += "}"
    return parts


def _quoted(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise('"', texts, '"', "")
