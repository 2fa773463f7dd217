"""What may be set about collecting, on either runtime."""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.collect.limits import Limits
from headwater.settings import Settings


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """What may be set about collecting.

    Attributes:
        limits: how large requests may be.
        trusted_proxies: addresses or networks whose `X-Forwarded-For` is believed.
        events_path: one more address of `/v1/batch`, under a name of the site's own.
        visitor_cookie: the cookie that a page's visitor is kept in; empty for none.
    """

    limits: Limits = field(default_factory=Limits)
    trusted_proxies: tuple[str, ...] = ()
    events_path: str | None = None
    visitor_cookie: str = ""


def collect_settings(settings: Settings) -> CollectSettings:
    """Answer what of all settings is about collecting."""
    limits = Limits(
        batch=settings.max_batch_bytes,
        event=settings.max_event_bytes,
        events=settings.max_batch_events,
        depth=settings.max_depth,
    )
    return CollectSettings(
        limits, settings.trusted_proxies, settings.events_path, settings.visitor_cookie
    )
