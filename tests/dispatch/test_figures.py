"""How a Worker is, where those who know answer, and where they do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from headwater.dispatch.figures import FiguresOverActors
from headwater.errors import Unavailable
from headwater.lake.catalogue import Catalogue
from headwater.lake.manifest import Entry, LakeFile, Tier
from headwater.ports import BucketFailure, CallFailed, StoredObject
from tests.lake.memory_bucket import MemoryBucket


class Those:
    """Who knows: shards, lanes and settings in one."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.is_down = is_down

    def now(self) -> int:
        """Answer the time."""
        return 1_000

    async def people(self, workspace: str) -> int:
        """Answer how many people there are."""
        if self.is_down:
            raise CallFailed("a shard is down")
        return len(workspace)

    async def status(self, workspace: str) -> list[Any]:
        """Answer no lanes."""
        assert workspace
        return []

    async def read(self, workspace: str, method: Any) -> int:
        """Answer how many events were refused."""
        assert method.__name__ == "rejected_so_far"
        return 10 * len(workspace)


class Broken(MemoryBucket):
    """A bucket that does not answer."""

    async def list(self, prefix: str, *, after: str = "") -> list[StoredObject]:
        """Fail."""
        raise BucketFailure(f"{prefix}{after}: it is away")


def figures(bucket: Any, *, is_down: bool = False) -> FiguresOverActors:
    """Answer the figures over those who know."""
    those: Any = Those(is_down=is_down)
    return FiguresOverActors(those, those, those, bucket, clock=those)


def file(key: str, table: str, *, rows: int, size: int) -> LakeFile:
    """Answer a file of the lake."""
    return LakeFile(key, table, Tier.MICRO, rows, size, "a", "b", 0, 1, day=1)


def test_each_workspace_has_its_own_and_refusals_are_added_up() -> None:
    """A counter that only grows, people by workspace, and what the manifest says of the lake."""

    async def tell() -> bytes:
        bucket = MemoryBucket()
        told = figures(bucket)
        await told.metrics(["ab"])
        added = (file("e", "events", rows=5, size=70), file("i", "identity", rows=3, size=30))
        await Catalogue(bucket, "ab").add(Entry("1", 1, "flush", add=added))
        return await told.metrics(["ab", "wxyz"])

    families = text_string_to_metric_families(asyncio.run(tell()).decode())
    samples = {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }

    assert samples == {
        ("headwater_events_total", "rejected"): 60,
        ("headwater_people", "ab"): 2,
        ("headwater_people", "wxyz"): 4,
        ("headwater_lake_files", "ab"): 2,
        ("headwater_lake_files", "wxyz"): 0,
        ("headwater_lake_events", "ab"): 5,
        ("headwater_lake_events", "wxyz"): 0,
        ("headwater_lake_bytes", "ab"): 100,
        ("headwater_lake_bytes", "wxyz"): 0,
    }


def test_without_a_bucket_nothing_is_told_of_a_lake() -> None:
    """What there is not has no figures."""
    status = asyncio.run(figures(None).status("w"))

    assert (status.state, status.started_at) == ("ready", 1_000)
    assert status.figures == {"people": 1, "events_rejected": 10}


@pytest.mark.parametrize(
    ("bucket", "is_down", "said"),
    [(None, True, "people cannot be counted"), (Broken(), False, "lake cannot be read now")],
    ids=["shard", "bucket"],
)
def test_who_does_not_answer_is_named(bucket: Any, is_down: bool, said: str) -> None:  # noqa: FBT001 - a table
    """Half of the figures would look like all of them; so there are none, and why."""
    with pytest.raises(Unavailable, match=said):
        asyncio.run(figures(bucket, is_down=is_down).metrics(["w"]))
