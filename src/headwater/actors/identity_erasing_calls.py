"""What an identity actor in a database of its own is asked where people are erased."""

from __future__ import annotations

import msgspec


class Trace(msgspec.Struct, frozen=True, tag=True):
    """Tell what an erasure of these identifiers has to know of you; change nothing."""

    identifiers: list[str]


class Traced(msgspec.Struct, frozen=True, tag=True):
    """What there is, and who else may know of it.

    Attributes:
        is_empty: there is nothing of a person here.
        identifiers: all that the person holds, where the actor holds one.
        to: where the actor forwards to, an actor's name.
        groups: accounts that the person is in.
        named: identifiers that the actor's own state names.
        messages: ids of the person's group calls that an account knows of.
    """

    is_empty: bool = True
    identifiers: list[str] = []
    to: str | None = None
    groups: list[str] = []
    named: list[str] = []
    messages: list[str] = []


class Empty(msgspec.Struct, frozen=True, tag=True):
    """Delete everything, and let in nothing more that an older configuration has let through.

    Attributes:
        identifiers: all whose people are erased.
        below: the version of the configuration that suppressed them.
        is_settled: it was looked again who is one person with them, and nobody else is: so a
            forward that leads elsewhere only has not heard of a split yet.
    """

    identifiers: list[str]
    below: int
    is_settled: bool = False


class Emptied(msgspec.Struct, frozen=True, tag=True):
    """It is done; or nothing is, where it has to be looked again who is one person with them.

    Attributes:
        rows: how many of each table there were.
        is_done: else nothing was deleted.
    """

    rows: dict[str, int] = {}
    is_done: bool = True


class Forget(msgspec.Struct, frozen=True, tag=True):
    """Of somebody else, or an account: forget what you know of these.

    Attributes:
        identifiers: whose people are erased.
        messages: ids of their group calls.
    """

    identifiers: list[str]
    messages: list[str] = []


class Forgotten(msgspec.Struct, frozen=True, tag=True):
    """How many rows of each table went, or were changed."""

    rows: dict[str, int] = {}
