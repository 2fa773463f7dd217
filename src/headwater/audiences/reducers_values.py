"""Reducers that keep values rather than a number: which there were, which most, first and last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from headwater.audiences.reducers import Item, is_scalar, key_of, plain, reduce_items


@dataclass(frozen=True, slots=True)
class Distinct:
    """The different texts, numbers and booleans; `most`: so many are enough to be known."""

    most: int | None = None
    name: ClassVar[str] = "distinct"

    def admits(self, value: Any) -> bool:
        """What is neither null nor a list or object."""
        return is_scalar(value)

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Time and value."""
        return [at, plain(value)]

    def empty(self) -> list[Any]:
        """None so far."""
        return []

    def add(self, seen: list[Any], item: Item) -> list[Any]:
        """Its value, unless it is known."""
        value = item[1]
        if self.most is not None and len(seen) >= self.most:
            return seen
        if isinstance(value, str):
            return seen if value in seen else [*seen, value]
        return self.merge(seen, [value])

    def merge(self, seen: list[Any], other: list[Any]) -> list[Any]:
        """Both, in the order in which they were seen."""
        known = {key_of(one): one for one in (*seen, *other)}
        return list(known.values())[: self.most]

    def thin(self, items: list[Item]) -> list[Item]:
        """Of each value the newest; and of those so many as matter."""
        newest = {key_of(item[1]): item for item in items}
        kept = sorted(newest.values(), key=lambda item: item[0])
        return kept if self.most is None else kept[-self.most :]

    def result(self, seen: list[Any]) -> list[Any]:
        """The values."""
        return seen


@dataclass(frozen=True, slots=True)
class Frequent:
    """The value that came most often, if it came `least` times; of equals the first by letters."""

    least: int = 1
    name: ClassVar[str] = "frequent"

    def admits(self, value: Any) -> bool:
        """What is neither null nor a list or object."""
        return is_scalar(value)

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Time and value."""
        return [at, plain(value)]

    def empty(self) -> dict[str, int]:
        """None so far."""
        return {}

    def add(self, seen: dict[str, int], item: Item) -> dict[str, int]:
        """One more of its value."""
        return self.merge(seen, {key_of(item[1]): 1})

    def merge(self, seen: dict[str, int], other: dict[str, int]) -> dict[str, int]:
        """Both."""
        return {key: seen.get(key, 0) + other.get(key, 0) for key in sorted({*seen, *other})}

    def thin(self, items: list[Item]) -> list[Item]:
        """All are needed."""
        return items

    def result(self, seen: dict[str, int]) -> Any:
        """The value."""
        if not seen:
            return None
        count, key = min((-count, key) for key, count in seen.items())
        return json.loads(key) if -count >= self.least else None


@dataclass(frozen=True, slots=True)
class End:
    """The value of the first event that has one, or of the last; messageId decides among equals."""

    last: bool
    name: ClassVar[str] = "end"

    def admits(self, value: Any) -> bool:
        """What is not null."""
        return value is not None

    def item(self, at: int, value: Any, message_id: str) -> Item:
        """All three."""
        return [at, plain(value), message_id]

    def empty(self) -> Any:
        """None so far."""
        return None

    def add(self, seen: Any, item: Item) -> Any:
        """The later one."""
        return self.merge(seen, item)

    def merge(self, seen: Any, other: Any) -> Any:
        """The later of both."""
        if seen is None or other is None:
            return other if seen is None else seen
        later = (seen[0], seen[2]) < (other[0], other[2])
        return other if later == self.last else seen

    def thin(self, items: list[Item]) -> list[Item]:
        """The last alone matters; of the first, any may become it as time goes on."""
        return [reduce_items(self, items)] if self.last and items else items

    def result(self, seen: Any) -> Any:
        """The value."""
        return None if seen is None else seen[1]


@dataclass(frozen=True, slots=True)
class Moment:
    """When the last event was."""

    name: ClassVar[str] = "moment"

    def admits(self, value: Any) -> bool:  # noqa: ARG002 - see Reducer
        """Every event."""
        return True

    def item(self, at: int, value: Any, message_id: str) -> Item:  # noqa: ARG002 - see Reducer
        """Its time is enough."""
        return at

    def empty(self) -> Any:
        """None so far."""
        return None

    def add(self, seen: Any, item: Item) -> Any:
        """The later one."""
        return self.merge(seen, item)

    def merge(self, seen: Any, other: Any) -> Any:
        """The later of both."""
        return max((one for one in (seen, other) if one is not None), default=None)

    def thin(self, items: list[Item]) -> list[Item]:
        """The newest."""
        return items[-1:]

    def result(self, seen: Any) -> Any:
        """The time."""
        return seen
