"""The rows of a file, one after the other, whatever its format."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from headwater.quantities import counted

Format = Literal["jsonl", "csv", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
_PAGE = 2_000
_MAX_FIELD = 1024 * 1024


class UnreadableFile(Exception):
    """The file is not what its format says; the message tells where."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes:
        number: counted from 1, the header of a CSV not counted.
        fields: its columns, or the JSON object; None where it cannot be read, and then
            `trouble` says why.
    """

    number: int
    fields: dict[str, Any] | None
    trouble: str = ""


def format_of(path: Path) -> Format:
    """Answer the format that a file's name tells.

    Raises:
        UnreadableFile: it tells none.
    """
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UnreadableFile(
            f"{path.name}: its name does not tell its format; give --format with one of "
            f"{', '.join(get_args(Format))}."
        )
    return found


def count(path: Path, form: Format) -> int | None:
    """Answer how many rows a file has, for a progress bar; None where that takes reading it."""
    if form != "parquet":
        return None
    import duckdb  # noqa: PLC0415 - only Parquet needs it

    with _explained(path, duckdb.Error):
        found = (
            duckdb.connect()
            .execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [str(path)])
            .fetchone()
        )
    return int(found[0]) if found else None


def read(path: Path, form: Format) -> Iterator[Row]:
    """Answer the rows of a file in order; a row that cannot be read says so and is passed over.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    readers = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}
    try:
        yield from readers[form](path)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}.") from error


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _object(number, line)


def _object(number: int, line: bytes) -> Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Row(number, None, f"is not JSON: {error}")
    if not isinstance(found, dict):
        return Row(number, None, f"is a JSON {type(found).__name__}, not an object")
    return Row(number, found)


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(64 * 1024)
        file.seek(0)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(sample)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = next(rows, None)
            if not header:
                raise UnreadableFile(f"{path.name} is empty: the first line names the columns.")
            if len(set(header)) < len(header):
                twice = next(name for name in header if header.count(name) > 1)
                raise UnreadableFile(f"{path.name}: two columns are named {twice!r}.")
            for number, row in enumerate(rows, 1):
                yield _columns(number, header, row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableFile(f"{path.name}, line {rows.line_num}: {error}.") from error


def _delimiter(sample: str) -> str:
    header = sample.partition("\n")[0]
    return max(",;\t|", key=header.count)


def _columns(number: int, header: list[str], row: list[str]) -> Row:
    if len(row) != len(header):
        return Row(
            number, None, f"has {counted(len(row), 'column')} and the header has {len(header)}"
        )
    return Row(number, {name: value for name, value in zip(header, row, strict=True) if value})


def _parquet(path: Path) -> Iterator[Row]:
    import duckdb  # noqa: PLC0415 - only Parquet needs it

    with _explained(path, duckdb.Error):
        found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description or ()]
        number = 0
        while page := found.fetchmany(_PAGE):
            for values in page:
                number += 1
                columns = zip(names, values, strict=True)
                yield Row(
                    number, {name: _plain(value) for name, value in columns if value is not None}
                )


@contextmanager
def _explained(path: Path, kind: type[Exception]) -> Iterator[None]:
    """Turn what DuckDB says of a file into what the command says."""
    try:
        yield
    except kind as error:
        first = str(error).partition("\n")[0]
        raise UnreadableFile(f"{path.name}: {first}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)
