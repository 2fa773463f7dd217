"""Kills a server under load again and again, and looks for every event that it answered."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.shoppers import Shoppers
from tests.recorder import Recorder
from tests.server import Server

EVENTS_OF_A_VISIT = 7


@dataclass(slots=True)
class Report:
    """What a series of kills has shown; the first three and the last must be empty.

    Attributes:
        lost: message ids that were answered 200 and are not in the person's timeline.
        doubled: message ids that are in a timeline more than once.
        strayed: message ids that are in the timeline of somebody else.
        runs: how often the server was killed while it worked.
        early: how often it was killed while it was still starting.
        answered: how many events were answered 200.
        people: how many people these events are about.
        received: how many events the webhook got; more than `answered` where a kill came
            between a delivery and its record.
        undelivered: answered events that the webhook never got.
    """

    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    strayed: set[str] = field(default_factory=set)
    runs: int = 0
    early: int = 0
    answered: int = 0
    people: int = 0
    received: int = 0
    undelivered: set[str] = field(default_factory=set)


def kill_again_and_again(
    folder: Path, *, runs: int, seed: int, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """Kill `runs` times, on one data directory, and check after each restart."""
    draw = random.Random(seed)
    report = Report()
    server = Server(folder / "data")
    checked: set[str] = set()
    with Recorder(keep=False) as recorder, server:
        server.add_webhook("recorder", recorder.url)
        with Shoppers(server.url, seed=str(seed)) as shoppers:
            for _ in range(runs):
                shoppers.go()
                time.sleep(draw.uniform(0.1, 2.0))
                server.kill()
                shoppers.pause()
                answered = shoppers.answered()
                report.runs += 1
                report.early += restart(server, draw)
                fresh = {one: device for one, device in answered.items() if one not in checked}
                compare(server, fresh, report)
                checked |= fresh.keys()
                tell(f"run {report.runs}: {len(fresh)} answered since the last, {verdict(report)}")
            shoppers.leave()
            answered = shoppers.answered()
        tell(f"all sent; {len(answered)} events answered, looking at each person")
        compare_people(server, answered, report)
        report.answered = len(answered)
        report.undelivered = recorder.wait_for(set(answered), patience=120.0)
        report.received = sum(recorder.receipts.values())
    return report


def restart(server: Server, draw: random.Random) -> int:
    """Start the server; one time in four kill it in the middle of that first. Answer how often."""
    early = 0
    while draw.random() < 0.25:
        early += 1
        server.spawn()
        time.sleep(draw.uniform(0.05, 1.0))
        server.kill()
    server.start()
    return early


def compare(server: Server, answered: Mapping[str, str], report: Report) -> None:
    """Look for each answered event in the timeline of the device that it came from."""
    by_device: dict[str, set[str]] = defaultdict(set)
    for message_id, device in answered.items():
        by_device[device].add(message_id)
    for device, message_ids in by_device.items():
        look(server, f"anonymous_id:{device}", message_ids, report, person=person_of(device))


def person_of(device: str) -> str:
    """Answer whose device it is."""
    return device.rpartition(".")[0]


def look(
    server: Server, identifier: str, message_ids: set[str], report: Report, *, person: str
) -> None:
    """Look for each of the events in one timeline, for doubles, and for somebody else's."""
    timeline = server.timeline(identifier)
    found = Counter(event["messageId"] for event in timeline)
    report.lost |= message_ids - found.keys()
    report.strayed |= {
        event["messageId"] for event in timeline if person_of(event["anonymousId"]) != person
    }
    report.doubled |= {one for one, times in found.items() if times > 1}


def compare_people(server: Server, answered: Mapping[str, str], report: Report) -> None:
    """In the end each person holds both devices, and all events of the visit, once."""
    visits: dict[str, set[str]] = defaultdict(set)
    for message_id, device in answered.items():
        visits[person_of(device)].add(message_id)
    report.people = len(visits)
    for person, message_ids in visits.items():
        assert len(message_ids) == EVENTS_OF_A_VISIT, f"{person} sent {len(message_ids)} events"
        look(server, f"user_id:user-{person}", message_ids, report, person=person)


def verdict(report: Report) -> str:
    """Say in a few words how it stands."""
    counts = (len(report.lost), len(report.doubled), len(report.strayed))
    return "{} lost, {} doubled, {} strayed".format(*counts)
