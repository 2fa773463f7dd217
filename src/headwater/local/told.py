"""How far long work of a command is."""

from __future__ import annotations

import msgspec


class Told(msgspec.Struct, frozen=True):
    """So much of so much is done; `step` says of what, and in which unit."""

    step: str
    done: int
    total: int
