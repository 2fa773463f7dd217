"""The `Actors` port, the same on Cloudflare and in memory: actors by name, and what they keep."""

from __future__ import annotations

import asyncio

import pytest

from headwater.actors.identity_calls import (
    Answer,
    Call,
    Envelope,
    Outdated,
    Receive,
    Received,
    Refused,
    Split,
    decode_answer,
    encode,
    event_of,
)
from headwater.actors.identity_looking_calls import (
    LookTimeline,
    Seen,
)
from headwater.ports import Actors, CallFailed
from headwater.profiles.people import TimelineFilter
from headwater.workspace import WorkspaceConfig
from tests.contract import runtime
from tests.simulation.world import arrival

CONFIG = WorkspaceConfig("contract", version=1)


async def asked(actors: Actors, name: str, call: Call, *, version: int = 1) -> Answer:
    """Answer what an actor answers, told of the configuration as it comes."""
    config = CONFIG if version == 1 else None
    envelope = Envelope(f"contract/{name}", version, call, config)
    return decode_answer(await actors.identity(envelope.actor).call(encode(envelope)))


def event(name: str, message: str, **traits: object) -> Receive:
    """Answer the call that gives an actor an event."""
    return Receive([event_of(arrival(message, "identify", (name,), traits=traits))])


async def timeline(actors: Actors, name: str) -> list[str]:
    """Answer the ids of the events that an actor keeps."""
    seen = await asked(actors, name, LookTimeline(name, TimelineFilter(), 100))
    assert isinstance(seen, Seen)
    return [str(one["messageId"]) for one in seen.page.events] if seen.page else []


async def test_an_actor_keeps_what_it_was_told() -> None:
    """The next call finds it, whoever makes it; others know nothing of it."""
    async with runtime.actors() as actors:
        received = await asked(actors, "user_id:kept", event("user_id:kept", "m1"))
        assert isinstance(received, Received)

        assert await timeline(actors, "user_id:kept") == ["m1"]
        assert await timeline(actors, "user_id:kep") == []
        assert await timeline(actors, "user_id:Kept") == []


async def test_names_may_hold_any_text() -> None:
    """Slashes, spaces, and what is not ASCII."""
    names = ["user_id:a/b", "user_id:a b?c=d#e", "user_id:\N{SNOWMAN}é", "user_id:" + "x" * 500]
    async with runtime.actors() as actors:
        for name in names:
            await asked(actors, name, event(name, f"of {name}"))

        assert [await timeline(actors, name) for name in names] == [[f"of {n}"] for n in names]


async def test_text_crosses_whole() -> None:
    """A call and its answer may be large, and hold any text."""
    told = {"note": "\N{SNOWMAN} \x00 \"'\\ " * 20_000}
    async with runtime.actors() as actors:
        await asked(actors, "user_id:large", event("user_id:large", "m1", **told))
        seen = await asked(
            actors, "user_id:large", LookTimeline("user_id:large", TimelineFilter(), 1)
        )

        assert isinstance(seen, Seen)
        assert seen.page is not None
        assert seen.page.events[0]["traits"] == told


async def test_calls_that_come_together_are_all_carried_out() -> None:
    """Each is a unit of work; none is lost, none stored twice."""
    name = "user_id:busy"
    async with runtime.actors() as actors:
        answers = await asyncio.gather(
            *(asked(actors, name, event(name, f"m{number % 15}")) for number in range(30))
        )

        assert sum(len(one.stored) for one in answers if isinstance(one, Received)) == 15
        assert len(await timeline(actors, name)) == 15


async def test_a_refusal_is_an_answer() -> None:
    """What an actor does not do it says, and nothing has changed."""
    async with runtime.actors() as actors:
        await asked(actors, "user_id:whole", event("user_id:whole", "m1"))
        refused = await asked(actors, "user_id:whole", Split("no such link"))
        outdated = await asked(actors, "user_id:whole", event("user_id:whole", "m2"), version=2)

        assert isinstance(refused, Refused)
        assert isinstance(outdated, Outdated)
        assert await timeline(actors, "user_id:whole") == ["m1"]


async def test_an_actor_that_raises_fails_the_call() -> None:
    """Nobody knows whether it was carried out; the actor goes on."""
    async with runtime.actors() as actors:
        await asked(actors, "user_id:raised", event("user_id:raised", "m1"))
        with pytest.raises(CallFailed):
            await actors.identity("contract/user_id:raised").call("this is no JSON")

        assert await timeline(actors, "user_id:raised") == ["m1"]
