"""What the local server has and the edge has not: each says so to whoever asks for it."""

from __future__ import annotations

from headwater.api.services import SqlAnswer
from headwater.errors import NotHere
from headwater.exports.condition import read_condition


class NoSql:
    """SQL over all events, which needs the lake at hand."""

    async def query(self, workspace: str, sql: str, *, limit: int) -> SqlAnswer:  # noqa: ARG002 - the port's
        """Say that it cannot be run here."""
        raise NotHere(
            "A Worker runs no SQL. Run it at your own machine over the bucket: headwater sql "
            '"SELECT …" --lake s3://headwater-lake (docs/edge.md has how to sign in); or ask a '
            "question: POST /v1/questions."
        )

    async def check(self, workspace: str, where: str | None) -> None:  # noqa: ARG002 - the port's
        """Return where a text is a condition that is understood without SQL; see `SqlQueries`."""
        if where is not None:
            read_condition(where)
