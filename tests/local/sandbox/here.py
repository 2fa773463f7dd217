"""A sandbox without processes of its own, for tests of what is built on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from headwater.errors import Unavailable
from headwater.local.sandbox.orders import Order, Refused
from headwater.local.sandbox.sandbox import A, Sandbox, SqlRefused
from headwater.local.sandbox.worker import carry_out


class HereSandbox(Sandbox):
    """Carries orders out in a thread of the test's own process."""

    async def ask(
        self,
        order: Order,
        expected: type[A],
        *,
        seconds: float | None = None,
        tell: Callable[[float], None] = lambda _fraction: None,
    ) -> A:
        """Answer an order."""
        async with asyncio.timeout(seconds):
            answer = await asyncio.to_thread(
                carry_out, order, lambda progress: tell(progress.fraction)
            )
        if isinstance(answer, Refused):
            if answer.code == "unreadable":
                raise Unavailable(answer.message)
            raise SqlRefused(answer.message, code=answer.code)
        assert isinstance(answer, expected)
        return answer
