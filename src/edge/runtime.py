"""The `Clock` and `Random` ports on Cloudflare."""

from __future__ import annotations

import random
import uuid

from js import Date


class EdgeClock:
    """Tells the time as Cloudflare does: it stands still while code runs, and moves with I/O."""

    def now(self) -> int:
        """Answer the milliseconds since 1970-01-01 UTC."""
        return int(Date.now())


class EdgeRandom:
    """Draws from the runtime's generator, which no other Worker can foresee."""

    def uuid(self) -> str:
        """Answer a new random UUID."""
        return str(uuid.uuid4())

    def uniform(self) -> float:
        """Answer a number in [0, 1)."""
        return random.SystemRandom().random()
