"""People erased where each actor has a database of its own, whatever fails and dies meanwhile."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from headwater.actors.identity_calls import NoteLake, OfferLake, Receive, Received, event_of
from headwater.actors.lake_offers import LakeNoted, LakeOffer
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.erasing.people import SLICE
from headwater.dispatch.exchange import Exchange
from headwater.errors import BadRequest, NotFound, NotHere
from headwater.local.certificate import verify
from tests.dispatch.erasing.world import ErasingWorld, W, event, run

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "6"))
GONE = "zqgone"


async def told(world: ErasingWorld) -> None:
    """Have two people come, both in one account; one becomes a person with a third."""
    await world.prepare()
    for name in (GONE, "stays"):
        group = {"type": "group", "groupId": "acme", "traits": {"plan": "gold"}}
        await world.receive(
            event(name, 1, "anonymous_id"),
            event(name, 2, "user_id", "anonymous_id"),
            event(name, 3, "user_id", **group),
        )
    await world.receive(event(f"{GONE}too", 4, "user_id"))
    await world.flush()
    await world.people.merge(W, f"user_id:{GONE}user_id", f"user_id:{GONE}toouser_id")
    await world.settle()
    await world.receive(event(GONE, 5, "user_id"))
    # Refused once, as they are two users.
    await world.receive(event("stays", 6, "user_id"), event("stays", 7, "user_id"))


async def shown(world: ErasingWorld, identifier: str) -> Any:
    """Answer all that is shown of a person."""
    return await world.people.person(W, identifier)


async def certificate(world: ErasingWorld, job: str) -> dict[str, Any]:
    """Answer a certificate, which must be signed."""
    text = await world.settings.read(W, WorkspaceActor.certificate, job)
    found: dict[str, Any] = json.loads(text)
    verify(found)
    return found


def test_nothing_of_them_is_left_and_all_of_others() -> None:
    """In no database, in no file of the bucket; of their job's own object nothing at all."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        before = await shown(world, "user_id:staysuser_id")
        assert len(world.holding(GONE)) > 10

        job = await world.erase(f"anonymous_id:{GONE}anonymous_id")
        assert await world.finish() == 0

        assert world.holding(GONE) == set()
        assert world.everywhere()[f"job {W} {job.id}"] == ""
        assert await shown(world, "user_id:staysuser_id") == before
        assert len(world.holding("staysproperty")) > 3
        ended = await world.jobs.job(W, job.id)
        assert (ended.state, ended.done, ended.total) == ("done", 12, 12)
        assert "identifiers" not in ended.parameters
        statement = (await certificate(world, job.id))["statement"]
        assert {one["type"] for one in statement["identifiers"]} == {"user_id", "anonymous_id"}
        assert statement["removed"]["event"] == 6  # one of them the account's
        assert statement["removed"]["delivery"] == 5
        assert statement["lake"]["rows"] >= 4
        # Not when its going began: until then somebody might have read of them.
        assert statement["unreadable_from"] == statement["rescan"]["at"]

    run(tell())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_fails_it_ends_like_that(seed: int) -> None:
    """Calls fail before or after they were carried out, the bucket too; the job's object dies."""

    async def tell() -> None:
        world = ErasingWorld(seed)
        await told(world)
        before = await shown(world, "user_id:staysuser_id")

        job = await world.erase(f"user_id:{GONE}user_id")
        world.failing = world.deadly = 3
        world.bucket.failing = 3
        deaths = await world.finish()
        world.failing = world.deadly = world.bucket.failing = 0

        assert world.holding(GONE) == set()
        assert await shown(world, "user_id:staysuser_id") == before
        assert (await world.jobs.job(W, job.id)).state == "done"
        await certificate(world, job.id)
        assert deaths > 0

    run(tell())


def test_who_comes_late_does_not_come_back() -> None:
    """Events that were let in by an older configuration, by their own identifier or another's."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        old = await world.settings.newest(W)
        await world.erase(f"user_id:{GONE}user_id")
        await world.finish()

        await world.receive(event(GONE, 8, "user_id", "anonymous_id"), config=old)
        late = event("fresh", 9, "user_id", userId="freshuser_id")
        both = (*late.identifiers, f"anonymous_id:{GONE}anonymous_id")
        await world.receive(type(late)(W, both, *_rest(late)), config=old)

        assert world.holding(GONE) == set()
        fresh = await shown(world, "user_id:freshuser_id")
        assert [one.value for one in fresh.identifiers] == ["freshuser_id"]

    run(tell())


def _rest(arrival: Any) -> tuple[Any, ...]:
    names = ("message_id", "type", "timestamp", "received_at", "body")
    return tuple(getattr(arrival, name) for name in names)


def test_who_is_looked_for_at_an_emptied_actor_is_found_at_their_own() -> None:
    """An isolate may remember that somebody was one with the erased; they were parted since."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        first, second = f"user_id:{GONE}user_id", "user_id:staysuser_id"
        await world.people.merge(W, first, second)
        links = await world.people.explain(W, first)
        assert links is not None
        link = next(one.id for one in links.links if one.id.endswith((f":{first}", f":{second}")))
        await world.people.split(W, first, link)
        await world.settle()
        before = await shown(world, second)
        await world.erase(first)
        await world.finish()
        assert world.holding(GONE) == set()
        assert await shown(world, second) == before

        call = Receive([event_of(event("stays", 20, "user_id"))])
        exchange = Exchange(world, await world.settings.newest(W))
        answer = await exchange.ask(f"{W}/{first}", call, Received)

        assert answer.moved == [(0, f"{W}/{second}")]

    run(tell())


def test_without_suppression_they_may_come_anew() -> None:
    """As somebody who was never here; who was suppressed before stays so."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        await world.settings.write(
            W, WorkspaceActor.suppress, [f"anonymous_id:{GONE}anonymous_id"], now=world.now()
        )
        await world.erase(f"user_id:{GONE}user_id", suppress=False)
        await world.finish()
        assert world.holding(GONE) == set()

        await world.receive(event(GONE, 30, "user_id"))

        anew = await shown(world, f"user_id:{GONE}user_id")
        assert [one.value for one in anew.identifiers] == [f"{GONE}user_id"]
        assert dict(anew.counts) == {"track": 1}
        suppressed = await world.settings.read(W, WorkspaceActor.suppressed, limit=10)
        assert [one.type for one in suppressed] == ["anonymous_id"]

    run(tell())


def test_what_the_lake_took_before_is_not_noted_afterwards() -> None:
    """Ids begin anew in an emptied object: what it stores then would count as brought."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        name = f"{W}/user_id:{GONE}user_id"
        await world.receive(*(event(GONE, number, "user_id") for number in range(20, 30)))
        exchange = Exchange(world, await world.settings.newest(W))
        offer = await exchange.ask(name, OfferLake(), LakeOffer)
        assert offer.events
        await world.erase(f"user_id:{GONE}user_id", suppress=False)
        await world.finish()
        await world.receive(event(GONE, 30, "user_id"))

        exchange = Exchange(world, await world.settings.newest(W))
        late = NoteLake(offer.until, offer.change, offer.births, life=offer.life)
        noted = await exchange.ask(name, late, LakeNoted)

        assert noted == LakeNoted(is_settled=False, more=False)
        await world.flush()
        assert f"{GONE}m30" in "".join(
            text for place, text in world.everywhere().items() if place.endswith(".parquet")
        )

    run(tell())


def test_a_job_that_is_called_off_forgets_its_order() -> None:
    """Nothing more is done, and nothing of the order stays; what was done stays done."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        job = await world.erase(f"user_id:{GONE}user_id")

        ended = await world.jobs.cancel(W, job.id)

        assert ended.state == "cancelled"
        assert world.everywhere()[f"job {W} {job.id}"] == ""
        await world.finish()
        assert await shown(world, f"user_id:{GONE}user_id") is not None
        with pytest.raises(NotFound):
            await world.settings.read(W, WorkspaceActor.certificate, job.id)

    run(tell())


def test_it_ends_while_others_keep_coming_to_the_lake() -> None:
    """A flush between any two steps: what it brings is looked through, and stays."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        numbers = iter(range(100, 1_000))

        async def flush() -> None:
            await world.receive(event("stays", next(numbers), "user_id"))
            if world.rng.randrange(2):
                await world.flush()

        job = await world.erase(f"user_id:{GONE}user_id")
        await world.finish(after=flush)

        assert world.holding(GONE) == set()
        assert (await world.jobs.job(W, job.id)).state == "done"

    run(tell())


def test_many_are_erased_in_one_order_and_too_many_refused() -> None:
    """More than one go of a step asks; an order that names too many says so at once."""

    async def tell() -> None:
        world = ErasingWorld()
        await world.prepare()
        people = [f"many{number:03}" for number in range(SLICE + 10)]
        await world.receive(
            *(event(f"{GONE}{name}", 1, "user_id", "anonymous_id") for name in people),
            event("stays", 1, "user_id"),
        )
        with pytest.raises(BadRequest, match="500"):
            await world.jobs.start(W, "erase", {"identifiers": ["user_id:1"] * 501})

        await world.erase(*(f"user_id:{GONE}{name}user_id" for name in people))
        await world.finish()

        assert world.holding(GONE) == set()
        assert await shown(world, "user_id:staysuser_id") is not None

    run(tell())


def test_other_kinds_of_jobs_are_refused() -> None:
    """With words that say where they are done."""
    world = ErasingWorld()

    with pytest.raises(NotHere, match="need the lake"):
        run(world.jobs.start(W, "backup", {}))
