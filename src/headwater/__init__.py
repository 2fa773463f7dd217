"""Headwater: customer data platform and messaging engine in one, on infrastructure that you own.

`Client`, `AsyncClient` and `Headwater` are found on first use: the server and the edge import this
package and need none of them. `headwater` is a handle made of the environment's settings:

    from headwater import headwater
    await headwater("user-123 signed up")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.client.asynchronous import AsyncClient
    from headwater.client.handle import Headwater
    from headwater.client.threaded import Client

    headwater: Headwater

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "Headwater", "__version__"]


def __getattr__(name: str) -> object:
    if name in {"AsyncClient", "Client", "Headwater"}:
        from headwater import client  # noqa: PLC0415 - importing headwater must cost nothing

        return getattr(client, name)
    if name == "headwater":
        from headwater import client  # noqa: PLC0415 - importing headwater must cost nothing

        # Kept, so that it is one handle; made now, so that the environment is read when it is used.
        return globals().setdefault(name, client.Headwater())
    raise AttributeError(f"module 'headwater' has no attribute {name!r}")
