"""Kept jobs: long work as rows, from the order until after its end, so that a crash loses none.

A job is `waiting`, then `running`, and ends as `done`, `failed` or `cancelled`. While it runs it
notes its cursor, in the transaction that wrote what the cursor counts; after a crash it goes on
from there. Each function runs inside its caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

from headwater.errors import Conflict, NotFound
from headwater.ports import Sql

State = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT = 30 * 24 * 3600 * 1000
"""For how long (ms) a job that has ended is shown."""

_NAMES = (
    "id, workspace, kind, state, key, parameters, done, total, unit, cursor, result, error,"
    " created_at, started_at, updated_at, ended_at, number"
)


class JobEnded(Conflict):
    """The job has ended: it was cancelled, or somebody else has finished it."""

    code = "job_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. Times in milliseconds.

    Attributes:
        kind: what it does: `export`, `replay`, …
        done: units done, of `total`; that is None until it is known.
        unit: what is counted: `events`.
        cursor: where to go on, as the work noted it; None before its first note.
        result: what came of it, where it is done.
        error: why it failed; while it runs: what holds it up just now.
        number: grows with each job.
    """

    id: str
    workspace: str
    kind: str
    state: State
    key: str | None
    parameters: Mapping[str, Any]
    done: int
    total: int | None
    unit: str
    cursor: Any
    result: Mapping[str, Any] | None
    error: str | None
    created_at: int
    started_at: int | None
    updated_at: int
    ended_at: int | None
    number: int

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing will be done about it any more."""
        return self.ended_at is not None


def schema() -> str:
    """Answer the statements that make the table."""
    return resources.files(__package__).joinpath("jobs.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job that is asked for.

    Attributes:
        id: a new name for it.
        key: an order with the same key as one that still counts is that one.
    """

    id: str
    workspace: str
    kind: str
    parameters: Mapping[str, Any]
    unit: str = "events"
    key: str | None = None


def create(sql: Sql, order: Order, *, now: int) -> Job:
    """Store a job; answer it, or the one that there is under its key.

    One that failed or was cancelled gives its key to the next.
    """
    if order.key is not None:
        present = _found(
            sql,
            "workspace = ? AND kind = ? AND key = ?",
            (order.workspace, order.kind, order.key),
        )
        if present and present[0].state not in {"failed", "cancelled"}:
            return present[0]
        for one in present:
            release(sql, one.id)
    sql.execute(
        "INSERT INTO job"
        " (id, workspace, kind, state, key, parameters, unit, created_at, updated_at)"
        " VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?)",
        (
            order.id,
            order.workspace,
            order.kind,
            order.key,
            json.dumps(order.parameters, ensure_ascii=False),
            order.unit,
            now,
            now,
        ),
    )
    sql.execute("DELETE FROM job WHERE ended_at < ? AND key IS NULL", (now - KEPT,))
    return job(sql, order.id)


def job(sql: Sql, id_: str, *, workspace: str | None = None) -> Job:
    """Answer a job; raise `NotFound` where there is none, or it is another workspace's."""
    found = _found(sql, "id = ? AND workspace = coalesce(?, workspace)", (id_, workspace))
    if not found:
        raise NotFound(f"There is no job {id_[:80]!r}; GET /v1/jobs lists them.")
    return found[0]


def jobs(
    sql: Sql,
    workspace: str,
    *,
    kinds: Sequence[str] = (),
    states: Sequence[str] = (),
    limit: int = 100,
    before: int | None = None,
) -> list[Job]:
    """Answer a workspace's jobs, the latest first; `before` the last one's number: what follows."""
    return _found(
        sql,
        "workspace = ? AND number < ?"
        " AND (? = '[]' OR kind IN (SELECT value FROM json_each(?)))"
        " AND (? = '[]' OR state IN (SELECT value FROM json_each(?)))"
        " ORDER BY number DESC LIMIT ?",
        (
            workspace,
            2**62 if before is None else before,
            *[json.dumps(list(kinds))] * 2,
            *[json.dumps(list(states))] * 2,
            limit,
        ),
    )


def following(sql: Sql, kind: str, *, besides: Iterable[str] = ()) -> Job | None:
    """Answer the job of a kind that is to be worked on: one that was begun, else the oldest.

    `besides` are those that are being worked on already.
    """
    found = _found(
        sql,
        "kind = ? AND state IN ('waiting', 'running')"
        " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY state, number LIMIT 1",
        (kind, json.dumps(list(besides))),
    )
    return found[0] if found else None


def begin(sql: Sql, id_: str, *, now: int) -> Job:
    """Note that a job is being worked on; raise `JobEnded` where it has ended meanwhile."""
    sql.execute(
        "UPDATE job SET state = 'running', started_at = coalesce(started_at, ?), updated_at = ?,"
        " error = NULL WHERE id = ? AND ended_at IS NULL",
        (now, now, id_),
    )
    return _running(sql, id_)


def note(
    sql: Sql, id_: str, *, now: int, done: int, total: int | None = None, cursor: Any = None
) -> None:
    """Note how far a running job is; raise `JobEnded` where it runs no more.

    `total` and `cursor` stay as they were where they are left out.
    """
    _running(sql, id_)
    sql.execute(
        "UPDATE job SET done = ?, total = coalesce(?, total), cursor = coalesce(?, cursor),"
        " updated_at = ?, error = NULL WHERE id = ?",
        (done, total, None if cursor is None else json.dumps(cursor), now, id_),
    )


def hold_up(sql: Sql, id_: str, error: str, *, now: int) -> None:
    """Note what keeps a running job from going on just now."""
    sql.execute(
        "UPDATE job SET error = ?, updated_at = ? WHERE id = ? AND state = 'running'",
        (error, now, id_),
    )


def finish(sql: Sql, id_: str, result: Mapping[str, Any], *, now: int) -> None:
    """Note that a job is done, and what came of it; raise `JobEnded` where it runs no more."""
    _running(sql, id_)
    sql.execute(
        "UPDATE job SET state = 'done', result = ?, total = coalesce(total, done), error = NULL,"
        " updated_at = ?, ended_at = ? WHERE id = ?",
        (json.dumps(result, ensure_ascii=False), now, now, id_),
    )


def fail(sql: Sql, id_: str, error: str, *, now: int) -> None:
    """Note that a job cannot be done; one that has ended stays as it is."""
    sql.execute(
        "UPDATE job SET state = 'failed', error = ?, updated_at = ?, ended_at = ?"
        " WHERE id = ? AND ended_at IS NULL",
        (error, now, now, id_),
    )


def cancel(sql: Sql, id_: str, *, workspace: str, now: int) -> Job:
    """Have nothing more done about a job; one that has ended stays as it is."""
    job(sql, id_, workspace=workspace)
    sql.execute(
        "UPDATE job SET state = 'cancelled', updated_at = ?, ended_at = ?"
        " WHERE id = ? AND ended_at IS NULL",
        (now, now, id_),
    )
    return job(sql, id_)


def release(sql: Sql, id_: str) -> None:
    """Let the next order with a job's key be a job of its own."""
    sql.execute("UPDATE job SET key = NULL WHERE id = ?", (id_,))


def _running(sql: Sql, id_: str) -> Job:
    found = job(sql, id_)
    if found.state != "running":
        raise JobEnded(f"Job {id_} is {found.state}.")
    return found


def _found(sql: Sql, condition: str, parameters: tuple[Any, ...]) -> list[Job]:
    rows = sql.execute(f"SELECT {_NAMES} FROM job WHERE {condition}", parameters)  # noqa: S608 - texts of this file
    return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    return Job(
        id=row[0],
        workspace=row[1],
        kind=row[2],
        state=row[3],
        key=row[4],
        parameters=json.loads(row[5]),
        done=row[6],
        total=row[7],
        unit=row[8],
        cursor=_json(row[9]),
        result=_json(row[10]),
        error=row[11],
        created_at=row[12],
        started_at=row[13],
        updated_at=row[14],
        ended_at=row[15],
        number=row[16],
    )


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
