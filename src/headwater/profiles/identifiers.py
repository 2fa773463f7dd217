"""Which identifiers an event carries: `type:value`, normalised, strongest first, each once.

Rules come from the workspace (`IdentityRules`); they are compiled once for each configuration,
because every event passes here. What is no identifier is left out without an error: a placeholder
(`null`, `-1`, all zeros), an email or phone that cannot be one, a value of over 500 characters.

`alias` names two ids of one person. `userId` is a user id; `previousId` is usually an anonymous
id, but may be a former user id (https://segment.com/docs/connections/spec/alias/), and nothing in
the call tells which. It is read as both, so that either way the two become one person; only where
it equals the call's own `anonymousId` is it known to be just that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from headwater.errors import BadRequest
from headwater.profiles import normalise
from headwater.workspace import IdentityRules

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_.]+")
_LONGEST_NAME = 64
_OF_ACCOUNTS = frozenset({"group_id", "account_id"})

# Identifiers kept of each path; there is room for as many again once it is full.
_KEPT = 4096
_LONGEST_KEPT = 128  # characters

_NORMALISERS: Mapping[str, Callable[[str, str | None], str | None]] = {
    "email": lambda value, _: normalise.email(value),
    "phone": normalise.phone,
}


class _Holder(NamedTuple):
    """What an object in an event may hold.

    Attributes:
        leaves: identifiers: the rank of the path, the type, the key; and the type's values that
            came lately with what they are in one form, as visitors send several events.
        inner: objects, by their keys.
    """

    leaves: list[tuple[int, str, str, dict[str, str | None]]]
    inner: dict[str, _Holder]

    def add(self, path: str, rank: int, name: str) -> None:
        """Note where in it an identifier may be."""
        step, dot, rest = path.partition(".")
        if dot:
            self.inner.setdefault(step, _Holder([], {})).add(rest, rank, name)
        else:
            self.leaves.append((rank, name, step, {}))


class IdentifierReader:
    """Reads identifiers by one workspace's rules.

    Attributes:
        fields: of an event, those that its identifiers may be found in (of an alias also in its
            `previousId`); the first two are `type` and `context`.
    """

    def __init__(self, rules: IdentityRules) -> None:
        self._phone_region = rules.phone_region
        self._blocked = {each.name: each.blocked for each in rules.types if each.blocked}
        self._ranks = {each.name: rank for rank, each in enumerate(rules.types)}
        paths = [(each.name, path) for each in rules.types for path in each.paths]
        self._nothing: list[str | None] = [None] * len(paths)
        top = _Holder([], {})
        for rank, (name, path) in enumerate(paths):
            top.add(path, rank, name)
        firsts = (path.partition(".")[0] for _, path in paths)
        self.fields = tuple(dict.fromkeys(("type", "context", *firsts)))
        place = {field: at for at, field in enumerate(self.fields)}
        self._texts = [(place[leaf[2]], *leaf) for leaf in top.leaves]
        self._objects = [(place[field], holder) for field, holder in top.inner.items()]

    def read(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        """Answer the identifiers of an event in Segment's shape; empty if it names nobody.

        An alias without both of its ids, or with one that is blocked, names nobody.
        """
        found = self.among([event.get(field) for field in self.fields])
        return self._alias(event, found) if event.get("type") == "alias" else found

    def among(self, values: Sequence[Any]) -> tuple[str, ...]:
        """Answer the identifiers in the values of an event's `fields`; of no alias: see `read`."""
        by_rank = self._nothing.copy()
        for place, rank, name, _, kept in self._texts:
            if value := values[place]:
                try:
                    by_rank[rank] = kept[value]
                except (KeyError, TypeError):
                    by_rank[rank] = self._learnt(kept, name, value)
        for place, holder in self._objects:
            if (value := values[place]) and isinstance(value, dict):
                self._gather(value, holder, by_rank)
        found: dict[str, None] = dict.fromkeys(filter(None, by_rank))
        context = values[1]
        external = context.get("externalIds") if context else None
        return tuple(self._with_external(found, external) if external else found)

    def parse(self, identifier: str) -> str:
        """Answer an identifier that a person or program wrote, normalised as events' are.

        Raises:
            BadRequest: `invalid_identifier`; it is not `type:value`, or can be nobody's.
        """
        name, colon, value = identifier.partition(":")
        if not colon or not name.strip() or not value.strip():
            raise BadRequest(
                f"{identifier[:80]!r} is no identifier; write type:value, such as "
                "user_id:42 or email:ada@example.com.",
                code="invalid_identifier",
            )
        found = self._identifier(_type_name(name), value)
        if found is None:
            raise BadRequest(
                f"{value[:80]!r} cannot be a person's {_type_name(name)}: it is a placeholder, "
                "too long, or not in the form of one.",
                code="invalid_identifier",
            )
        return found

    def _gather(
        self, values: Mapping[str, Any], holder: _Holder, by_rank: list[str | None]
    ) -> None:
        """Put the identifiers that an object of the event holds where their paths rank."""
        for rank, name, key, kept in holder.leaves:
            if value := values.get(key):
                try:
                    by_rank[rank] = kept[value]
                except (KeyError, TypeError):
                    by_rank[rank] = self._learnt(kept, name, value)
        for step, inner in holder.inner.items():
            if step in values and (value := values[step]) and isinstance(value, dict):
                self._gather(value, inner, by_rank)

    def _learnt(self, kept: dict[str, str | None], name: str, value: Any) -> str | None:
        """Answer an identifier, and keep it for the next event that has it."""
        identifier = self._identifier(name, value)
        if type(value) is str and len(value) <= _LONGEST_KEPT:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[value] = identifier
        return identifier

    def _identifier(self, name: str, value: Any) -> str | None:
        identifier = _identifier(name, value, self._phone_region)
        if identifier is not None and name in self._blocked:
            text = identifier[len(name) + 1 :]
            return None if text.lower() in self._blocked[name] else identifier
        return identifier

    def _with_external(self, found: dict[str, None], external: Any) -> dict[str, None]:
        """Put `context.externalIds` where their types rank; types without a rule last, by name."""
        if not isinstance(external, list):
            return found
        ranked = [(self._rank(identifier), identifier) for identifier in found]
        for entry in external:
            if not isinstance(entry, dict) or not _is_of_users(entry):
                continue
            name = _type_name(entry.get("type"))
            identifier = self._identifier(name, entry.get("id")) if name else None
            if identifier is not None and name not in _OF_ACCOUNTS:
                ranked.append((self._rank(identifier), identifier))
        ranked.sort(key=lambda each: each[0])
        return {identifier: None for _, identifier in ranked}

    def _rank(self, identifier: str) -> tuple[int, str]:
        name = identifier.partition(":")[0]
        rank = self._ranks.get(name)
        return (len(self._ranks), name) if rank is None else (rank, "")

    def _alias(self, event: Mapping[str, Any], found: Sequence[str]) -> tuple[str, ...]:
        previous = event.get("previousId")
        user = self._identifier("user_id", event.get("userId"))
        before = self._identifier("anonymous_id", previous)
        if user is None or before is None:
            return ()
        ids = {user: None}
        former = self._identifier("user_id", previous)
        if former is not None and previous != event.get("anonymousId"):
            ids[former] = None
        ids[before] = None
        return tuple({**ids, **dict.fromkeys(found)})


def parse(rules: IdentityRules, identifier: str) -> str:
    """Answer `type:value` normalised by a workspace's rules; see `IdentifierReader.parse`."""
    return IdentifierReader(rules).parse(identifier)


def _identifier(name: str, value: Any, phone_region: str | None) -> str | None:
    text = normalise.text(value)
    if text is None or normalise.is_blocked(text):
        return None
    to_one_form = _NORMALISERS.get(name)
    if to_one_form is not None:
        text = to_one_form(text, phone_region)
    return None if text is None else f"{name}:{text}"


def _is_of_users(entry: Mapping[str, Any]) -> bool:
    return (entry.get("collection") or "users") == "users" and (
        entry.get("encoding") or "none"
    ) == "none"


def _type_name(name: Any) -> str:
    """Answer a type in lower case, with `_` for what may not stand in one; empty for no text."""
    if not isinstance(name, str):
        return ""
    return _NOT_IN_A_NAME.sub("_", name.strip().lower())[:_LONGEST_NAME]
