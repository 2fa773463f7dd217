"""Work for one caller: it ends with the caller's going."""

from __future__ import annotations

import asyncio

import pytest

from headwater.api.asgi import Message
from headwater.api.listening import while_listened
from headwater.api.request_body import ClientGone


async def silent() -> Message:
    """Tell nothing, ever."""
    await asyncio.Event().wait()
    raise AssertionError


async def gone() -> Message:
    """Tell that the client has gone."""
    return {"type": "http.disconnect"}


async def test_an_answer_comes_while_somebody_listens() -> None:
    """As it is; so does what went wrong."""

    async def failing() -> None:
        raise LookupError("this")

    assert await while_listened(silent, asyncio.sleep(0, "answer")) == "answer"
    with pytest.raises(LookupError, match="this"):
        await while_listened(silent, failing())


async def test_work_that_nobody_waits_for_is_ended() -> None:
    """And has let go of what it held by the time that this is told."""
    told = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("let go")

    with pytest.raises(ClientGone):
        await while_listened(gone, endless())
    assert told == ["let go"]


async def test_who_waits_may_be_cancelled_too() -> None:
    """Then the work is ended as well."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.ensure_future(while_listened(silent, endless()))
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_an_answer_that_is_there_at_once_is_given() -> None:
    """Also where a runtime says with the request's end that the client has gone."""

    async def at_once() -> str:
        return "answer"

    assert await while_listened(gone, at_once()) == "answer"
