"""The options of both middlewares, as keyword arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from headwater.client.errors import InvalidSettings
from headwater.client.middleware.exchange import Request
from headwater.client.middleware.watching import Identify, Watching


class Options(TypedDict, total=False):
    """See `Watching`, whose attributes these are."""

    identify: Identify | None
    pages: bool
    requests: bool
    exclude: Sequence[str]
    cookie: str
    set_cookie: bool
    respect_privacy_control: bool
    properties: Callable[[Request], Mapping[str, Any]] | None


def watching(options: Options) -> Watching:
    """Answer the settings that the options make.

    Raises:
        InvalidSettings: one is unknown, or cannot be.
    """
    unknown = sorted(options.keys() - Options.__annotations__.keys())
    if unknown:
        known = ", ".join(Options.__annotations__)
        raise InvalidSettings(f"{unknown[0]!r} is no option of the middleware; it has {known}")
    return Watching(**options)
