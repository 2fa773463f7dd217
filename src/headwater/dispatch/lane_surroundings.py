"""What a lane works with: its database, the outside, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from headwater.ports import Clock, Http, Random, Sql

T = TypeVar("T")


class Runs(Protocol):
    """The writer, or the readers."""

    async def run(self, job: Callable[[Sql], T]) -> T:
        """Answer the job's result; the writer does so once what it wrote is on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all lanes share."""

    writer: Runs
    readers: Runs
    http: Http
    clock: Clock
    random: Random
