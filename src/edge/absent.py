"""What the local server has and the edge has not: each says so to whoever asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from headwater.collect.arrival import Arrival
from headwater.errors import NotFound
from headwater.questions.question import Question
from headwater.questions.table import Table


class NoTail:
    """The live tail, which needs one server that sees all events."""

    def follow(self, workspace: str) -> AsyncIterator[Arrival]:  # noqa: ARG002 - the port's
        """Say that it is not here."""
        raise NotFound(
            "The live tail is there on the local server only; on the edge, read timelines."
        )


class NoQuestions:
    """Questions about populations, which need all people in one place."""

    async def answer(self, workspace: str, question: Question) -> Table:  # noqa: ARG002 - the port's
        """Say that they cannot be answered here."""
        raise NotFound("Questions about populations are answered by the local server only.")
