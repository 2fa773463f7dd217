"""A data folder as a server of a while ago has left it: people and events of several days."""

from __future__ import annotations

from pathlib import Path

from headwater.lake.keys import DAY
from tests.local.lake.harness import NOW, shop
from tests.server import Server
from tests.simulation.world import WORKSPACE, arrival


async def make_shop(folder: Path, *, days: int, each: int, people: int = 7) -> list[str]:
    """Make a data folder with so many events on each of some days; answer their message ids."""
    names = []
    async with shop(folder) as one:
        for day in range(days):
            events = [
                arrival(
                    f"m{day:02}x{number:03}",
                    "track",
                    (f"user_id:u{number % people}",),
                    event="Ordered" if number % 2 else "Viewed",
                    properties={"n": number},
                    at=NOW - (days - day) * DAY + number * 1000,
                )
                for number in range(each)
            ]
            await one.receive(*events)
            names += [event.message_id for event in events]
        await one.lake.flush()
    return names


def serve_it(server: Server) -> None:
    """Let a server that runs on such a folder know its workspace."""
    made = server.admin.post("/v1/workspaces", json={"id": WORKSPACE})
    assert made.status_code in {201, 409}, made.text
    server.admin.headers["headwater-workspace"] = WORKSPACE
