"""The Worker of `edge_sql`: the same work on one object's SQLite, by our adapter and by the SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import js
from workers import DurableObject, Response, WorkerEntrypoint

from durable_objects.sql import Database

BODY = json.dumps({"event": "Order Completed", "properties": {"revenue": 99.5, "note": "x" * 700}})
ROWS = [(f"person{n % 7}", f"m{n:05}", 1_790_000_000_000 + n, BODY) for n in range(100)]
INSERT = "INSERT INTO event (actor, message_id, timestamp, body) VALUES (?, ?, ?, ?)"
PAGE = "SELECT actor, message_id, timestamp, body FROM event ORDER BY message_id"
# workerd's clock ticks in milliseconds, so what is quick is done more often.
MORE = {"read one row": 20}
ONE = "SELECT timestamp, body FROM event WHERE actor = ? AND message_id = ?"


class Default(WorkerEntrypoint):
    """Answers how many microseconds each way took, over so many repetitions."""

    async def fetch(self, request: Any) -> Any:
        """Take the number of repetitions; answer microseconds by kind of work."""
        if request.method != "POST":
            return Response("ready")
        return Response(await self.env.ROOM.getByName("one").measured(int(await request.text())))


class Room(DurableObject):
    """One object with one table."""

    async def measured(self, repetitions: int) -> str:
        """Time each kind of work by both."""
        ours = Database(self.ctx._ctx.storage)  # noqa: SLF001 - as in durable_objects/
        theirs = self.ctx.storage.sql
        ours.execute("DROP TABLE IF EXISTS event")
        ours.execute(
            "CREATE TABLE event (actor TEXT, message_id TEXT, timestamp INTEGER, body TEXT,"
            " PRIMARY KEY (actor, message_id)) WITHOUT ROWID"
        )

        def insert_by_sdk() -> None:
            theirs.exec("DELETE FROM event")
            for row in ROWS:
                theirs.exec(INSERT, *row)

        def insert() -> None:
            ours.execute("DELETE FROM event")
            ours.run(lambda: ours.execute_many(INSERT, ROWS))

        def page_by_sdk() -> list[Any]:
            return [
                (row["actor"], row["message_id"], row["timestamp"], row["body"])
                for row in theirs.exec(PAGE).toArray()
            ]

        ways: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "insert 100 rows": (insert_by_sdk, insert),
            "read 100 rows": (page_by_sdk, lambda: ours.execute(PAGE)),
            "read one row": (
                lambda: [theirs.exec(ONE, "person0", "m00000").one()],
                lambda: ours.execute(ONE, ("person0", "m00000")),
            ),
        }
        for by_sdk, by_us in ways.values():
            by_sdk()
            if len(by_us() or ()) != len(by_sdk() or ()):
                raise AssertionError("the two do not do the same")
            insert()
        return json.dumps(
            {
                name: [_microseconds(work, repetitions * MORE.get(name, 1)) for work in both]
                for name, both in ways.items()
            }
        )


def _microseconds(work: Callable[[], Any], repetitions: int) -> float:
    started = js.performance.now()
    for _ in range(repetitions):
        work()
    taken: float = js.performance.now() - started
    return 1000 * taken / repetitions
