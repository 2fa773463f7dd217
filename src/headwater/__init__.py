"""Headwater: customer data platform and messaging engine in one, on infrastructure that you own.

`Client` and `AsyncClient` are found on first use: the server and the edge import this package
and need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.client.asynchronous import AsyncClient
    from headwater.client.threaded import Client

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> object:
    if name in {"AsyncClient", "Client"}:
        from headwater import client  # noqa: PLC0415 - importing headwater must cost nothing

        return getattr(client, name)
    raise AttributeError(f"module 'headwater' has no attribute {name!r}")
