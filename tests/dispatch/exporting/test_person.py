"""Everything held on a person in one archive, whatever fails and dies while it is made."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any

import pytest
from msgspec import structs

from headwater.actors.workspace import WorkspaceActor
from headwater.collect.intake import Rejection
from headwater.dispatch.exporting.files import FOLDER
from headwater.errors import BadRequest, Conflict, NotFound, NotHere
from headwater.exports.keeping import KEPT, PERSON
from tests.dispatch.erasing.world import ErasingWorld, W, event, run

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "6"))
WHO = "zqasks"
CONSENT = {"consent": {"categoryPreferences": {"Advertising": False}}}


async def told(world: ErasingWorld) -> None:
    """Have two people come, of whom the lake, an account, a lane and refused events know."""
    await world.prepare()
    await world.settings.write(
        W,
        WorkspaceActor.create_audience,
        key="planned",
        name="Planned",
        definition='{"type":"trait","path":"plan","operator":"exists"}',
        now=world.now(),
    )
    for name in (WHO, "stays"):
        group = {"type": "group", "groupId": "acme", "traits": {"plan": "gold"}}
        traits = {"type": "identify", "traits": {"plan": f"{name}plan"}}
        await world.receive(
            event(name, 1, "anonymous_id", context=CONSENT),
            event(name, 2, "user_id", "anonymous_id", **traits),
            event(name, 3, "user_id", **group),
        )
        body = json.dumps({"type": "track", "userId": f"{name}user_id", "event": 7}).encode()
        refused = Rejection(0, f"{name}r1", "invalid_event", f"{name}refused", body)
        await world.settings.write(
            W, WorkspaceActor.keep_rejected, "src_1", [refused], now=world.now()
        )
    await world.flush()
    await world.receive(event("both", 4, "user_id", "anonymous_id"))
    # Refused, as they are two users: each remembers the other.
    two = event("refusing", 6, "user_id")
    names = (*two.identifiers, f"anonymous_id:{WHO}anonymous_id")
    await world.receive(structs.replace(two, identifiers=names))
    await world.receive(event(WHO, 5, "user_id"))


async def archive(world: ErasingWorld, job: str) -> dict[str, Any]:
    """Answer the files of a finished archive: JSON read, lines as a list, the page as text."""
    file = await world.exports.file(W, job, "person.zip")
    data = b"".join([part async for part in file.read(0, file.size)])
    assert len(data) == file.size
    found: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        for name in read.namelist():
            text = read.read(name).decode()
            if name.endswith(".jsonl"):
                found[name] = [json.loads(line) for line in text.splitlines()]
            else:
                found[name] = json.loads(text) if name.endswith(".json") else text
    return found


def test_everything_of_theirs_is_in_it_and_nothing_of_others() -> None:
    """From their actors, the account, the lane, refused events and the lake."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        await world.people.merge(W, f"user_id:{WHO}user_id", "user_id:bothuser_id")
        await world.settle()
        await world.flush()

        job = await world.order(PERSON, {"identifier": f"anonymous_id:{WHO}anonymous_id"})
        await world.finish()

        ended = await world.jobs.job(W, job.id)
        assert (ended.state, ended.done, ended.total) == ("done", 6, 6)
        assert "identifier" not in ended.parameters
        assert ended.result is not None
        assert ended.result["rows"] == 6
        found = await archive(world, job.id)
        assert "stays" not in json.dumps(found)
        names = [one["messageId"] for one in found["events.jsonl"]]
        assert {f"{WHO}m1", f"{WHO}m2", f"{WHO}m3", "bothm4", f"{WHO}m5"} < {*names}
        assert [one.get("event") for one in found["events.jsonl"]].count("Audience Entered") == 1
        assert sum(found["person.json"]["counts"].values()) == len(names)
        assert [one["consent"] for one in found["consent.json"]] == [CONSENT["consent"]]
        assert [one["account"] for one in found["accounts.json"]] == ["acme"]
        assert {one["kind"] for one in found["identity.json"]} >= {"state", "traits"}
        assert {one["kind"] for one in found["lake_identity.json"]} >= {"state", "traits"}
        assert len(found["deliveries.json"]) == 6
        assert [one["message"] for one in found["refused_events.json"]] == [f"{WHO}refused"]
        assert [one["member"] for one in found["audiences.json"]] == [True]
        assert [one["id"] for one in found["jobs.json"]] == [job.id]
        assert found["mentioned_by_others.json"][0]["states"] >= 1
        assert f"Everything held on anonymous_id:{WHO}anonymous_id" in found["index.html"]
        assert f"{WHO}property" in found["index.html"]

    run(tell())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_fails_it_is_the_same_archive(seed: int) -> None:
    """Calls and the bucket fail, and the job's object dies: what it ends with is whole."""

    async def tell() -> None:
        world = ErasingWorld(seed)
        await told(world)
        order = {"identifier": f"user_id:{WHO}user_id"}
        first = await world.order(PERSON, order)
        await world.finish()

        second = await world.order(PERSON, order)
        world.failing = world.deadly = 5
        world.bucket.failing = 5
        deaths = await world.finish()
        world.failing = world.deadly = world.bucket.failing = 0

        assert deaths > 0
        assert (await world.jobs.job(W, second.id)).state == "done"
        one, other = await archive(world, first.id), await archive(world, second.id)
        told_apart = {"index.html", "jobs.json"}
        assert {name: one[name] for name in one.keys() - told_apart} == {
            name: other[name] for name in other.keys() - told_apart
        }

    run(tell())


def test_many_events_make_many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step writes one of them; a range of the file is read out of those that it lies in."""
    monkeypatch.setattr("headwater.dispatch.exporting.person.PAGES", 1)
    monkeypatch.setattr("headwater.dispatch.exporting.person._LARGEST_PAGE", 20)

    async def tell() -> None:
        world = ErasingWorld()
        await world.prepare()
        await world.receive(*(event(WHO, number, "user_id") for number in range(1, 106)))

        job = await world.order(PERSON, {"identifier": f"user_id:{WHO}user_id"})
        await world.finish()

        found = await archive(world, job.id)
        assert len(found["events.jsonl"]) == 105
        file = await world.exports.file(W, job.id, "person.zip")
        assert len(file.pieces) == 8  # what begins it, six of events, the rest
        whole = b"".join([part async for part in file.read(0, file.size)])
        for start, end in ((0, 1), (10, file.size - 7), (file.size - 1, file.size)):
            assert b"".join([part async for part in file.read(start, end)]) == whole[start:end]

    run(tell())


def test_of_nobody_there_is_what_else_names_them() -> None:
    """A refused event may be all that there is."""

    async def tell() -> None:
        world = ErasingWorld()
        await world.prepare()
        body = json.dumps({"type": "track", "userId": WHO}).encode()
        refused = Rejection(0, "r1", "invalid_event", "no event", body)
        await world.settings.write(
            W, WorkspaceActor.keep_rejected, "src_1", [refused], now=world.now()
        )

        job = await world.order(PERSON, {"identifier": f"user_id:{WHO}"})
        await world.finish()

        found = await archive(world, job.id)
        assert found["person.json"] is None
        assert found["events.jsonl"] == []
        assert [one["code"] for one in found["refused_events.json"]] == ["invalid_event"]

    run(tell())


def test_the_same_order_twice_is_one_job_until_its_files_go() -> None:
    """By its key; what came of it is deleted by whoever fetched it, or after a day."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        order = {"identifier": f"user_id:{WHO}user_id"}
        job = await world.order(PERSON, order, key="k")
        assert (await world.order(PERSON, order, key="k")).id == job.id
        with pytest.raises(Conflict, match="once it is done"):
            await world.exports.file(W, job.id, "person.zip")
        await world.finish()
        assert (await world.order(PERSON, order, key="k")).id == job.id
        with pytest.raises(NotFound, match="has no file"):
            await world.exports.file(W, job.id, "other.zip")

        await world.exports.sweep()
        await archive(world, job.id)
        await world.exports.delete(W, job.id)
        with pytest.raises(NotFound, match="has it no more"):
            await world.exports.file(W, job.id, "person.zip")
        again = await world.order(PERSON, order, key="k")
        assert again.id != job.id
        await world.finish()
        world.at += KEPT
        await world.exports.sweep()
        assert not [key for key in world.bucket.objects if key.startswith(FOLDER)]

    run(tell())


def test_what_a_cancelled_one_has_made_goes() -> None:
    """With the next step that notes it, or when the clock has it looked at."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        job = await world.order(PERSON, {"identifier": f"user_id:{WHO}user_id"})
        keeper = world.keeper(W, job.id)
        await keeper.work()
        assert [key for key in world.bucket.objects if key.startswith(FOLDER)]

        await world.jobs.cancel(W, job.id)
        await world.exports.sweep()

        assert not [key for key in world.bucket.objects if key.startswith(FOLDER)]
        assert keeper.wake_at() is None

    run(tell())


def test_an_erasure_deletes_archives_and_ends_what_makes_them() -> None:
    """Of the whole workspace, as each may hold the erased."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        done = await world.order(PERSON, {"identifier": f"user_id:{WHO}user_id"})
        await world.finish()
        under_way = await world.order(PERSON, {"identifier": f"user_id:{WHO}user_id"})
        await world.keeper(W, under_way.id).work()
        assert len(world.holding(WHO)) > 10

        job = await world.erase(f"user_id:{WHO}user_id", "user_id:bothuser_id")
        await world.finish()

        assert world.holding(WHO) == set()
        assert not [key for key in world.bucket.objects if key.startswith(FOLDER)]
        assert (await world.jobs.job(W, done.id)).state == "done"
        text = await world.settings.read(W, WorkspaceActor.certificate, job.id)
        assert json.loads(text)["statement"]["exports_deleted"] == 2

    run(tell())


def test_a_kind_that_is_not_done_here_says_so() -> None:
    """And a person whose identifiers are too many for it."""

    async def tell() -> None:
        world = ErasingWorld()
        await world.prepare()
        with pytest.raises(NotHere, match="need the lake"):
            await world.jobs.start(W, "backup", {})
        with pytest.raises(BadRequest, match="500 identifiers"):
            await world.jobs.start(W, "erase", {"identifiers": ["user_id:x"] * 501})

    run(tell())
