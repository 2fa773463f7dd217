"""A life of a lake in fast motion, to be killed at any moment: `python -m … FOLDER SEED`.

It stores events, flushes, lets days pass, compacts, ages and lets go; after each batch that is
committed it prints the number of the last event. Started again it goes on where it was.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

from headwater.lake.keys import DAY
from headwater.local.lake.tender import Tender
from headwater.ports import BucketFailure
from tests.local.lake.harness import NOW, Shop, shop
from tests.simulation.world import arrival

PEOPLE = 5


def person(number: int) -> str:
    """Answer whose event a number is."""
    return f"user_id:{number % PEOPLE + 1}"


def saved(clock: Path) -> tuple[int, int]:
    """Answer the time and the number that the life before this one had reached."""
    if not clock.exists():
        return NOW, 0
    time, number = map(int, clock.read_text().split())
    return time, number


def save(clock: Path, time: int, number: int) -> None:
    """Write down how far this life has come."""
    staged = clock.with_suffix(".new")
    staged.write_text(f"{time} {number}")
    staged.replace(clock)


async def live(one: Shop, chance: Random, clock: Path) -> None:
    """Go on until killed."""
    await one.lake.open()
    tender = Tender(one.lake, one.writer, cold_days=4, hot_days=1, join_from=1)
    number = saved(clock)[1]
    while True:
        number = await store(one, chance, number, clock)
        try:
            match chance.randrange(4):
                case 0 | 1:
                    await one.lake.flush()
                case 2:
                    await tender.tend()
                case _:
                    await asyncio.gather(tender.tend(), store(one, chance, number + 1000, clock))
                    number += 2000
        except BucketFailure as failure:
            print(f"# {failure}", file=sys.stderr, flush=True)


async def store(one: Shop, chance: Random, number: int, clock: Path) -> int:
    """Store a batch at a time later than the last; answer the number of its last event."""
    one.clock.time += chance.choice((60_000, DAY // 3, DAY))
    size = chance.randint(1, 30)
    save(clock, one.clock.time, number + size + 3000)  # a name is never used twice
    await one.receive(
        *(
            arrival(f"m{each:07}", "track", (person(each),), at=one.clock.time, n="x" * 200)
            for each in range(number + 1, number + size + 1)
        )
    )
    print(f"{number + 1} {number + size}", flush=True)
    return number + size


async def main(folder: Path, seed: int) -> None:
    """Open what is there and live."""
    clock = folder / "clock"
    async with shop(folder, flush_events=50) as one:
        one.clock.time = saved(clock)[0]
        await live(one, Random(seed), clock)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
