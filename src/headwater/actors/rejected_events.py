"""The events that a workspace refused: kept for people to see, correct and replay."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.actors.workspace_settings import WorkspaceSettings
from headwater.collect.intake import Rejection
from headwater.errors import BadRequest, NotFound

KEPT = 10_000

_COLUMNS = "id, source, received_at, message_id, code, message, body, replayed_at"


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """One refused event, with the reason.

    Attributes:
        body: its bytes as they came, cut at 64 KB.
        replayed_at: when it was sent through again and accepted, in milliseconds, if it was.
    """

    id: str
    source: str
    received_at: int
    message_id: str | None
    code: str
    message: str
    body: bytes
    replayed_at: int | None = None


@dataclass(frozen=True, slots=True)
class RejectedFilter:
    """Which refused events; times are inclusive, in milliseconds. Nothing set means all.

    Attributes:
        ids: these; empty means any.
        replayed: only those that were replayed, or only those that were not.
    """

    ids: frozenset[str] = frozenset()
    source: str | None = None
    code: str | None = None
    message_id: str | None = None
    since: int | None = None
    until: int | None = None
    replayed: bool | None = None


class RejectedEvents(WorkspaceSettings):
    """The part of a workspace's actor that keeps refused events."""

    def rejected_so_far(self) -> int:
        """Answer how many events were ever refused, those that are kept no longer too."""
        rows = self._sql.execute(
            "SELECT rejected FROM workspace_settings WHERE workspace = ?", (self._workspace,)
        )
        return int(rows[0][0]) if rows else 0

    def keep_rejected(
        self, source: str, rejections: Sequence[Rejection], *, now: int, kept: int = KEPT
    ) -> None:
        """Store refused events; of a workspace's, only the newest `kept` stay."""
        with self._sql.transaction():
            ((last,),) = self._sql.execute(
                "INSERT INTO workspace_settings (workspace, version, rejected) VALUES (?, 1, ?) "
                "ON CONFLICT (workspace) DO UPDATE SET rejected = rejected + excluded.rejected "
                "RETURNING rejected",
                (self._workspace, len(rejections)),
            )
            first = int(last) - len(rejections) + 1
            self._sql.execute_many(
                "INSERT INTO rejected_events "
                "(workspace, id, source, received_at, message_id, code, message, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        self._workspace,
                        first + place,
                        source,
                        now,
                        None if one.message_id is None else _readable(one.message_id),
                        _readable(one.code),
                        _readable(one.message),
                        base64.b64encode(one.body).decode("ascii"),
                    )
                    for place, one in enumerate(rejections)
                ],
            )
            self._sql.execute(
                "DELETE FROM rejected_events WHERE workspace = ? AND id <= ?",
                (self._workspace, int(last) - kept),
            )

    def rejected(
        self, *, which: RejectedFilter, limit: int, cursor: str | None = None
    ) -> tuple[tuple[RejectedEvent, ...], str | None]:
        """Answer refused events, newest first, and the cursor of the next page, if there is one.

        Raises:
            BadRequest: the cursor is not one that this method gave.
        """
        where, params = _conditions(self._workspace, which)
        if cursor is not None:
            where += " AND id < ?"
            params.append(_row_id(cursor, "cursor"))
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM rejected_events WHERE {where} "  # noqa: S608 - constants
            "ORDER BY id DESC LIMIT ?",
            (*params, limit + 1),
        )
        page = tuple(_event(row) for row in rows[:limit])
        return page, page[-1].id if len(rows) > limit else None

    def rejected_event(self, event: str) -> RejectedEvent:
        """Answer one refused event; raise `NotFound` where the workspace keeps none of that id."""
        page: tuple[RejectedEvent, ...] = ()
        if _is_row_id(event):
            page, _ = self.rejected(which=RejectedFilter(ids=frozenset({event})), limit=1)
        if not page:
            raise NotFound(
                f"There is no rejected event {event[:80]!r}; GET /v1/rejected lists them."
            )
        return page[0]

    def count_rejected(self, *, which: RejectedFilter) -> int:
        """Answer how many refused events the filter finds."""
        where, params = _conditions(self._workspace, which)
        rows = self._sql.execute(
            f"SELECT count(*) FROM rejected_events WHERE {where}",  # noqa: S608 - constants
            params,
        )
        return int(rows[0][0])

    def mark_replayed(self, event: str, *, now: int) -> None:
        """Note that a refused event was sent through again and accepted."""
        self._sql.execute(
            "UPDATE rejected_events SET replayed_at = ? WHERE workspace = ? AND id = ?",
            (now, self._workspace, _row_id(event, "id")),
        )

    def delete_rejected(self, *, which: RejectedFilter) -> int:
        """Remove the refused events that the filter finds; answer how many."""
        where, params = _conditions(self._workspace, which)
        rows = self._sql.execute(
            f"DELETE FROM rejected_events WHERE {where} RETURNING id",  # noqa: S608 - constants
            params,
        )
        return len(rows)


def _conditions(workspace: str, which: RejectedFilter) -> tuple[str, list[Any]]:
    where, params = ["workspace = ?"], [workspace]
    ranges: tuple[tuple[str, str | int | None], ...] = (
        ("source = ?", which.source),
        ("code = ?", which.code),
        ("message_id = ?", which.message_id),
        ("received_at >= ?", which.since),
        ("received_at <= ?", which.until),
    )
    values: list[Any] = list(params)
    for condition, value in ranges:
        if value is not None:
            where.append(condition)
            values.append(value)
    if which.ids:
        where.append(f"id IN ({', '.join('?' * len(which.ids))})")
        values.extend(_row_id(one, "id") for one in sorted(which.ids))
    if which.replayed is not None:
        where.append(f"replayed_at IS {'NOT ' if which.replayed else ''}NULL")
    return " AND ".join(where), values


def _row_id(text: str, what: str) -> int:
    if not _is_row_id(text):
        raise BadRequest(f"The {what} {text[:80]!r} is not one that GET /v1/rejected answered.")
    return int(text)


def _readable(text: str) -> str:
    """JSON can carry half a surrogate pair (an escaped D800); SQLite cannot store one."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_row_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _event(row: tuple[Any, ...]) -> RejectedEvent:
    id_, source, received_at, message_id, code, message, body, replayed_at = row
    return RejectedEvent(
        str(id_),
        source,
        received_at,
        message_id,
        code,
        message,
        base64.b64decode(body),
        replayed_at,
    )
