"""Events exported out of the lake by steps, whatever fails and dies meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import structs

from headwater.dispatch.exporting.files import FOLDER
from headwater.exports.events import COLUMNS
from headwater.lake.keys import DAY
from headwater.lake.parquet.reader import read
from tests.dispatch.erasing.world import START, ErasingWorld, W, event, run

SEEDS = int(os.environ.get("HEADWATER_SEEDS", "4"))
READS = {
    "parquet": "read_parquet('{0}')",
    "csv": "read_csv('{0}', all_varchar = true, allow_quoted_nulls = false)",
    "jsonl": "read_json('{0}', format = 'newline_delimited', auto_detect = true)",
}
DAYS = 3
PEOPLE = 7


async def told(world: ErasingWorld) -> None:
    """Have some people do something on each of some days, and all of it go to the lake."""
    await world.prepare()
    for day in range(DAYS):
        some = [
            structs.replace(
                event(f"p{person}", 10 * day + part, "user_id", event=f"part {part}"),
                timestamp=START + day * DAY + person,
                received_at=START + day * DAY + person,
            )
            for person in range(PEOPLE)
            for part in range(3)
        ]
        await world.receive(*[_at_its_time(one) for one in some])
        await world.flush()


def _at_its_time(arrival: Any) -> Any:
    """Answer an event whose text tells the times that it has."""
    from headwater.collect.times import write_time

    at = write_time(arrival.timestamp)
    body = arrival.body.replace("2026-09-22T10:00:00.000Z", at)
    return structs.replace(arrival, body=body)


def lake(world: ErasingWorld) -> list[dict[str, Any]]:
    """Answer all rows of events that are in the bucket."""
    rows = []
    for key, data in world.bucket.objects.items():
        if key.startswith(f"{W}/events/"):
            table = read(data)
            rows += [
                dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)
            ]
    return rows


async def exported(world: ErasingWorld, **order: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Order an export, and have it made; answer its result and its files."""
    given = {"where": None, "since": None, "until": None, "partition_by": None, **order}
    job = await world.order("export", given)
    await world.finish()
    world.failing = world.deadly = world.bucket.failing = 0
    ended = await world.jobs.job(W, job.id)
    assert ended.state == "done", ended.error
    assert ended.result is not None
    assert ended.done == ended.total
    files = {}
    for one in ended.result["files"]:
        file = await world.exports.file(W, job.id, one["name"])
        files[one["name"]] = b"".join([part async for part in file.read(0, file.size)])
        assert len(files[one["name"]]) == one["bytes"]
    return dict(ended.result), files


def ids_of(files: dict[str, bytes], folder: Path) -> dict[str, list[str]]:
    """Answer the message ids that DuckDB reads of each file."""
    found = {}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        source = READS[path.suffix.removeprefix(".")].format(path)
        with duckdb.connect() as engine:
            rows = engine.execute(f"SELECT message_id FROM {source}").fetchall()
        found[name] = sorted(one for (one,) in rows)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that read little, so that there are many."""
    monkeypatch.setattr("headwater.dispatch.exporting.events.ROWS", 10)


@pytest.mark.parametrize("form", READS)
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.usefixtures("small")
def test_each_event_is_in_it_once_whatever_fails(form: str, seed: int, tmp_path: Path) -> None:
    """Calls and the bucket fail, and the job's object dies in the middle of its steps."""

    async def tell() -> None:
        world = ErasingWorld(seed)
        await told(world)
        everything = sorted(row["message_id"] for row in lake(world))
        assert len(everything) == DAYS * PEOPLE * 3
        if seed:
            world.failing = world.deadly = world.bucket.failing = 4

        result, files = await exported(world, format=form)

        assert result["rows"] == len(everything)
        assert ids_of(files, tmp_path) == {f"events.{form}": everything}

    run(tell())


@pytest.mark.parametrize("form", READS)
@pytest.mark.usefixtures("small")
def test_a_file_for_each_day_of_receipt(form: str, tmp_path: Path) -> None:
    """With what was asked for of that day; a day of which there is nothing has none."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        since = START + DAY
        rows = [row for row in lake(world) if row["timestamp"] >= since]
        wanted: dict[str, list[str]] = {}
        for row in rows:
            if row["name"] == "part 1":
                day = "2026-09-22" if row["received_at"] < START + 2 * DAY - 1 else "2026-09-23"
                wanted.setdefault(f"day={day}/events.{form}", []).append(row["message_id"])

        result, files = await exported(
            world, format=form, partition_by="day", since=since, where="name = 'part 1'"
        )

        assert len(wanted) == 2
        assert ids_of(files, tmp_path) == {name: sorted(ids) for name, ids in wanted.items()}
        assert result["rows"] == 2 * PEOPLE

    run(tell())


def test_people_are_who_they_are_now(tmp_path: Path) -> None:
    """After a merge and a split, in the column and in a condition, whatever the lake says."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        names = [f"user_id:p{number}user_id" for number in range(3)]
        await world.people.merge(W, names[0], names[1])
        await world.settle()
        await world.receive(event("p1", 50, "user_id"), event("p2", 50, "user_id"))
        await world.flush()
        links = await world.people.explain(W, names[0])
        assert links is not None
        await world.people.merge(W, names[0], names[2])
        await world.people.split(W, names[0], links.links[0].id)
        await world.settle()
        now = {}
        for name in names:
            person = await world.people.person(W, name)
            assert person is not None
            now[name] = person.id
        assert len({*now.values()}) == 2
        assert [row for row in lake(world) if row["person"] != now.get(row["via"], row["person"])]

        _, files = await exported(world, format="parquet")
        table = read(files["events.parquet"])
        whose = dict(zip(table["via"], table["person"], strict=True))
        assert {name: whose[name] for name in names} == now
        where = f"person = '{now[names[2]]}'"
        _, files = await exported(world, format="csv", where=where)
        found = ids_of(files, tmp_path)["events.csv"]
        assert found == sorted(
            row["message_id"] for row in lake(world) if now.get(row["via"]) == now[names[2]]
        )

    run(tell())


def test_rows_are_as_the_lake_has_them(tmp_path: Path) -> None:
    """All columns but those that only the lake has a use for, in Parquet as in the lake."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)

        _, files = await exported(world, format="parquet")

        table = read(files["events.parquet"])
        found = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        wanted = [{name: row[name] for name in COLUMNS} for row in lake(world)]
        assert sorted(found, key=repr) == sorted(wanted, key=repr)

    run(tell())


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("where", [None, "FALSE"])
def test_where_there_is_nothing_there_is_an_empty_file(
    form: str, where: str | None, tmp_path: Path
) -> None:
    """Of one file for all; with a day each there is none."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        until = START - DAY if where is None else None

        result, files = await exported(world, format=form, where=where, until=until)
        assert ids_of(files, tmp_path) == {f"events.{form}": []}
        assert result["rows"] == 0
        _, files = await exported(world, format=form, where=where, until=until, partition_by="day")
        assert files == {}
        _, files = await exported(world, format="jsonl", where=where, until=until)
        assert files == {"events.jsonl": b""}

    run(tell())


def test_a_file_of_the_lake_that_goes_ends_it_in_words() -> None:
    """It was replaced more than a day ago, or an erasure came in between."""

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        order = {"format": "csv", "where": None, "since": None, "until": None}
        job = await world.order("export", {**order, "partition_by": None})
        await world.keeper(W, job.id).work()
        for key in [key for key in world.bucket.objects if key.startswith(f"{W}/events/")]:
            del world.bucket.objects[key]

        await world.finish()

        ended = await world.jobs.job(W, job.id)
        assert ended.state == "failed"
        assert "order it again" in (ended.error or "")
        assert not [key for key in world.bucket.objects if key.startswith(FOLDER)]

    run(tell())


def test_one_file_of_parquet_holds_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are refused at once, with what to do."""
    monkeypatch.setattr("headwater.dispatch.exporting.events.MOST", 5)

    async def tell() -> None:
        world = ErasingWorld()
        await told(world)
        order = {"where": None, "since": None, "until": None, "partition_by": None}
        job = await world.order("export", {**order, "format": "parquet"})

        await world.finish()

        ended = await world.jobs.job(W, job.id)
        assert ended.state == "failed"
        assert "a file for each day" in (ended.error or "")

    run(tell())
