"""What the lake's identity files have of people; in a thread."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.actors.erased_people import ErasedPeople
from headwater.exports.person import in_order, readable_change
from headwater.lake.schema import IDENTITY
from headwater.local.lake.arrow import python_rows
from headwater.local.lake.lake import Lake
from headwater.ports import BucketFailure, ObjectMissing


def identity_rows(lake: Lake, people: ErasedPeople) -> list[dict[str, Any]]:
    """Answer the rows of their actors and memberships, as they were at each flush, in order.

    Raises:
        BucketFailure: the lake was not read yet, or a file could not be had.
    """
    found: list[dict[str, Any]] = []
    names = pa.array(sorted(people.identifiers), pa.string())
    for one in lake.manifest_now(people.workspace).of(IDENTITY.name):
        try:
            with lake.open_file(one) as source:
                rows = pq.ParquetFile(source).read(use_threads=False)
        except ObjectMissing as error:
            raise BucketFailure(f"{one.key} is not there.") from error
        # What is on the move lies under the actor's name and a number: `user_id:42#1`.
        owner = pc.replace_substring_regex(rows.column("actor").cast(pa.string()), r"#\d+$", "")
        theirs = pc.or_(
            pc.is_in(owner, value_set=names),
            pc.is_in(rows.column("key").cast(pa.string()), value_set=names),
        )
        found += map(readable_change, python_rows(rows.filter(theirs)))
    return in_order(found)
