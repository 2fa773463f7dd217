"""Events on disk, with other clients around."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.client import spool as spool_module
from headwater.client.errands import Page
from headwater.client.file_lock import is_locked_by_us
from headwater.client.segment import Segment
from headwater.client.spool import Place, Spool, SpoolFull


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "state" / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[Spool]:
    """An empty spool."""
    made = Spool(folder, max_bytes=1_000_000)
    yield made
    made.close()


def load(spool: Spool, *, max_events: int = 100) -> Page | None:
    """Answer the next page."""
    return spool.load(max_events=max_events, max_bytes=475_000)


def drained(spool: Spool, *, max_events: int = 100) -> list[bytes]:
    """Answer everything in it, taking it off page by page."""
    found: list[bytes] = []
    while (page := load(spool, max_events=max_events)) is not None:
        found += page.events
        assert isinstance(page.place, Place)
        spool.remove(page.place)
    return found


def files(folder: Path) -> list[str]:
    """Answer the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def events(count: int, *, size: int = 20) -> list[bytes]:
    """Answer events that can be told apart."""
    return [(b'{"n":%d}' % number).ljust(size) for number in range(count)]


def test_what_is_appended_is_read_in_order_and_then_gone(spool: Spool, folder: Path) -> None:
    """Nothing is left of a spool that was sent."""
    spool.append(events(10)[:4])
    spool.append(events(10)[4:])

    assert drained(spool, max_events=3) == events(10)
    assert files(folder) == []


def test_a_page_stays_until_it_is_removed(spool: Spool) -> None:
    """Reading is not removing."""
    spool.append(events(3))

    assert load(spool) == load(spool)


def test_events_are_private(spool: Spool, folder: Path) -> None:
    """They hold personal data: only their owner may read them."""
    spool.append(events(1))
    (name,) = files(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_nobody_takes_what_is_owned(spool: Spool, folder: Path) -> None:
    """Two clients in one folder, even in one process, do not send the same file."""
    spool.append(events(3))
    other = Spool(folder, max_bytes=1_000_000)

    assert other.adopt() == 0
    assert load(other) is None
    assert spool.adopt() == 0


def test_what_its_owner_left_is_taken_by_one(spool: Spool, folder: Path) -> None:
    """Whoever looks first."""
    spool.append(events(3))
    spool.close()
    first = Spool(folder, max_bytes=1_000_000)
    second = Spool(folder, max_bytes=1_000_000)

    assert (first.adopt(), second.adopt()) == (3, 0)
    assert drained(first) == events(3)
    first.close()


def test_the_oldest_file_is_sent_first(folder: Path) -> None:
    """Files of several dead clients, by the time at which they were begun."""
    parts = [events(9)[:3], events(9)[3:6], events(9)[6:]]
    owners = [Spool(folder, max_bytes=1_000_000) for _ in parts]
    for owner, part in zip(owners, parts, strict=True):
        owner.append(part)
    for owner in reversed(owners):
        owner.close()
    heir = Spool(folder, max_bytes=1_000_000)

    assert heir.adopt() == 9
    assert drained(heir, max_events=2) == events(9)


def test_an_heir_goes_on_where_its_owner_stopped(spool: Spool, folder: Path) -> None:
    """What was acknowledged is not sent again."""
    spool.append(events(10))
    page = load(spool, max_events=4)
    assert page is not None
    assert isinstance(page.place, Place)
    spool.remove(page.place)
    spool.close()
    heir = Spool(folder, max_bytes=1_000_000)

    assert heir.adopt() == 6
    assert drained(heir) == events(10)[4:]


@pytest.mark.parametrize("cut", [1, 10, 25])
def test_a_torn_last_line_is_passed_over(spool: Spool, folder: Path, cut: int) -> None:
    """The process died while it wrote: the whole lines count."""
    spool.append(events(3))
    spool.close()
    (name,) = files(folder)
    os.truncate(folder / name, (folder / name).stat().st_size - cut)
    heir = Spool(folder, max_bytes=1_000_000)

    assert heir.adopt() == 2
    assert drained(heir) == events(3)[:2]
    assert files(folder) == []


def test_a_file_without_events_is_cleared_away(spool: Spool, folder: Path) -> None:
    """Its owner died before it held anything."""
    spool.append(events(1))
    spool.close()
    (name,) = files(folder)
    os.truncate(folder / name, 40)

    assert Spool(folder, max_bytes=1_000_000).adopt() == 0
    assert files(folder) == []


def test_a_file_that_is_no_spool_is_left_alone(folder: Path) -> None:
    """Somebody else's file is somebody else's."""
    folder.mkdir(parents=True)
    (folder / "notes.spool").write_bytes(b"shopping list")
    (folder / "notes.txt").write_bytes(b"shopping list")

    assert Spool(folder, max_bytes=1_000_000).adopt() == 0
    assert files(folder) == ["notes.spool", "notes.txt"]


def test_a_half_made_file_is_cleared_away_when_it_is_old(folder: Path) -> None:
    """It may still be in the making while it is young."""
    folder.mkdir(parents=True)
    (folder / "a.new").touch()
    (folder / "b.new").touch()
    os.utime(folder / "a.new", (1, 1))
    Spool(folder, max_bytes=1_000_000).adopt()

    assert files(folder) == ["b.new"]


def test_the_folder_has_a_limit(folder: Path) -> None:
    """What does not fit is refused whole; when something was sent there is room again."""
    spool = Spool(folder, max_bytes=1_000)
    spool.append(events(20))
    with pytest.raises(SpoolFull, match="limit of 1,000 bytes"):
        spool.append(events(20))
    assert drained(spool) == events(20)
    spool.append(events(20))
    spool.close()


def test_the_limit_counts_what_others_keep(spool: Spool, folder: Path) -> None:
    """Many processes share the disk."""
    spool.append(events(20))

    with pytest.raises(SpoolFull):
        Spool(folder, max_bytes=1_000).append(events(20))


def test_a_long_spool_frees_disk_as_it_is_sent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is many files, and each goes when its last event was answered for."""
    monkeypatch.setattr(spool_module, "SEGMENT_BYTES", 200)
    spool = Spool(folder, max_bytes=1_000_000)
    for event in events(20):
        spool.append([event])
    assert len(files(folder)) == 4
    for _ in range(2):
        page = load(spool, max_events=5)
        assert page is not None
        assert isinstance(page.place, Place)
        spool.remove(page.place)

    assert len(files(folder)) == 2
    assert drained(spool) == events(20)[10:]


def test_a_failing_disk_keeps_what_was_there(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An append that fails half-way leaves no half line, and later ones are read."""
    spool.append(events(9)[:3])

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("headwater.client.segment.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            spool.append(events(9)[3:6])
    spool.append(events(9)[6:])

    assert drained(spool) == events(9)[:3] + events(9)[6:]
    assert files(folder) == []


def test_every_append_is_synced(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is on disk when the call returns, and so is the file's name."""
    synced: list[int] = []
    monkeypatch.setattr("headwater.client.segment.os.fsync", synced.append)
    spool.append(events(1))
    first = len(synced)
    spool.append(events(1))

    assert first >= 3, "the header, the folder and the events"
    assert len(synced) == first + 1


def test_a_file_that_was_just_sent_is_not_taken(
    spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner removed it between our opening and our locking."""
    spool.append(events(1))
    (name,) = files(folder)

    def remove_then_lock(descriptor: int) -> bool:
        assert drained(spool) == events(1)
        return is_locked_by_us(descriptor)

    monkeypatch.setattr("headwater.client.segment.is_locked_by_us", remove_then_lock)

    assert Segment.adopt(folder / name) is None
    assert Segment.adopt(folder / name) is None


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "state").touch()

    with pytest.raises(OSError, match="state"):
        Spool(tmp_path / "state" / "spool", max_bytes=1_000_000).prepare()
