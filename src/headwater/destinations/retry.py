"""When a failed delivery is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.quantities import counted

_SECOND = 1000
_HOUR = 3600 * _SECOND


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter: `uniform(0, min(longest, base * 2 ** (failures - 1)))`.

    Full jitter spreads those that failed together best
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Attributes:
        base: milliseconds.
        longest: milliseconds that one wait is at most, unless the destination asks for more.
        longest_asked: milliseconds of a `Retry-After` that are honoured at most.
        max_age: milliseconds after which an event is no longer tried.
        max_attempts: attempts after which it is not either.
    """

    base: int = _SECOND
    longest: int = _HOUR
    longest_asked: int = 24 * _HOUR
    max_age: int = 72 * _HOUR
    max_attempts: int = 200

    def wait(self, failures: int, draw: float, *, asked: float | None = None) -> int:
        """Answer the milliseconds to wait after so many failures in a row, one at least.

        Args:
            failures: attempts that failed, this one included.
            draw: a random number in [0, 1).
            asked: the seconds of a `Retry-After`; the wait is no shorter.
        """
        ceiling = min(self.longest, self.base * 2 ** min(failures - 1, 40))
        return max(int(draw * ceiling), self.asked_wait(asked))

    def asked_wait(self, asked: float | None) -> int:
        """Answer the milliseconds of a `Retry-After`, as far as it is honoured; 0 for none."""
        return 0 if asked is None else int(min(asked * 1000, self.longest_asked))

    def exhausted(self, failures: int, age: int) -> str | None:
        """Answer why an event of this age (milliseconds) is given up, or None while it is not."""
        if age >= self.max_age:
            return f"not delivered within {counted(self.max_age // _HOUR, 'hour')}"
        if failures >= self.max_attempts:
            return f"not delivered in {counted(failures, 'attempt')}"
        return None
