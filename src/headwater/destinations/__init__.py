"""Destinations: where events go. The table below is all there are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headwater.destinations.destination import Destination
from headwater.destinations.webhook import WEBHOOK

DESTINATIONS: Mapping[str, Destination] = MappingProxyType(
    {destination.key: destination for destination in (WEBHOOK,)}
)
