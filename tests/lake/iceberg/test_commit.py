"""Snapshots: each that is kept shows the files that it showed when it was made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.lake.iceberg import commit as commits
from headwater.lake.iceberg.commit import Commit, Table, commit, hint_path, leftovers, new_table
from headwater.lake.iceberg.manifests import Status, decode_list, decode_manifest
from headwater.lake.iceberg.table import DataFile, Shape, bounds
from headwater.lake.parquet.columns import Column, Kind

SHAPE = Shape(
    (
        Column("person", Kind.STRING, required=True, field_id=1),
        Column("at", Kind.TIMESTAMP, required=True, field_id=2),
        Column("score", Kind.DOUBLE, field_id=3),
        Column("good", Kind.BOOLEAN, field_id=4),
    ),
    days_of="at",
)
LOCATION = "/lake/table"


class Store:
    """Objects by path, and the table whose they are."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.table = new_table(SHAPE, location=LOCATION, uuid="0" * 32)
        self.history: dict[int, set[str]] = {}

    def commit(self, added: list[str], removed: list[str], **options: Any) -> Commit:
        """Make a snapshot and store it."""
        number = self.table.version + 1
        made = commit(
            self.table,
            [data_file(name) for name in added],
            [f"{LOCATION}/{name}" for name in removed],
            **{"now": number * 1000, "unique": f"u{number}", **options},
        )
        for path, data in (*made.objects, made.metadata, made.hint):
            assert path == hint_path(LOCATION) or path not in self.objects
            self.objects[path] = data
        for path in made.garbage:
            del self.objects[path]
        self.table = made.table
        self.history[number] = set(made.table.files)
        return made

    def shown(self, snapshot: dict[str, Any]) -> set[str]:
        """Answer the files of a snapshot, out of the stored objects alone."""
        files = set()
        for one in decode_list(self.objects[snapshot["manifest-list"]]):
            data = self.objects[one["manifest_path"]]
            assert len(data) == one["manifest_length"]
            for entry in decode_manifest(data, SHAPE):
                if entry.status is not Status.DELETED:
                    assert entry.file.path not in files
                    files.add(entry.file.path)
        return files

    def check(self) -> None:
        """Every snapshot that is offered shows what it showed when it was made."""
        metadata = json.loads(self.objects[self.table_path])
        for snapshot in metadata["snapshots"]:
            assert self.shown(snapshot) == self.history[snapshot["snapshot-id"]]

    @property
    def table_path(self) -> str:
        """Answer where the newest metadata are."""
        version = self.objects[hint_path(LOCATION)].decode()
        return f"{LOCATION}/metadata/v{version}.metadata.json"


def data_file(name: str) -> DataFile:
    """Answer a file of that name."""
    lower, upper = bounds(SHAPE, {"person": ("a" * 100, "b" * 100), "at": (-1, 1)})
    return DataFile(f"{LOCATION}/{name}", 3, 100, day=20_000, lower=lower, upper=upper)


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans()), max_size=60))
@settings(deadline=None, max_examples=60)
def test_every_kept_snapshot_shows_its_files(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is added, removed and expired; and what is garbage nobody needs."""
    store = Store()
    there: list[str] = []
    made = 0
    for adding, removing, expires in steps:
        added = [f"f{made + number}" for number in range(adding)]
        made += adding
        removed, there = there[:removing], [*there[removing:], *added]
        since = (store.table.version - 2) * 1000 if expires else 0
        store.commit(added, removed, readable_since=since)
        assert set(store.table.files) == {f"{LOCATION}/{name}" for name in there}
        store.check()
    assert len(store.table.manifests) <= 21


def test_nothing_is_left_behind() -> None:
    """When all snapshots but the last are expired, only its objects and the last metadata stay."""
    store = Store()
    for number in range(60):
        store.commit([f"f{number}"], [f"f{number - 3}"] if number % 3 == 0 and number else [])
    store.commit([], [], readable_since=10**9)

    (snapshot,) = store.table.metadata["snapshots"]
    needed = {snapshot["manifest-list"], *(one.path for one in store.table.manifests)}
    avros = {path for path in store.objects if path.endswith(".avro")}
    metadata = [path for path in store.objects if path.endswith(".metadata.json")]
    assert avros == needed
    assert len(metadata) == 21
    store.check()


def test_old_snapshots_are_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most so many are kept, the newest."""
    monkeypatch.setattr(commits, "MOST_SNAPSHOTS", 5)
    store = Store()
    for number in range(12):
        store.commit([f"f{number}"], [])

    kept = [one["snapshot-id"] for one in store.table.metadata["snapshots"]]
    assert kept == [8, 9, 10, 11, 12]
    store.check()


def test_a_removed_files_bounds_are_forgotten() -> None:
    """They name people, and one of them may be why it was removed."""
    store = Store()
    store.commit(["f1", "f2"], [])

    store.commit([], ["f1"])

    (manifest,) = store.table.manifests
    bounds_of = {entry.file.path[-2:]: entry.file.lower for entry in manifest.entries}
    assert bounds_of["f1"] == {}
    assert bounds_of["f2"] != {}


def test_many_small_manifests_are_joined() -> None:
    """A scan reads few objects, however many commits there were."""
    store = Store()
    for number in range(100):
        store.commit([f"f{number}"], [])

    assert len(store.table.manifests) <= 20
    assert len(store.table.files) == 100


def test_a_new_column_is_a_new_schema() -> None:
    """Snapshots keep the schema that they were made with."""
    store = Store()
    store.commit(["f1"], [])
    wider = Shape((*SHAPE.columns, Column("new", Kind.INT64, field_id=9)), days_of="at")
    store.table = Table(wider, store.table.version, store.table.metadata, store.table.manifests)

    store.commit(["f2"], [])

    metadata = store.table.metadata
    assert [one["schema-id"] for one in metadata["schemas"]] == [0, 1]
    assert metadata["current-schema-id"] == 1
    assert [one["schema-id"] for one in metadata["snapshots"]] == [0, 1]
    assert metadata["last-column-id"] == 9


def test_time_never_goes_back() -> None:
    """A clock that was set back does not make two snapshots of the same instant."""
    store = Store()
    for now in (5000, 4000, 5000):
        store.commit([f"f{now}-{store.table.version}"], [], now=now)

    times = [one["timestamp-ms"] for one in store.table.metadata["snapshots"]]
    assert times == [5000, 5001, 5002]


def test_what_failed_commits_left_is_found() -> None:
    """All but what the one snapshot needs, and what the next one may be writing."""
    store = Store()
    store.commit(["f1"], [])
    folder = f"{LOCATION}/metadata"
    (snapshot,) = store.table.metadata["snapshots"]
    lost = [f"{folder}/00000001-x-m0.avro", f"{folder}/snap-00000001-x.avro"]
    needed = [snapshot["manifest-list"], store.table.manifests[0].path, store.table_path]
    others = [f"{folder}/00000002-y-m0.avro", f"{folder}/other.avro"]

    assert leftovers(store.table, [*lost, *needed, *others]) == lost


def test_bounds_are_in_icebergs_form() -> None:
    """Texts are cut, instants count microseconds, and what has no upper bound has none."""
    edges = {
        "person": ("ä" * 50, "\U0010ffff" * 30),
        "at": (-1, 2),
        "score": (0.5, 1.5),
        "good": (False, True),
    }

    lower, upper = bounds(SHAPE, edges)

    assert lower[1] == ("ä" * 32).encode()
    assert 1 not in upper
    assert (int.from_bytes(lower[2], "little", signed=True), upper[2][:2]) == (-1000, b"\xd0\x07")
    assert (lower[4], upper[4]) == (b"\x00", b"\x01")
    assert len(upper[3]) == 8
