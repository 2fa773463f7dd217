"""What a courier asks its driver to do. Each names the outcome that `Courier.finished` takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headwater.client.errors import ClientError


@dataclass(frozen=True, slots=True)
class Page:
    """The oldest events of the spool. `place` is the spool's own note of where they are."""

    events: tuple[bytes, ...]
    place: object


@dataclass(frozen=True, slots=True)
class Scan:
    """Look for spools that nobody owns. Its outcome: how many events were found in them."""


@dataclass(frozen=True, slots=True)
class Load:
    """Read the next page of the spool. Its outcome: the page, or None where nothing is left."""


@dataclass(frozen=True, slots=True)
class Store:
    """Append to the spool. Its outcome: whether the events are on disk now."""

    events: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a page off the spool. Its outcome: None."""

    page: Page


@dataclass(frozen=True, slots=True)
class Send:
    """Post a batch. Its outcome: the verdict. `retries` is how often it was tried before."""

    events: Sequence[bytes]
    retries: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds, or until something changes."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing is left to do, and nothing will come."""


Errand = Scan | Load | Store | Remove | Send
Step = Errand | Wait | Stop


@dataclass(frozen=True, slots=True)
class Report:
    """Events that were given up, and why: what `on_error` is told."""

    error: ClientError
    events: tuple[bytes, ...]
