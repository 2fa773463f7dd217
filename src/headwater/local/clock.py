"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """`Clock` over the machine's wall clock."""

    def now(self) -> int:
        """Answer the milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000
