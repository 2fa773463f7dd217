"""What the server asks of the lake's own process, and what it is told; both go as JSON.

The process reads the database and writes data files; only the server makes files count, by an
entry in the manifest. So whatever becomes of the process, nothing is half done.
"""

from __future__ import annotations

import msgspec

from headwater.lake.manifest import Flushed, LakeFile


class Flush(msgspec.Struct, frozen=True, tag=True):
    """Write what the lake does not have yet.

    Attributes:
        database: path of the database.
        address: of the bucket; see buckets.py.
        position: every event up to it is in the lake.
        change: every change up to it is; None: write all of the identity tables.
        workspaces: those of which the manifest is further than the database knew.
        limit: about how many events to write at most.
        now: milliseconds.
        unique: begins the files' names.
    """

    database: str
    address: str
    position: int
    change: int | None
    workspaces: dict[str, Flushed]
    limit: int
    now: int
    unique: str


class Written(msgspec.Struct, frozen=True, tag=True):
    """Files that were written, by workspace, and how far that reaches."""

    files: dict[str, list[LakeFile]]
    position: int
    change: int
    more: bool


class Compact(msgspec.Struct, frozen=True, tag=True):
    """Write the rows of some files anew, sorted, into as few as the target size allows.

    Attributes:
        files: of one workspace and table, and of one day where the table is of events.
        target: bytes of a file, about.
        level: of zstd.
        tier: of what is written.
        join_from: so many rows a file, on average, from which on small files are put together as
            they are (join.py).
    """

    address: str
    workspace: str
    files: list[LakeFile]
    target: int
    level: int
    tier: str
    join_from: int
    now: int
    unique: str
    memory: int


class Compacted(msgspec.Struct, frozen=True, tag=True):
    """The files that hold the same rows."""

    files: list[LakeFile]


class Move(msgspec.Struct, frozen=True, tag=True):
    """Copy files to where what is seldom read lies."""

    address: str
    workspace: str
    files: list[LakeFile]


class Erase(msgspec.Struct, frozen=True, tag=True):
    """Write those files anew that hold rows of people who are erased, or mention them.

    Attributes:
        identifiers: all that these people hold, `type:value`.
        messages: ids of their group calls.
    """

    address: str
    workspace: str
    files: list[LakeFile]
    identifiers: list[str]
    messages: list[str]
    target: int
    level: int
    now: int
    unique: str
    memory: int


class Replaced(msgspec.Struct, frozen=True):
    """A file, and those that hold what may stay of it."""

    old: LakeFile
    new: list[LakeFile]


class Erased(msgspec.Struct, frozen=True, tag=True):
    """The files that held anything."""

    replaced: list[Replaced]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It did not work; `kind` is the exception's name."""

    kind: str
    message: str


Order = Flush | Compact | Move | Erase
Result = Written | Compacted | Erased | Failed
