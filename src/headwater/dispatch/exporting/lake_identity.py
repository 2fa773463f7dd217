"""What the lake's identity files keep of a person, found file by file, in steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.actors.erased_people import ErasedPeople
from headwater.lake import erasing
from headwater.lake.catalogue import Catalogue
from headwater.lake.fetching import fetched, opened
from headwater.lake.manifest import LakeFile
from headwater.lake.parquet.reader import read_columns
from headwater.lake.schema import IDENTITY
from headwater.ports import Bucket

FILES = 8
"""Files that one step looks through."""


class LakeIdentity:
    """Reads the identity files of one workspace's lake.

    Args:
        bucket: where they are.
        people: whose rows are looked for.
    """

    def __init__(self, bucket: Bucket, people: ErasedPeople) -> None:
        self._bucket = bucket
        self._people = people
        self._text = _Texts(people.identifiers)

    async def step(self, until: str) -> tuple[list[dict[str, Any]], list[str], str | None]:
        """Look through the next files behind a key, in order.

        Answers the rows that are theirs, the actors of others whose states name them, and the key
        to go on behind, None where there are no more files.

        Raises:
            BucketFailure, ObjectMissing: the step is to be done again.
        """
        manifest = await Catalogue(self._bucket, self._people.workspace).refresh()
        files = sorted(manifest.of(IDENTITY.name), key=lambda one: one.key)
        waiting = [one for one in files if one.key > until]
        rows: list[dict[str, Any]] = []
        others: set[str] = set()
        for one in waiting[:FILES]:
            found, named = await self._look_through(one)
            rows += found
            others |= named
        is_done = len(waiting) <= FILES
        return rows, sorted(others), None if is_done else waiting[FILES - 1].key

    async def _look_through(self, one: LakeFile) -> tuple[list[dict[str, Any]], set[str]]:
        file = await opened(self._bucket, one)
        rows: list[dict[str, Any]] = []
        others: set[str] = set()
        for group in range(len(file.metadata.row_groups)):
            reading = read_columns(file, row_groups={group})
            columns = await fetched(reading, self._bucket, one.key)
            for row in _rows(columns):
                if self._is_theirs(row):
                    rows.append(row)
                elif self._names_them(row):
                    others.add(str(row["actor"]))
        return rows, others

    def _is_theirs(self, row: dict[str, Any]) -> bool:
        # What is on the move lies under the actor's name and a number: `user_id:42#1`.
        name, mark, number = row["actor"].rpartition("#")
        owner = name if mark and number.isdigit() else row["actor"]
        return owner in self._people.identifiers or row["key"] in self._people.identifiers

    def _names_them(self, row: dict[str, Any]) -> bool:
        body = row["body"]
        if row["kind"] != "state" or not body or not self._text.may_name(body):
            return False
        return erasing.identity_left(self._people, row) is not row


class _Texts:
    """Tells without reading a JSON text whether it may have one of some identifiers."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        self._identifiers = list(identifiers)
        self._is_sure = all(
            one.isascii() and one.isprintable() and not {'"', "\\"} & set(one)
            for one in self._identifiers
        )

    def may_name(self, text: str) -> bool:
        """Tell; what is written in another way within JSON may always be there."""
        return not self._is_sure or any(one in text for one in self._identifiers)


def _rows(columns: dict[str, list[Any]]) -> Iterable[dict[str, Any]]:
    names = list(columns)
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(names, values, strict=True))
