"""What audiences keep of one identifier's events, as it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Part(
    msgspec.Struct,
    rename={"version": "v", "features": "s", "hot": "h", "older": "f"},
    omit_defaults=True,
):
    """Features' states of one identifier's events.

    Attributes:
        version: of the program that keeps it.
        features: ids to states.
        hot: where set, features newer than this version lack what only the lake holds.
        older: states as they were written while each time was a list of its own; see `renew`.
    """

    version: int
    features: dict[str, Any] = {}
    hot: int | None = None
    older: dict[str, Any] = {}

    @classmethod
    def from_json(cls, body: str) -> Part:
        """Answer the part that a JSON text holds."""
        part = _decoder.decode(body)
        part.renew()
        return part

    def to_json(self) -> str:
        """Answer the part as JSON text."""
        return _encoder.encode(self).decode()

    def renew(self) -> None:
        """Take over the states of a part that was written by an older version; do it once read."""
        if self.older:
            states = {id_: _renewed(state) for id_, state in self.older.items()}
            self.features, self.older = {**states, **self.features}, {}

    @property
    def get(self) -> Callable[[str], Any]:
        """What answers a feature's state; None if it has none."""
        return self.features.get


def _renewed(state: Any) -> Any:
    """Answer a state with its times bare: of `[[1], [2]]`, and of `[0, [[1], [2]]]` behind 0.

    No other state has a list of lists of one.
    """
    if _is_log_of_times(state):
        return [at for (at,) in state]
    if isinstance(state, list) and len(state) == 2 and _is_log_of_times(state[1]):
        return [state[0], [at for (at,) in state[1]]]
    return state


def _is_log_of_times(state: Any) -> bool:
    return (
        isinstance(state, list)
        and bool(state)
        and all(isinstance(item, list) and len(item) == 1 for item in state)
    )


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Part)
