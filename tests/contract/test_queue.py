"""The `Queue` port, the same on Cloudflare and in memory: at least once, whole, in any order."""

from __future__ import annotations

import json

import pytest

from headwater.ports import CallFailed
from tests.contract import runtime

TOPIC = "deliveries"


async def test_more_than_a_batch_arrives() -> None:
    """However many are sent at once, each is taken."""
    messages = [f"many {number}" for number in range(250)]
    async with runtime.consumed() as consumed:
        await consumed.queue.send(TOPIC, messages)
        await consumed.until(set(messages))


async def test_messages_arrive_whole() -> None:
    """Large ones, and any JSON text, whatever their sum is."""
    messages = [f"whole {letter} " + letter * 50_000 for letter in ("a", "é")]
    messages += [
        json.dumps("whole \N{SNOWMAN} \x00 \"'\\ \n", ensure_ascii=False),
        *(f"large {n} " + "x" * 110_000 for n in "123"),
    ]
    async with runtime.consumed() as consumed:
        await consumed.queue.send(TOPIC, messages)
        await consumed.until(set(messages))


async def test_what_the_consumer_refuses_comes_again() -> None:
    """And what it took beside that does not make it lost."""
    messages = ["refuse this once", "take this at once"]
    async with runtime.consumed() as consumed:
        await consumed.queue.send(TOPIC, messages)
        await consumed.until(set(messages))
        assert consumed.refused == messages[:1]


async def test_nothing_is_sent_for_no_message() -> None:
    """Sending none is no error."""
    async with runtime.consumed() as consumed:
        await consumed.queue.send(TOPIC, [])


async def test_what_is_too_large_fails() -> None:
    """The sender hears of it, and keeps what it wanted to send."""
    async with runtime.consumed() as consumed:
        with pytest.raises(CallFailed):
            await consumed.queue.send(TOPIC, ["x" * 200_000])
