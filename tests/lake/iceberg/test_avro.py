"""Avro containers: what is written is read, also by others, and damage is an error of ours."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.lake.iceberg import avro
from headwater.lake.iceberg.errors import DamagedMetadata
from headwater.lake.iceberg.manifests import (
    Entry,
    Status,
    decode_manifest,
    encode_manifest,
    entry_schema,
)
from headwater.lake.iceberg.publish import SHAPES
from headwater.lake.iceberg.table import DataFile

LONGS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
SCHEMA = {
    "type": "record",
    "name": "all",
    "fields": [
        {"name": "long", "type": "long"},
        {"name": "text", "type": "string"},
        {"name": "bytes", "type": ["null", "bytes"]},
        {"name": "boolean", "type": "boolean"},
        {"name": "double", "type": "double"},
        {"name": "list", "type": {"type": "array", "items": "long"}},
        {"name": "map", "type": {"type": "map", "values": "string"}},
        {"name": "date", "type": {"type": "int", "logicalType": "date"}},
    ],
}
RECORDS = st.fixed_dictionaries(
    {
        "long": LONGS,
        "text": st.text(),
        "bytes": st.none() | st.binary(),
        "boolean": st.booleans(),
        "double": st.floats(allow_nan=False),
        "list": st.lists(LONGS),
        "map": st.dictionaries(st.text(), st.text()),
        "date": st.integers(min_value=-(2**31), max_value=2**31 - 1),
    }
)
NUMBERS = st.integers(min_value=0, max_value=2**40)
BOUNDS = st.dictionaries(st.integers(min_value=1, max_value=20), st.binary(max_size=64))
ENTRIES = st.builds(
    Entry,
    status=st.sampled_from(Status),
    snapshot=NUMBERS,
    sequence=NUMBERS,
    file=st.builds(
        DataFile,
        path=st.text(),
        rows=NUMBERS,
        size=NUMBERS,
        day=st.integers(min_value=-(2**31), max_value=2**31 - 1),
        lower=BOUNDS,
        upper=BOUNDS,
        nulls=st.dictionaries(st.integers(min_value=1, max_value=20), NUMBERS),
    ),
)


@given(records=st.lists(RECORDS))
def test_records_come_back(records: list[dict[str, object]]) -> None:
    """Every kind of value that the schemas here are made of."""
    assert avro.decode(SCHEMA, avro.encode(SCHEMA, records, notes={"ä": "1"})) == records


@given(entries=st.lists(ENTRIES, max_size=5))
@settings(deadline=None)
def test_a_manifests_entries_come_back(entries: list[Entry]) -> None:
    """With their files, bounds and all."""
    shape = SHAPES["events"]

    assert decode_manifest(encode_manifest(entries, shape, schema_number=0), shape) == tuple(
        entries
    )


@given(entries=st.lists(ENTRIES, min_size=1, max_size=3), data=st.data())
@settings(deadline=None)
def test_a_damaged_manifest_is_an_error_of_ours(entries: list[Entry], data: st.DataObject) -> None:
    """Nothing else is raised, wherever it is cut and whatever byte is another."""
    shape = SHAPES["events"]
    whole = encode_manifest(entries, shape, schema_number=0)
    cut = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[cut] = data.draw(st.integers(0, 255))

    with pytest.raises(DamagedMetadata):
        decode_manifest(whole[:cut], shape)
    with suppress(DamagedMetadata):
        decode_manifest(bytes(flipped), shape)


def test_another_schema_is_refused() -> None:
    """What a file says does not decide how it is read."""
    data = avro.encode(SCHEMA, [], notes={})

    with pytest.raises(DamagedMetadata, match="another schema"):
        avro.decode(entry_schema(SHAPES["events"]), data)
