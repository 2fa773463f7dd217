"""Writing files anew without the rows of people who are erased; in the lake's own process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.actors.erased_people import ErasedPeople
from headwater.lake import keys
from headwater.lake.manifest import LakeFile
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.local.lake.any_version import rows_of
from headwater.local.lake.arrow import arrow_schema, completed, in_order
from headwater.local.lake.compact import BATCH, local_paths
from headwater.local.lake.flush import described
from headwater.local.lake.orders import Erase, Erased, Replaced
from headwater.local.lake.sorted_files import written_files
from headwater.ports import Bucket


async def erase(order: Erase, bucket: Bucket) -> Erased:
    """Write those of the files anew that hold anything of these people; answer which they are."""
    people = ErasedPeople(order.workspace, order.identifiers, order.messages)
    replaced: list[Replaced] = []
    for one in order.files:
        with ExitStack() as ending:
            (path,) = await local_paths([one], bucket, ending)
            table = EVENTS if one.table == EVENTS.name else IDENTITY
            if table is EVENTS:
                if not _holds_events(path, people):
                    continue
                batches = _events_left(path, people, order.memory, ending)
            else:
                left = _identity_left(path, people)
                if left is None:
                    continue
                batches = iter([left] if left.num_rows else [])
            new: list[LakeFile] = []
            parts = written_files(table, batches, target=order.target, level=order.level)
            for part, data in parts:
                unique = f"{order.unique[:10]}{len(replaced):03x}{len(new):03x}"
                name = keys.file_name(order.now, unique)
                if table is EVENTS and one.day is not None:
                    cold = one.key.startswith(keys.COLD)
                    key = keys.events_key(order.workspace, one.day, name, cold=cold)
                else:
                    key, cold = keys.identity_key(order.workspace, name), False
                await bucket.put(key, data, cold=cold)
                new.append(described(table, key, part, size=len(data), day=one.day, tier=one.tier))
            replaced.append(Replaced(one, new))
    return Erased(replaced)


def _holds_events(path: str, people: ErasedPeople) -> bool:
    wanted = pa.array(sorted(people.identifiers), pa.string())
    for batch in pq.ParquetFile(path).iter_batches(columns=["person", "via"]):
        for column in batch.columns:
            if pc.any(pc.is_in(column.cast(pa.string()), value_set=wanted)).as_py():
                return True
    return False


def _events_left(
    path: str, people: ErasedPeople, memory: int, ending: ExitStack
) -> Iterator[pa.Table]:
    """Answer others' events; one that lay under an erased root lies under its own id from now on.

    That happens to people who were one with them once, and were parted.
    """
    folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="headwater-erase-"))
    config: dict[str, Any] = {"memory_limit": f"{memory}B", "temp_directory": folder, "threads": 1}
    engine = ending.enter_context(closing(duckdb.connect(config=config)))
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute("CREATE TABLE gone AS SELECT unnest(?) AS id", [sorted(people.identifiers)])
    names = ", ".join(
        "CASE WHEN person IN (FROM gone) THEN via ELSE person END AS person"
        if column.name == "person"
        else f'"{column.name}"'
        for column in EVENTS.columns
    )
    order = ", ".join(f'"{name}"' for name in EVENTS.order)
    found: Any = engine.sql(
        f"SELECT * FROM (SELECT {names} FROM {rows_of(EVENTS, '?')}"  # noqa: S608 - names of the schema
        f" WHERE via NOT IN (FROM gone)) ORDER BY {order}",
        params=[[path]],
    )
    schema = arrow_schema(EVENTS)
    for batch in found.to_arrow_reader(BATCH):
        if batch.num_rows:
            yield pa.Table.from_batches([batch]).cast(schema)


def _identity_left(path: str, people: ErasedPeople) -> pa.Table | None:
    """Answer the rows that are not theirs, without mentions of them; None where all may stay."""
    rows = pq.read_table(path, partitioning=None)
    kinds, actors, others, bodies = (
        rows.column(name).to_pylist() for name in ("kind", "actor", "key", "body")
    )
    keep, texts, changed = [], [], False
    for kind, actor, key, body in zip(kinds, actors, others, bodies, strict=True):
        stays = not people.are_named(actor) and not (key and people.are_named(key))
        scrubbed = people.scrubbed(body) if stays and kind == "state" and body else None
        keep.append(stays)
        texts.append(scrubbed or body)
        changed = changed or not stays or scrubbed is not None
    if not changed:
        return None
    place = rows.schema.get_field_index("body")
    texted = rows.set_column(place, "body", pa.array(texts, pa.string()))
    return in_order(IDENTITY, completed(IDENTITY, texted.filter(pa.array(keep))))
