"""How many events a key may send: a token bucket each, in a bounded amount of memory."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

from headwater.errors import RateLimited
from headwater.quantities import counted

# SDKs wait as told up to this long (segment python, analytics-node); more would only be ignored.
_LONGEST_WAIT = 300  # seconds


class RateLimiter:
    """Token buckets by key; the one that was asked for longest ago is forgotten first.

    A bucket holds one second's worth. It may go into debt, so a batch that is larger than the
    bucket passes when there is anything in it, and is paid for by waiting: over time no key gets
    more than its rate, and none is refused for ever.
    """

    def __init__(self, *, keys: int = 100_000) -> None:
        self._keys = keys
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, key: str, *, events: int, rate: int, now: int) -> None:
        """Count some events of a key.

        Args:
            key: whose bucket.
            events: how many to count; zero only asks.
            rate: how many a second the key may send; 0 is without limit.
            now: the time, in milliseconds.

        Raises:
            RateLimited: nothing was counted; it says in how many whole seconds to come back.
        """
        if rate <= 0:
            return
        tokens, since = self._buckets.pop(key, (float(rate), now))
        tokens = min(float(rate), tokens + max(0, now - since) * rate / 1000)
        refused = tokens < min(1, events)
        self._buckets[key] = (tokens if refused else tokens - events, now)
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        if refused:
            raise RateLimited(
                f"This write key may send {counted(rate, 'event')} a second; wait, then send the "
                "same again.",
                retry_after=min(_LONGEST_WAIT, max(1, ceil((1 - tokens) / rate))),
            )
