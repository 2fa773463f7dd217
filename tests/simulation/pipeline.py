"""The whole local pipeline in one simulation: collect, resolve, outbox, delivery, and crashes.

Everything is real but what surrounds it: the clock is virtual, the webhook is a value, and the
process may die between any two steps, or inside one before it is committed. One seed, one run.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from headwater.actors import dead_letters, deliveries
from headwater.actors.dead_letters import DeadLetterFilter
from headwater.actors.identity import Policy
from headwater.actors.identity_network import Network
from headwater.actors.migrations import statements
from headwater.collect.assemble import Circumstances, Collector
from headwater.collect.enrich import Sender
from headwater.collect.envelope import open_batch
from headwater.collect.limits import Limits as SizeLimits
from headwater.commands import Deliver, Rekey
from headwater.destinations import DESTINATIONS
from headwater.destinations.destination import OutgoingEvent
from headwater.destinations.lane import Lane
from headwater.destinations.outcome import Outcome, read_failure
from headwater.destinations.routing import Router
from headwater.destinations.settlement import Attempt
from headwater.ports import HttpFailure, HttpRequest, HttpResponse
from headwater.profiles.resolution import Limits
from headwater.workspace import DestinationConfig, Source, WorkspaceConfig, WriteKey
from tests.simulation.world import Crash, database

WEBHOOK = DESTINATIONS["webhook"]
SENDER = Sender(ip=None, user_agent=None, is_browser=False)


class SeededRandom:
    """The `Random` port, the same for the same seed."""

    def __init__(self, rng: random.Random) -> None:
        self._random = rng

    def uuid(self) -> str:
        """Answer a UUID's text."""
        return f"{self._random.getrandbits(128):032x}"

    def uniform(self) -> float:
        """Answer a number in [0, 1)."""
        return self._random.random()


@dataclass
class Client:
    """Sends batches and repeats each until it is answered, as an SDK does."""

    unanswered: list[bytes] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)


class Webhook:
    """A receiver that works, fails, times out after it has received, or refuses one event."""

    def __init__(self, rng: random.Random, *, poison: set[str]) -> None:
        self.random = rng
        self.failing = 35
        self.poison = poison
        self.received: list[str] = []

    def answer(self, request: HttpRequest) -> HttpResponse | HttpFailure:
        """Take a request and answer it, or not."""
        ids = [event["messageId"] for event in json.loads(request.body)["batch"]]
        if self.poison & set(ids):
            return HttpResponse(400, body=b"no such product")
        chance = self.random.randrange(100)
        if chance >= self.failing:
            self.received += ids
            return HttpResponse(200)
        if chance % 3 == 0:
            self.received += ids
            return HttpFailure("the answer did not come in time")
        if chance % 3 == 1:
            return HttpResponse(429, {"retry-after": "7"})
        return HttpResponse(503)


class Pipeline:
    """One run of the pipeline under one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = 1_700_000_000_000
        settings = WEBHOOK.created(
            {"url": "https://example.com/hook", "batch_size": 5}, SeededRandom(self.random)
        )
        self.settings = settings
        self.config = WorkspaceConfig(
            "w",
            sources=(Source("s", "web", (WriteKey("k"),)),),
            destinations=(DestinationConfig("d", "webhook", "hook", settings),),
        )
        self.collector = Collector(self.config)
        policy = Policy(Limits(self.config.identity), Router(self.config).destinations)
        self.network = Network(lambda _: policy)
        self.sql = database()
        for statement in statements(deliveries.schema()):
            self.sql.execute(statement)
        self.client = Client()
        self.poison = {f"m{number}" for number in range(7, 200, 31)}
        self.webhook = Webhook(self.random, poison=self.poison)
        self.committed: list[tuple[str, str]] = []
        self.crash_chance = 4
        self.crashes = 0
        self.number = 0
        self.boot()

    def boot(self) -> None:
        """Start the process: what was only in memory is gone."""
        self.lane = Lane(WEBHOOK.limits(self.settings))
        self.in_flight: list[tuple[Attempt, HttpRequest]] = []
        self.last_merge = 0

    def maybe_crash(self) -> None:
        """Die here, sometimes."""
        if self.random.randrange(100) < self.crash_chance:
            self.crashes += 1
            raise Crash

    def step(self) -> None:
        """Let one thing happen; after a crash the process starts again."""
        acts = (self.create, self.send, self.pump, self.respond, self.wait)
        try:
            self.random.choices(acts, (2, 4, 3, 4, 2))[0]()
        except Crash:
            self.boot()

    def create(self) -> None:
        """A person does a few things, which the client puts in a batch."""
        person = self.random.randrange(4)
        batch = []
        for _ in range(self.random.randint(1, 4)):
            self.number += 1
            ids = self.random.choice(
                [
                    {"userId": f"u{person}"},
                    {"anonymousId": f"a{person}"},
                    {"userId": f"u{person}", "anonymousId": f"a{person}"},
                ]
            )
            event = {"type": "track", "event": "E", "messageId": f"m{self.number}", **ids}
            batch.append(event)
            self.client.sent[event["messageId"]] = event
        self.client.unanswered.append(json.dumps({"batch": batch, "writeKey": "k"}).encode())

    def send(self) -> None:
        """The client sends a batch; 200 comes only after the commit, and may be lost."""
        if not self.client.unanswered:
            return
        body = self.random.choice(self.client.unanswered)
        about = Circumstances("s", SENDER, self.now, SeededRandom(self.random))
        collected = self.collector.collect(open_batch(body, SizeLimits()), about)
        assert not collected.rejections
        self.maybe_crash()
        with self.sql.transaction():
            outcome = self.network.receive(self.sql, collected.arrivals)
            deliver = [one for one in outcome.commands if isinstance(one, Deliver)]
            deliveries.enqueue(self.sql, deliver, self.now)
            for command in outcome.commands:
                if isinstance(command, Rekey):
                    deliveries.rekey(self.sql, command.loser, command.winner)
            self.maybe_crash()
        self.committed += [
            (arrival.identifiers[0], arrival.message_id) for _, arrival in outcome.stored
        ]
        self.maybe_crash()
        self.client.unanswered.remove(body)
        self.client.answered |= {event["messageId"] for event in json.loads(body)["batch"]}

    def pump(self) -> None:
        """The lane reads what waits, and starts the requests that it may."""
        number = deliveries.lane_number(self.sql, "w", "d")
        if number is None:
            return
        room = self.lane.room()
        reading = deliveries.read(
            self.sql, number, after=self.lane.cursor, limit=room, last_merge=self.last_merge
        )
        for loser, winner in reading.merges:
            self.lane.rename(loser, winner)
        self.last_merge = reading.last_merge
        self.lane.accept(reading.rows)
        for attempt in self.lane.attempts(self.now):
            bodies = deliveries.bodies(self.sql, [row.id for row in attempt.rows])
            events = [OutgoingEvent(row.message_id, bodies[row.id]) for row in attempt.rows]
            request = WEBHOOK.build(events, self.settings, self.now)
            self.in_flight.append((attempt, request))
        self.maybe_crash()

    def respond(self) -> None:
        """The webhook answers one request, and the lane settles it."""
        if not self.in_flight:
            return
        attempt, request = self.in_flight.pop(self.random.randrange(len(self.in_flight)))
        answer = self.webhook.answer(request)
        self.maybe_crash()
        response = answer if isinstance(answer, HttpResponse) else None
        outcome: Outcome = (
            WEBHOOK.read(answer, self.now)
            if isinstance(answer, HttpResponse)
            else read_failure(answer)
        )
        settlement = self.lane.conclude(
            attempt, outcome, response=response, now=self.now, draw=self.random.random()
        )
        number = deliveries.lane_number(self.sql, "w", "d")
        assert number is not None
        with self.sql.transaction():
            deliveries.settle(self.sql, number, settlement, self.now)
            self.maybe_crash()
        self.lane.release(attempt, settlement)

    def wait(self) -> None:
        """Time passes, a little or a lot."""
        self.now += self.random.choice([10, 1_000, 60_000])

    def calm(self) -> None:
        """Let the faults end, and all that waits be sent."""
        self.crash_chance = 0
        self.webhook.failing = 0
        for _ in range(20_000):
            if self.client.unanswered:
                self.send()
            self.pump()
            self.respond()
            if not self.in_flight:
                self.wait()
            if not self.client.unanswered and not self.waiting():
                return
        raise AssertionError(f"{self.waiting()} events still wait for the webhook")

    def waiting(self) -> int:
        """Answer how many deliveries are stored and not done."""
        return int(self.sql.execute("SELECT count(*) FROM delivery")[0][0])

    def check(self) -> None:
        """Check what the pipeline promises."""
        stored = Counter(row[0] for row in self.sql.execute("SELECT message_id FROM event"))
        assert set(stored) == set(self.client.sent), "an answered event is not stored"
        assert set(stored.values()) <= {1}, "an event is stored twice"
        dead = {
            letter.message_id
            for letter in dead_letters.dead_letters(self.sql, DeadLetterFilter("w"), limit=1000)
        }
        assert dead == self.poison & set(stored), "the wrong events were given up"
        assert set(self.webhook.received) == set(stored) - dead, "a delivery is missing"
        first = {
            message: place for place, message in reversed(list(enumerate(self.webhook.received)))
        }
        for identifier in {identifier for identifier, _ in self.committed}:
            order = [
                first[message]
                for one, message in self.committed
                if one == identifier and message in first
            ]
            assert order == sorted(order), f"events of {identifier} arrived out of order"
