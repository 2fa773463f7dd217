"""Which identifiers nothing is kept of, known by their hashes alone.

The hash keeps a list of suppressed people from being a list of people. Whoever has the salt too
can try out addresses one by one, so both are to be guarded like the rest of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

from headwater.errors import BadRequest
from headwater.profiles.identifiers import IdentifierReader
from headwater.workspace import WorkspaceConfig

_BYTES = 16

# JSON's texts and numbers, wherever they stand, also in what is no JSON.
_VALUES = re.compile(rb'"((?:[^"\\]|\\.){1,500})"|(?<=[:\[, ])(-?[0-9]{1,40})')


def hash_of(salt: str, identifier: str) -> str:
    """Answer an identifier's hash: 128 bits of BLAKE2b, keyed with the workspace's salt, in hex."""
    return blake2b(identifier.encode(), key=salt.encode(), digest_size=_BYTES).hexdigest()


class SuppressionCheck:
    """Tells, by one version of a configuration, whether identifiers are suppressed."""

    def __init__(self, config: WorkspaceConfig) -> None:
        self._salt = config.suppression.salt
        self._hashes = config.suppression.hashes
        self._types = {one.name for one in config.identity.types}
        self._reader = IdentifierReader(config.identity)

    def __bool__(self) -> bool:
        """Tell whether anybody is suppressed at all."""
        return bool(self._hashes)

    def covers(self, identifiers: Iterable[str]) -> bool:
        """Tell whether one of these is suppressed; they are normalised, `type:value`."""
        return any(hash_of(self._salt, one) in self._hashes for one in identifiers)

    def names_any(self, body: bytes) -> bool:
        """Tell whether a text that could not be read as an event may name somebody suppressed.

        Every text and number in it is tried as an identifier of each type that has a rule.
        """
        if not self._hashes:
            return False
        found = {one or other for one, other in _VALUES.findall(body)}
        return any(self.covers(self._possible(value)) for value in found)

    def _possible(self, value: bytes) -> Iterable[str]:
        text = value.decode("utf-8", "replace")
        for name in self._types:
            try:
                yield self._reader.parse(f"{name}:{text}")
            except BadRequest:
                continue
