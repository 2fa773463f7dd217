"""What a destination is: one value that says what it needs, how it is called, what it answers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.destinations.outcome import Outcome, read_status
from headwater.destinations.setting import HIDDEN, Setting
from headwater.errors import BadRequest
from headwater.ports import HttpRequest, HttpResponse, Random


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """One event on its way out. `body` is the event in Segment's shape, as JSON text."""

    message_id: str
    body: str

    def parsed(self) -> dict[str, Any]:
        """Answer the event as a value."""
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a destination takes: events and bytes a request, and requests at a time."""

    events: int
    bytes: int
    concurrency: int


Settings = Mapping[str, Any]
Build = Callable[[Sequence[OutgoingEvent], Settings, int], HttpRequest]


@dataclass(frozen=True, slots=True)
class Destination:
    """A kind of destination.

    Attributes:
        key: what a `DestinationConfig` calls it.
        title: its name for people, and in an event's `integrations`.
        limits: from checked settings, how much it takes.
        build: from events (one at least, within the limits), checked settings and the time in
            milliseconds, the request.
        read: from the response and the time in milliseconds, what became of the events.
    """

    key: str
    title: str
    settings: tuple[Setting, ...]
    limits: Callable[[Settings], Limits]
    build: Build
    read: Callable[[HttpResponse, int], Outcome] = read_status

    def checked(self, settings: Settings) -> dict[str, Any]:
        """Answer every setting that is declared, checked, defaults filled in.

        Raises:
            BadRequest: naming the setting, what it must be, and for an unknown one the nearest.
        """
        known = {setting.key for setting in self.settings}
        for key in settings:
            if key not in known:
                raise BadRequest(self._unknown(key, known))
        return {setting.key: setting.read(settings.get(setting.key)) for setting in self.settings}

    def created(self, settings: Settings, random: Random) -> dict[str, Any]:
        """Answer the settings of a new destination: checked, with secrets made where left out.

        Raises:
            BadRequest: as `checked` does.
        """
        given = dict(settings)
        for setting in self.settings:
            if setting.generate is not None and given.get(setting.key) is None:
                given[setting.key] = setting.generate(random)
        return self.checked(given)

    def hidden(self, settings: Settings) -> dict[str, Any]:
        """Answer the settings with what is secret replaced by `HIDDEN`."""
        secret = {setting.key for setting in self.settings if setting.secret}
        return {key: _hidden(value) if key in secret else value for key, value in settings.items()}

    def changed(self, settings: Settings, before: Settings) -> dict[str, Any]:
        """Answer new settings, checked; secrets that come back hidden stay as they were.

        Raises:
            BadRequest: as `checked` does.
        """
        return self.checked(
            {key: _restored(value, before.get(key)) for key, value in settings.items()}
        )

    def _unknown(self, key: str, known: set[str]) -> str:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has: {', '.join(sorted(known))}."
        return f"{self.title} has no setting {key!r}{hint}"


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict.fromkeys(value, HIDDEN)
    return HIDDEN if value is not None else None


def _restored(value: Any, before: Any) -> Any:
    if value == HIDDEN:
        return before
    if isinstance(value, Mapping) and isinstance(before, Mapping):
        return {
            key: before.get(key, content) if content == HIDDEN else content
            for key, content in value.items()
        }
    return value
