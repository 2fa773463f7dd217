"""Checks a destination's configuration before it is stored, so that what is stored works."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from headwater.destinations import DESTINATIONS
from headwater.destinations.destination import Destination
from headwater.destinations.fql import compile_filter
from headwater.errors import BadRequest
from headwater.ports import Random
from headwater.workspace import DestinationConfig, EventType


def destination_of(type_key: str) -> Destination:
    """Answer the destination of a type.

    Raises:
        BadRequest: there is none; the message names those that there are.
    """
    destination = DESTINATIONS.get(type_key)
    if destination is None:
        raise BadRequest(
            f"There is no destination type {type_key!r}; there are: {', '.join(DESTINATIONS)}."
        )
    return destination


def created(config: DestinationConfig, random: Random) -> DestinationConfig:
    """Answer a new destination's configuration, complete: secrets made, defaults filled in.

    Raises:
        BadRequest: the type, a setting, the filter or an event type is not valid.
    """
    _check_routing(config)
    settings = destination_of(config.type).created(config.settings, random)
    return replace(config, settings=settings)


def changed(config: DestinationConfig, before: DestinationConfig) -> DestinationConfig:
    """Answer a changed configuration, complete; secrets that come back hidden stay.

    Raises:
        BadRequest: the type, a setting, the filter or an event type is not valid.
    """
    _check_routing(config)
    settings = destination_of(config.type).changed(config.settings, before.settings)
    return replace(config, settings=settings)


def hidden(config: DestinationConfig) -> DestinationConfig:
    """Answer the configuration as it may be shown: secrets hidden."""
    destination = DESTINATIONS.get(config.type)
    # Of an unknown type it is unknown what is secret.
    settings = {} if destination is None else destination.hidden(config.settings)
    return replace(config, settings=settings)


def _check_routing(config: DestinationConfig) -> None:
    known = get_args(EventType)
    for event_type in config.types:
        if event_type not in known:
            raise BadRequest(
                f"There is no event type {event_type!r}; there are: {', '.join(known)}."
            )
    if config.filter is not None:
        compile_filter(config.filter)
    for name, audiences in config.people.items():
        if not name or not audiences:
            raise BadRequest(
                f"people.{name}: name an event, or '*', and at least one audience by its id; leave "
                "it out where everybody's events are to be sent."
            )
