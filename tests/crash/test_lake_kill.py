"""SIGKILL at random moments of flushing, compacting, ageing and letting go.

`CRASH_KILLS` says how often a test is to kill; twenty times, where it says nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from headwater.lake.keys import DAY
from headwater.local.lake.tender import Tender
from headwater.profiles.people import TimelineFilter
from tests.crash.lake_life import PEOPLE, person, saved
from tests.local.lake.harness import Shop, shop
from tests.simulation.world import WORKSPACE

KILLS = int(os.environ.get("CRASH_KILLS", "20"))
ROOT = Path(__file__).parent.parent.parent


def live_and_die(folder: Path, seed: int, chance: Random) -> list[int]:
    """Let a lake live for a moment, kill it, and answer the numbers of what was committed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.lake_life", str(folder), str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        stored: list[int] = []
        doom: threading.Timer | None = None
        for line in process.stdout:
            first, last = map(int, line.split())
            stored += range(first, last + 1)
            if doom is None:
                doom = threading.Timer(chance.uniform(0.0, 1.5), process.kill)
                doom.start()
        assert doom is not None, "it ended before it had begun"
        doom.join()
    return stored


async def timeline(one: Shop, name: str) -> list[str]:
    """Answer the message ids of a whole timeline."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await one.identities.timeline(
            WORKSPACE, name, which=TimelineFilter(), limit=200, cursor=cursor
        )
        assert page is not None
        found += [event["messageId"] for event in page.events]
        if (cursor := page.next) is None:
            return found


async def lives(folder: Path, deaths: int, seed: int) -> None:
    """Kill so many times, then look whether everything is there once."""
    chance = Random(seed)
    stored: list[int] = []
    for number in range(deaths):
        stored += live_and_die(folder, seed * 1000 + number, chance)
    async with shop(folder, flush_events=50) as one:
        one.clock.time = saved(folder / "clock")[0] + 3 * DAY
        tender = Tender(one.lake, one.writer, cold_days=4, hot_days=1)
        await one.lake.open()
        await one.lake.flush()
        await tender.tend()
        one.clock.time += 2 * DAY
        await tender.tend()
        await tender.remove_orphans()
        messages = one.messages()
        assert max(Counter(messages).values()) == 1
        assert {f"m{number:07}" for number in stored} <= set(messages)
        shown: list[str] = []
        for place in range(PEOPLE):
            found = await one.identities.person(WORKSPACE, person(place))
            assert found is not None
            mine = await timeline(one, person(place))
            assert found.counts == {"track": len(mine)}
            shown += mine
        assert sorted(shown) == messages
        manifest = one.lake.manifest_now(WORKSPACE)
        kept = {*manifest.files, *manifest.gone}
        for part in ("w/events/", "w/identity/", "cold/"):
            assert {each.key for each in await one.lake.bucket.list(part)} <= kept
        assert {one.tier for one in manifest.of("events")} >= {"cold"}


async def test_a_lake_survives_its_deaths(tmp_path: Path) -> None:
    """After some SIGKILLs each event that was committed is in the lake and in timelines, once."""
    await lives(tmp_path, deaths=3, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
async def test_a_lake_survives_many_deaths(tmp_path: Path, seed: int) -> None:
    """The same over two hundred SIGKILLs in all."""
    await lives(tmp_path, deaths=KILLS, seed=seed)
