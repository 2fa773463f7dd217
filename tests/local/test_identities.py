"""People over the real writer and readers, in one file on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from headwater.actors import deliveries, identity_network
from headwater.collect.intake import Rejection
from headwater.errors import BadRequest, NotFound
from headwater.local.clock import SystemClock
from headwater.local.identities import Identities
from headwater.local.migrations import open_database
from headwater.local.random import SystemRandom
from headwater.local.readers import Readers
from headwater.local.stored import Stored
from headwater.local.writer import Writer
from headwater.profiles.people import TimelineFilter
from headwater.workspace import DestinationConfig, WorkspaceConfig
from tests.simulation.world import WORKSPACE, arrival

CONFIG = WorkspaceConfig(
    WORKSPACE,
    destinations=(DestinationConfig("d1", "webhook", "hook", {"url": "https://example.org"}),),
)
STORY = [
    arrival("m1", "page", ("anonymous_id:a",)),
    arrival("m2", "identify", ("user_id:1", "email:a@x.org", "anonymous_id:a"), traits={"n": 1}),
    arrival("m3", "group", ("user_id:1",), groupId="acme", traits={"plan": "pro"}),
]


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    """A writer over a new file."""
    writer = Writer(open_database(tmp_path / "headwater.sqlite3"))
    yield writer
    await writer.close()


@pytest.fixture
async def readers(tmp_path: Path, writer: Writer) -> AsyncIterator[Readers]:
    """Readers of the same file."""
    del writer  # it makes the file
    readers = Readers(tmp_path / "headwater.sqlite3")
    yield readers
    await readers.close()


@pytest.fixture
def identities(writer: Writer, readers: Readers) -> Identities:
    """People of one workspace with one destination."""
    return Identities(
        writer, readers, config=lambda _: CONFIG, clock=SystemClock(), random=SystemRandom()
    )


async def test_a_read_sees_what_was_answered(identities: Identities) -> None:
    """When `receive` returns, every way of reading has the events, by any identifier."""
    await identities.receive(CONFIG, STORY)

    person = await identities.person(WORKSPACE, "email:A@X.org")
    assert person is not None
    assert person.id == "user_id:1"
    assert person.counts == {"group": 1, "identify": 1, "page": 1}
    page = await identities.timeline(WORKSPACE, "anonymous_id:a", which=TimelineFilter(), limit=2)
    assert page is not None
    assert [event["messageId"] for event in page.events] == ["m3", "m2"]
    account = await identities.account(WORKSPACE, "acme")
    assert account is not None
    assert account.traits["plan"].value == "pro"
    assert await identities.account_members(WORKSPACE, "acme", limit=5) == (["user_id:1"], None)


async def test_nobody_is_none(identities: Identities) -> None:
    """Reading somebody unknown answers None; what can be no identifier is an error."""
    assert await identities.person(WORKSPACE, "user_id:9") is None
    assert await identities.explain(WORKSPACE, "user_id:9") is None
    assert await identities.account(WORKSPACE, "nope") is None
    with pytest.raises(BadRequest, match="user_id:42"):
        await identities.person(WORKSPACE, "just-a-name")


async def test_events_and_deliveries_are_one_commit(
    identities: Identities, writer: Writer, readers: Readers
) -> None:
    """New events are in their lane once, duplicates not again, and listeners are told after."""
    told: list[Stored] = []
    writer.after_commit(told.extend)
    await identities.receive(CONFIG, STORY)
    await identities.receive(CONFIG, STORY[:1])

    lane = await readers.run(deliveries.statistics)

    assert [one.waiting for one in lane] == [3]
    assert [(len(one.events), one.duplicates) for one in told] == [(3, 0), (0, 1)]
    assert told[0].destinations == {"d1"}
    assert told[1].destinations == frozenset()


async def test_merge_and_split_answer_both_people(identities: Identities) -> None:
    """A merge joins over the limits, and its split gives both back."""
    await identities.receive(CONFIG, [*STORY, arrival("m4", "page", ("user_id:2",))])

    merged = await identities.merge(WORKSPACE, "user_id:1", "user_id:2")
    explanation = await identities.explain(WORKSPACE, "user_id:2")
    assert explanation is not None
    link = next(link for link in explanation.links if link.reason == "merge")
    stays, restored = await identities.split(WORKSPACE, "user_id:1", link.id)

    assert {one.value for one in merged.identifiers} == {"1", "2", "a", "a@x.org"}
    assert {stays.id, restored.id} == {"user_id:1", "user_id:2"}
    with pytest.raises(NotFound):
        await identities.merge(WORKSPACE, "user_id:1", "user_id:9")


async def test_what_a_full_turn_leaves_is_carried_on(
    identities: Identities, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn that had no time for all talk leaves it stored; it goes on without being read."""
    monkeypatch.setattr(identity_network, "STEPS_A_TURN", 1)
    await identities.receive(CONFIG, STORY)
    pending = "SELECT count(*) FROM identity WHERE pending = 1"
    assert await readers.run(lambda sql: sql.execute(pending)) == [(1,)]
    monkeypatch.undo()

    settling = asyncio.create_task(identities.keep_settled(every=0.01))
    async with asyncio.timeout(10):
        while await readers.run(lambda sql: sql.execute(pending)) != [(0,)]:  # noqa: ASYNC110 - what is awaited is in a file
            await asyncio.sleep(0.01)
    settling.cancel()

    person = await identities.person(WORKSPACE, "anonymous_id:a")
    assert person is not None
    assert person.id == "user_id:1"


async def test_a_read_waits_for_what_a_full_turn_left(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading somebody whose merge is not done carries it on first."""
    monkeypatch.setattr(identity_network, "STEPS_A_TURN", 1)
    await identities.receive(CONFIG, STORY)
    monkeypatch.undo()

    person = await identities.person(WORKSPACE, "user_id:1")

    assert person is not None
    assert person.counts["page"] == 1


async def test_refused_events_are_kept(identities: Identities, readers: Readers) -> None:
    """`reject` returns once the refused event is stored with its reason."""
    refused = Rejection(0, "m1", "missing_event", "event: is missing", b"{}")
    await identities.reject(WORKSPACE, "web", [refused])

    rows = await readers.run(lambda sql: sql.execute("SELECT code, message FROM rejected_events"))

    assert rows == [("missing_event", "event: is missing")]
