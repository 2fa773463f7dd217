"""From pages back to values."""

from __future__ import annotations

from typing import Any

from headwater.lake.parquet import hybrid, plain
from headwater.lake.parquet.columns import Column, Kind
from headwater.lake.parquet.errors import DamagedFile, UnsupportedFile
from headwater.lake.parquet.metadata import Encoding, Physical
from headwater.lake.parquet.pages import DATA_V2, DICTIONARY, Page

_CODES = {
    Physical.INT32: "i",
    Physical.INT64: "q",
    Physical.FLOAT: "f",
    Physical.DOUBLE: "d",
}
_BY_DICTIONARY = frozenset({Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY})


def dictionary_values(page: Page, column: Column, physical: Physical) -> list[Any]:
    """Answer what the numbers in the pages of a column stand for.

    Raises:
        DamagedFile, UnsupportedFile: it cannot be read.
    """
    if page.kind != DICTIONARY:
        raise DamagedFile(f"column `{column.name}` should begin with a dictionary, and does not")
    if page.encoding not in {Encoding.PLAIN, Encoding.PLAIN_DICTIONARY}:
        raise UnsupportedFile(f"the dictionary of column `{column.name}` is not plain")
    return _plain(page.data, 0, page.values, column=column, physical=physical)


def page_values(
    page: Page, column: Column, physical: Physical, dictionary: list[Any] | None
) -> list[Any]:
    """Answer a page's values, None where a row has none.

    Raises:
        DamagedFile, UnsupportedFile: it cannot be read.
    """
    if page.kind == DICTIONARY:
        raise DamagedFile(f"column `{column.name}` has a second dictionary among its pages")
    data, position, count = page.data, 0, page.values
    levels: list[int] = []
    if not column.required:
        levels, position = _levels(page)
        count = sum(levels)
    if page.encoding in _BY_DICTIONARY:
        values = _looked_up(data, position, count, column=column, dictionary=dictionary)
    elif page.encoding == Encoding.PLAIN:
        values = _plain(data, position, count, column=column, physical=physical)
    elif page.encoding == Encoding.RLE and physical is Physical.BOOLEAN:
        values = list(map(bool, _prefixed(data, position, count)[0]))
    else:
        raise UnsupportedFile(
            f"column `{column.name}` is in encoding {_name(page.encoding)}, which is not read "
            "here; write the file again in format version 1"
        )
    if count == page.values:
        return values
    present = iter(values)
    return [next(present) if level else None for level in levels]


def _levels(page: Page) -> tuple[list[int], int]:
    if page.kind == DATA_V2:
        end = len(page.levels)
        found = hybrid.decode(page.levels, start=0, end=end, width=1, count=page.values)
        return found, 0
    return _prefixed(page.data, 0, page.values)


def _prefixed(data: bytes, position: int, count: int) -> tuple[list[int], int]:
    # Single bits, after how many bytes they take.
    start = position + 4
    end = start + int.from_bytes(data[position:start], "little")
    if end > len(data):
        raise DamagedFile("a page ends before its levels do")
    return hybrid.decode(data, start=start, end=end, width=1, count=count), end


def _looked_up(
    data: bytes, position: int, count: int, *, column: Column, dictionary: list[Any] | None
) -> list[Any]:
    if dictionary is None:
        raise DamagedFile(f"column `{column.name}` has no dictionary, and a page that needs it")
    if count == 0:
        return []
    if position >= len(data):
        raise DamagedFile(f"a page of column `{column.name}` ends before its numbers do")
    start = position + 1
    numbers = hybrid.decode(data, start=start, end=len(data), width=data[position], count=count)
    try:
        return list(map(dictionary.__getitem__, numbers))
    except IndexError as error:
        raise DamagedFile(
            f"column `{column.name}` has a number that is not in its dictionary"
        ) from error


def _plain(
    data: bytes, position: int, count: int, *, column: Column, physical: Physical
) -> list[Any]:
    if physical is Physical.BYTE_ARRAY:
        return plain.decode_texts(data, position, count)
    if physical is Physical.BOOLEAN:
        return list(plain.decode_booleans(data, position, count))
    values = plain.decode_numbers(data, position, count, code=_CODES[physical])
    # The file's microseconds may be finer than ours.
    return [value // 1000 for value in values] if column.kind is Kind.TIMESTAMP else values


def _name(encoding: int) -> str:
    try:
        return Encoding(encoding).name
    except ValueError:
        return str(encoding)
