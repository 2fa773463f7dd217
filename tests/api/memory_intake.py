"""In-memory twins of what the collector is given: intake, directory, clock, random; and a client.

`ask` drives an ASGI app without a server, so that a test sees exactly what it would send.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.api.collect import CollectApp
from headwater.api.collect_settings import CollectSettings
from headwater.api.directory import WriteKeyDirectory
from headwater.collect.arrival import Arrival
from headwater.collect.intake import Rejection
from headwater.workspace import Source, WorkspaceConfig, WriteKey

NOW = 1795348800000  # 2026-11-22T12:00:00Z
CONFIG = WorkspaceConfig(
    "default",
    sources=(
        Source("s1", "Site", (WriteKey("wk"), WriteKey("old", expires_at=NOW))),
        Source("s2", "Slow", (WriteKey("slow"),), rate_limit=10),
        Source("s3", "Off", (WriteKey("off"),), enabled=False),
    ),
)

EVENT = {
    "userId": "u",
    "event": "E",
    "groupId": "g",
    "previousId": "p",
    "messageId": "m",
    "type": "track",
}


def basic(key: str) -> dict[str, str]:
    """Answer the header for a write key."""
    return {"Authorization": "Basic " + base64.b64encode(key.encode()).decode()}


KEY = basic("wk:")


@dataclass
class MemoryIntake:
    """Keeps what it is given; raises `failure` instead where one is set."""

    arrivals: list[Arrival] = field(default_factory=list)
    rejections: list[tuple[str, str, Rejection]] = field(default_factory=list)
    failure: Exception | None = None

    async def receive(self, config: WorkspaceConfig, arrivals: Sequence[Arrival]) -> None:
        """Keep arrivals."""
        assert all(each.workspace == config.workspace for each in arrivals)
        if self.failure:
            raise self.failure
        self.arrivals.extend(arrivals)

    async def reject(self, workspace: str, source: str, rejections: Sequence[Rejection]) -> None:
        """Keep rejections."""
        self.rejections.extend((workspace, source, each) for each in rejections)


@dataclass
class SetClock:
    """Tells the time that it was set to."""

    time: int = NOW

    def now(self) -> int:
        """Answer the time, in milliseconds."""
        return self.time


class CountingRandom:
    """Draws uuid-1, uuid-2 and so on."""

    def __init__(self) -> None:
        self._drawn = itertools.count(1)

    def uuid(self) -> str:
        """Answer the next."""
        return f"uuid-{next(self._drawn)}"

    def uniform(self) -> float:
        """Answer the middle."""
        return 0.5


@dataclass
class Answered:
    """What an app sent for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Answer the body as a value."""
        return json.loads(self.body)


async def somewhere_else(scope: Any, receive: Any, send: Any) -> None:
    """Stand for the rest of the server: answer 418 to everything."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Site:
    """A collector over twins, and the means to ask it."""

    def __init__(self, settings: CollectSettings | None = None) -> None:
        self.intake = MemoryIntake()
        self.clock = SetClock()
        self.directory = WriteKeyDirectory()
        self.directory.put(CONFIG)
        self.app = CollectApp(
            intake=self.intake,
            directory=self.directory,
            clock=self.clock,
            random=CountingRandom(),
            next_app=somewhere_else,
            settings=settings,
        )

    async def ask(
        self,
        path: str,
        body: Any = b"",
        *,
        method: str = "POST",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        chunks: int = 1,
        peer: str | None = "198.51.100.1",
    ) -> Answered:
        """Answer what the app sends; a body that is no bytes goes as JSON, in so many chunks."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        address, _, query = path.partition("?")
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        scope = {
            "type": "http",
            "method": method,
            "path": address,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
            "client": (peer, 1234) if peer else None,
        }
        return await exchange(self.app, scope, cut(raw, chunks))


def cut(raw: bytes, chunks: int) -> list[dict[str, Any]]:
    """Answer the messages in which a server would hand a body over."""
    size = max(1, -(-len(raw) // chunks))
    parts = [raw[start : start + size] for start in range(0, len(raw), size)] or [b""]
    return [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]


async def exchange(app: Any, scope: Any, messages: Sequence[Mapping[str, Any]]) -> Answered:
    """Answer what an app sends when it receives these messages; status 0 for nothing."""
    waiting = iter(messages)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> Any:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return Answered(0, {}, b"")
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], headers, b"".join(each["body"] for each in sent[1:]))
