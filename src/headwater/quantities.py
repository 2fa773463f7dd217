"""Numbers of things in words, as people read them."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_MANY = {"person": "people", "try": "tries", "waiting delivery": "waiting deliveries"}
"""Plurals that do not end in a mere s."""


def counted(number: int, thing: str) -> str:
    """Answer how many there are of a thing: `1 event`, `1,200 events`, `2 people`."""
    return f"{number:,} {thing if number == 1 else _MANY.get(thing, f'{thing}s')}"


def size_of(size: int) -> str:
    """Answer a number of bytes in the unit that leaves the fewest digits: `312 bytes`, `4.1 kB`."""
    value = float(size)
    for unit in _UNITS:
        if value < 999.95 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{size:,} bytes" if unit == "bytes" else f"{value:,.1f} {unit}"
