"""The Python SDK: clients that batch, retry, and spool to disk while the server is away.

Values in, values out: `values`, `event`, `batching`, `retry`, `spool_format` and `courier`
(what to do next) do no I/O. `segment`, `spool` and `transport` do; `threaded` and `asynchronous`
drive them. The clients themselves are found on first use, so that the errors can be imported
without httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.client.errors import (
    ClientClosed,
    ClientError,
    EventRejected,
    InvalidEvent,
    InvalidSettings,
    KeyRefused,
    QueueFull,
    Refused,
    Undelivered,
)

if TYPE_CHECKING:
    from headwater.client.asynchronous import AsyncClient
    from headwater.client.handle import Headwater
    from headwater.client.threaded import Client

__all__ = [
    "AsyncClient",
    "Client",
    "ClientClosed",
    "ClientError",
    "EventRejected",
    "Headwater",
    "InvalidEvent",
    "InvalidSettings",
    "KeyRefused",
    "QueueFull",
    "Refused",
    "Undelivered",
]


def __getattr__(name: str) -> object:
    if name == "Client":
        from headwater.client.threaded import Client  # noqa: PLC0415 - brings in httpx

        return Client
    if name == "AsyncClient":
        from headwater.client.asynchronous import AsyncClient  # noqa: PLC0415 - brings in httpx

        return AsyncClient
    if name == "Headwater":
        from headwater.client.handle import Headwater  # noqa: PLC0415 - brings in httpx

        return Headwater
    raise AttributeError(f"module 'headwater.client' has no attribute {name!r}")
