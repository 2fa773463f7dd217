"""Files that the writer makes, as hyparquet reads them: Parquet in JavaScript, in a browser too."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import pytest

from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.writer import write
from tests.lake.parquet.tables import COLUMNS, Table, random_table
from tests.sdk.node import FOLDER, node, run

SCRIPT = FOLDER / "parquet.mjs"
PACKAGE = "hyparquet"


@pytest.fixture(scope="module", autouse=True)
def _node_is_installed() -> None:
    """Nothing is written where Node is missing."""
    node(PACKAGE)


def as_printed(table: Table) -> list[dict[str, Any]]:
    """Answer a table's rows with values as the script prints them."""
    rows = zip(*(table[column.name] for column in COLUMNS), strict=True)
    names = [column.name for column in COLUMNS]
    return [dict(zip(names, map(_printed, row), strict=True)) for row in rows]


def _printed(value: Any) -> Any:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else struct.pack(">d", value).hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def test_hyparquet_reads_every_file(tmp_path: Path) -> None:
    """All kinds of columns, plain and gzip, in one page or many, with and without rows."""
    layouts = [
        Layout(page_rows=pages, group_rows=groups, codec=codec, together="person")
        for codec in (Codec.GZIP, Codec.NONE)
        for pages, groups in ((1000, 20_000), (3, 50), (1, 1), (1000, 7))
    ]
    expected = {}
    for number, layout in enumerate(layouts):
        table = random_table(number, rows=(300, 40, 12, 0)[number % 4])
        if number == 0:
            table["json_optional"][7] = '{"a": "' + "ü" * 500_000 + '"}'
        name = f"{number}.parquet"
        (tmp_path / name).write_bytes(write(COLUMNS, table, layout))
        expected[name] = as_printed(table)

    assert run(SCRIPT, str(tmp_path), package=PACKAGE) == expected


def test_hyparquet_finds_one_person_by_the_page_index(tmp_path: Path) -> None:
    """A filter on the person is answered by the pages whose bounds hold it."""
    table = random_table(5, rows=400)
    layout = Layout(page_rows=10, group_rows=100, together="person")
    (tmp_path / "one.parquet").write_bytes(write(COLUMNS, table, layout))
    person = table["person"][200]

    found = run(SCRIPT, str(tmp_path), person, package=PACKAGE)

    assert found["one.parquet"] == [row for row in as_printed(table) if row["person"] == person]
    assert found["one.parquet"]
