"""Reading files row by row."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from headwater.local.imports import rows


def write(path: Path, text: str) -> Path:
    """Answer a file with a text."""
    path.write_text(text, "utf-8")
    return path


def test_json_lines(tmp_path: Path) -> None:
    """Each line is a row; one that is no object says so, and the rest are read."""
    file = write(tmp_path / "a.jsonl", '{"a": 1}\n\n[1]\nnonsense\n{"b": "ü"}\n')
    found = list(rows.read(file, rows.format_of(file)))
    assert [(row.number, row.fields) for row in found] == [
        (1, {"a": 1}),
        (3, None),
        (4, None),
        (5, {"b": "ü"}),
    ]
    assert "not an object" in found[1].trouble
    assert "not JSON" in found[2].trouble


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", '\ufeffid,note\n1,"a, b\nc"\n2,\n3\n'),
        ("a.csv", 'id;note\n1;"a, b\nc"\n2;\n3\n'),
        ("a.tsv", 'id\tnote\n1\t"a, b\nc"\n2\t\n3\n'),
    ],
)
def test_csv(tmp_path: Path, name: str, text: str) -> None:
    """Commas, semicolons and tabs; quotes over lines; empty values are left out."""
    file = write(tmp_path / name, text)
    found = list(rows.read(file, rows.format_of(file)))
    assert [row.fields for row in found] == [{"id": "1", "note": "a, b\nc"}, {"id": "2"}, None]
    assert found[2].trouble == "has 1 column and the header has 2"


def test_parquet(tmp_path: Path) -> None:
    """Columns of every kind become what JSON has; the count is known before."""
    file = tmp_path / "a.parquet"
    duckdb.execute(
        "COPY (SELECT 'u' AS user_id, 9.50::DECIMAL(8,2) AS amount,"
        " TIMESTAMP '2026-11-01 09:30:00' AS timestamp,"
        " {'city': 'Graz', 'tags': ['a']} AS address, NULL AS nothing, 7::BIGINT AS n"
        " UNION ALL SELECT 'v', 1, NULL, NULL, NULL, NULL)"
        f" TO '{file}' (FORMAT parquet)"
    )
    found = list(rows.read(file, rows.format_of(file)))
    assert rows.count(file, "parquet") == 2
    assert [row.fields for row in found] == [
        {
            "user_id": "u",
            "amount": 9.5,
            "timestamp": "2026-11-01T09:30:00+00:00",
            "address": {"city": "Graz", "tags": ["a"]},
            "n": 7,
        },
        {"user_id": "v", "amount": 1.0},
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "is empty: the first line names the columns"),
        ("a.csv", "id,id\n1,2\n", "two columns are named 'id'"),
        ("a.csv", 'id\n"1\n', "line 2"),
        ("a.parquet", "nonsense", "a.parquet: "),
        ("a.txt", "", "give --format with one of jsonl, csv, parquet"),
    ],
)
def test_file_that_cannot_be_read_says_where(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """The message has the file's name, and the line where there is one."""
    file = write(tmp_path / name, text)
    with pytest.raises(rows.UnreadableFile, match=message):
        list(rows.read(file, rows.format_of(file)))
