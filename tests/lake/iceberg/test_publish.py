"""The lake as Iceberg tables, opened with pyiceberg."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

from headwater.lake import keys, schema
from headwater.lake.columns import parquet_columns
from headwater.lake.iceberg.publish import Publisher, folder
from headwater.lake.keys import DAY
from headwater.lake.manifest import Entry, LakeFile, Manifest, Tier
from headwater.lake.parquet.writer import write
from headwater.ports import BucketFailure
from tests.lake.memory_bucket import MemoryBucket

START = 20_000 * DAY
EVENTS = folder("default", "events")


class Numbers:
    """A `Random` that counts; `who` tells two of them apart."""

    def __init__(self, who: str = "0") -> None:
        self._who = who
        self._drawn = 0

    def uuid(self) -> str:
        self._drawn += 1
        return f"{self._who * 8}-0000-4000-8000-{self._drawn:012}"

    def uniform(self) -> float:
        return 0.5


class Lake:
    """A bucket with files and their manifest, and a publisher; the bucket can be put on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bucket = MemoryBucket()
        self.manifest = Manifest()
        self.publisher = Publisher(self.bucket, root=str(root), random=Numbers())

    def change(self, add: Sequence[LakeFile] = (), remove: Sequence[LakeFile] = ()) -> None:
        """Make the manifest's next version, a second after the last."""
        at = START + (self.manifest.version + 1) * 1000
        gone = tuple(one.key for one in remove)
        entry = Entry(id=str(at), at=at, reason="test", add=tuple(add), remove=gone)
        self.manifest = self.manifest.after(entry)

    def events(self, people: Sequence[str], *, day: int = 0, name: str = "") -> LakeFile:
        """Write a file of one event for each of these people, and answer it."""
        people = sorted(people)
        at = [START + day * DAY + number for number in range(len(people))]
        rows: dict[str, list[Any]] = {
            "person": list(people),
            "via": list(people),
            "message_id": [f"{name}{day}-{number}" for number in range(len(people))],
            "type": ["track"] * len(people),
            "timestamp": at,
            "received_at": at,
            "rest": ["{}"] * len(people),
            "position": list(range(len(people))),
        }
        key = keys.events_key("default", 20_000 + day, name or people[0].replace(":", "-"))
        data = write(parquet_columns(schema.EVENTS), rows)
        self.bucket.objects[key] = data
        return LakeFile(
            key=key,
            table="events",
            tier=Tier.MICRO,
            rows=len(people),
            bytes=len(data),
            first=people[0],
            last=people[-1],
            since=at[0],
            until=at[-1],
            day=20_000 + day,
        )

    def open(self, table: str = "events") -> StaticTable:
        """Put the bucket on disk and open a table with pyiceberg."""
        for key, data in self.bucket.objects.items():
            path = self.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return StaticTable.from_metadata(str(self.root / folder("default", table)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake in a folder whose name needs care."""
    return Lake(tmp_path / "the lake ä")


def people_of(table: StaticTable, **options: Any) -> list[str]:
    """Answer the people whose events a scan finds, sorted."""
    found: list[str] = table.scan(**options).to_arrow().column("person").to_pylist()
    return sorted(found)


async def test_pyiceberg_opens_the_whole_lake(lake: Lake) -> None:
    """All files are one table, with the columns that the lake has."""
    lake.change([lake.events(["user_id:1", "user_id:2"]), lake.events(["email:a"], day=1)])

    await lake.publisher.publish("default", lake.manifest)

    table = lake.open()
    assert people_of(table) == ["email:a", "user_id:1", "user_id:2"]
    ids = [(one.name, one.field_id, one.required) for one in table.schema().fields]
    assert ids == [(one.name, one.field_id, one.required) for one in schema.EVENTS.columns]
    instants = table.scan(row_filter="person = 'email:a'").to_arrow().column("timestamp")
    assert instants.cast("int64").to_pylist() == [(START + DAY) * 1000]


async def test_a_snapshot_is_travelled_back_to(lake: Lake) -> None:
    """By its id, or by the time that it was the newest at."""
    first, second = lake.events(["user_id:1"]), lake.events(["user_id:2"])
    for files in ([first], [second]):
        lake.change(files)
        await lake.publisher.publish("default", lake.manifest)
    joined = lake.events(["user_id:1", "user_id:2"], name="joined")
    lake.change([joined], [first, second])
    await lake.publisher.publish("default", lake.manifest)

    table = lake.open()
    assert people_of(table, snapshot_id=1) == ["user_id:1"]
    then = table.snapshot_as_of_timestamp(START + 2500)
    assert then is not None
    assert people_of(table, snapshot_id=then.snapshot_id) == ["user_id:1", "user_id:2"]
    assert people_of(table) == ["user_id:1", "user_id:2"]
    paths = [task.file.file_path for task in table.scan().plan_files()]
    assert paths == [f"{lake.root}/{joined.key}"]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("person = 'user_id:2'", ["b"]),
        ("received_at >= '2024-10-06T00:00:00+00:00'", ["c"]),
        ("timestamp < '2024-10-05T00:00:00+00:00'", ["a"]),
        ("person > 'user_id:7'", []),
    ],
)
async def test_files_that_cannot_match_are_not_read(
    lake: Lake, condition: str, names: list[str]
) -> None:
    """The days and the bounds in the metadata leave them out."""
    files = [lake.events([f"user_id:{day + 1}"], day=day, name="abc"[day]) for day in range(3)]
    lake.change(files)
    await lake.publisher.publish("default", lake.manifest)

    tasks = lake.open().scan(row_filter=condition).plan_files()

    assert [Path(task.file.file_path).stem for task in tasks] == names


async def test_an_empty_lake_is_an_empty_table(lake: Lake) -> None:
    """Both tables are there from the start."""
    await lake.publisher.publish("default", lake.manifest)

    for name in ("events", "identity"):
        assert lake.open(name).scan().to_arrow().num_rows == 0


async def test_a_catalogue_can_take_the_table_in(lake: Lake, tmp_path: Path) -> None:
    """Of SQL here; a REST catalogue registers it in the same way."""
    lake.change([lake.events(["user_id:1"])])
    await lake.publisher.publish("default", lake.manifest)
    location = lake.open().metadata_location
    catalogue = SqlCatalog(
        "test", uri=f"sqlite:///{tmp_path}/catalogue.db", warehouse=str(tmp_path)
    )
    try:
        catalogue.create_namespace("headwater")
        table = catalogue.register_table("headwater.events", location)
        assert table.scan().to_arrow().num_rows == 1
    finally:
        catalogue.close()


async def test_nothing_is_written_where_nothing_changed(lake: Lake) -> None:
    """However often it is published, by whomever."""
    lake.change([lake.events(["user_id:1"])])
    await lake.publisher.publish("default", lake.manifest)
    before = dict(lake.bucket.objects)

    await lake.publisher.publish("default", lake.manifest)
    await Publisher(lake.bucket, root=str(lake.root), random=Numbers("1")).publish(
        "default", lake.manifest
    )

    assert lake.bucket.objects == before


async def test_two_publishers_make_one_table(lake: Lake) -> None:
    """One that has old versions in mind goes by what the other has stored."""
    others = [
        Publisher(lake.bucket, root=str(lake.root), random=Numbers(str(number)))
        for number in range(1, 3)
    ]
    people = []
    for number in range(30):
        people.append(f"user_id:{number:02}")
        lake.change([lake.events(people[-1:])])
        # The second comes once every thirteen versions, when those it knows are long deleted.
        await others[number % 13 == 12].publish("default", lake.manifest)
        if number % 5 == 0:
            await others[1].publish("default", lake.manifest)

    assert people_of(lake.open()) == people


async def test_a_bucket_that_fails_only_delays_it(lake: Lake) -> None:
    """Half-made commits change nothing, and the next one makes up for them."""
    people = []
    for number in range(15):
        people.append(f"user_id:{number:02}")
        lake.change([lake.events(people[-1:])])
        lake.bucket.failing = 25
        for _ in range(50):
            try:
                await lake.publisher.publish("default", lake.manifest)
                break
            except BucketFailure:
                continue
        lake.bucket.failing = 0
        if number % 4 == 0:
            lake.publisher = Publisher(
                lake.bucket, root=str(lake.root), random=Numbers(f"{number:x}")
            )
    await lake.publisher.publish("default", lake.manifest)

    table = lake.open()
    assert people_of(table) == people
    for snapshot in table.snapshots():
        assert set(people_of(table, snapshot_id=snapshot.snapshot_id)) <= set(people)


async def test_a_file_that_is_deleted_leaves_no_trace(lake: Lake) -> None:
    """No snapshot offers it any more, and nobody's name stays in the metadata."""
    canary = lake.events(["user_id:canary", "user_id:other"])
    lake.change([canary])
    await lake.publisher.publish("default", lake.manifest)
    lake.change([lake.events(["user_id:more"])])
    await lake.publisher.publish("default", lake.manifest)
    lake.bucket.objects[f"{EVENTS}/metadata/00000002-lost-m0.avro"] = b"user_id:canary"
    lake.change([lake.events(["user_id:other"])], [canary])

    await lake.publisher.publish("default", lake.manifest, deleting=[canary.key])
    del lake.bucket.objects[canary.key]

    table = lake.open()
    assert [people_of(table, snapshot_id=one.snapshot_id) for one in table.snapshots()] == [
        ["user_id:more", "user_id:other"]
    ]
    from headwater.lake.iceberg import avro
    from headwater.lake.iceberg.manifests import LIST_SCHEMA, entry_schema
    from headwater.lake.iceberg.publish import SHAPES

    for key, data in lake.bucket.objects.items():
        assert b"canary" not in data
        if key.endswith(".avro") and "/events/" in key:
            expected = LIST_SCHEMA if "/snap-" in key else entry_schema(SHAPES["events"])
            assert "user_id:canary" not in str(avro.decode(expected, data))


@pytest.mark.parametrize("damage", ["newest", "manifest", "hint"])
async def test_damaged_metadata_are_made_anew(lake: Lake, damage: str) -> None:
    """They say nothing that the manifest does not."""
    lake.change([lake.events(["user_id:1"])])
    await lake.publisher.publish("default", lake.manifest)
    objects = lake.bucket.objects
    damaged = {
        "newest": f"{EVENTS}/metadata/v1.metadata.json",
        "manifest": next(key for key in objects if key.endswith("-m0.avro")),
        "hint": f"{EVENTS}/metadata/version-hint.text",
    }[damage]
    objects[damaged] = b"damaged"
    lake.change([lake.events(["user_id:2"])])

    fresh = Publisher(lake.bucket, root=str(lake.root), random=Numbers("1"))
    await fresh.publish("default", lake.manifest)

    assert people_of(lake.open()) == ["user_id:1", "user_id:2"]


async def test_a_lake_that_moved_is_published_anew(lake: Lake, tmp_path: Path) -> None:
    """Iceberg's paths are whole addresses, so that the old ones are worth nothing."""
    lake.change([lake.events(["user_id:1"])])
    await lake.publisher.publish("default", lake.manifest)
    lake.root = tmp_path / "elsewhere"

    moved = Publisher(lake.bucket, root=str(lake.root), random=Numbers("1"))
    await moved.publish("default", lake.manifest)

    table = lake.open()
    assert people_of(table) == ["user_id:1"]
    assert table.location().startswith(str(lake.root))
