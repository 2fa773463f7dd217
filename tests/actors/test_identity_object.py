"""One identity actor with a database of its own: what it answers, and what it remembers."""

from __future__ import annotations

from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import (
    Acknowledge,
    Answer,
    Call,
    Carry,
    Continue,
    Envelope,
    Outdated,
    Receive,
    Received,
    Refused,
    Split,
    Standing,
    arrival_of,
    decode_answer,
    encode,
    event_of,
)
from headwater.actors.identity_looking_calls import (
    Locate,
    LookPerson,
    LookTimeline,
    Seen,
)
from headwater.actors.identity_messages import Join
from headwater.actors.identity_object import PATIENCE, IdentityObject
from headwater.actors.identity_state import Link
from headwater.actors.population_calls import Described, Held, Portion, Taken, Where
from headwater.actors.population_feed import AFTER
from headwater.audiences.audience import Audience, text_of
from headwater.audiences.conditions import EventCondition, EventSelector, Rolling
from headwater.audiences.program import features_of
from headwater.profiles.people import TimelineFilter
from headwater.workspace import DestinationConfig, WorkspaceConfig
from tests.databases import empty_database
from tests.simulation.world import WORKSPACE, arrival

NAME = f"{WORKSPACE}/user_id:1"
HOOK = DestinationConfig("d", "webhook", "hook", {"url": "https://example.com/hook"})
PLAIN = WorkspaceConfig(WORKSPACE, version=2)
_DAY = 86_400_000
ROUTED = WorkspaceConfig(WORKSPACE, version=3, destinations=(HOOK,))


class One:
    """An actor that knows a configuration; every call and answer goes over the wire."""

    def __init__(self, config: WorkspaceConfig = PLAIN) -> None:
        self.sql = empty_database()
        self.known = Configurations()
        self.known.put(config)
        self.object = IdentityObject(self.known)
        self.now = 1000

    def ask(self, call: Call, *, version: int = 1, config: WorkspaceConfig | None = None) -> Answer:
        """Answer what it answers."""
        request = encode(Envelope(NAME, version, call, config))
        answer = self.object.respond(self.sql, request, now=self.now)
        return decode_answer(answer)

    def tell(self) -> list[Portion]:
        """Have it tell the population all that there is to tell; answer what it said."""
        said = []
        while word := self.object.word(self.sql, NAME, now=self.now):
            held = Held(word.until, word.stamp) if isinstance(word, Portion) else Held()
            self.object.feed.heard(word, Taken(held))
            said += [word] if isinstance(word, Portion) else []
        return said

    def receive(self, *numbers: int) -> Received:
        """Send it events."""
        events = [event_of(arrival(f"m{n}", "track", ("user_id:1",))) for n in numbers]
        answer = self.ask(Receive(events))
        assert isinstance(answer, Received)
        return answer


def test_an_event_survives_the_wire() -> None:
    """What arrives is what was sent."""
    sent = arrival("m1", "identify", ("user_id:1", "email:a@b.org"), traits={"name": "é"})

    assert arrival_of(WORKSPACE, event_of(sent)) == sent


def test_events_are_stored_once() -> None:
    """It tells which of a call are new, and shows them."""
    one = One()

    assert one.receive(1, 2).stored == [0, 1]
    assert one.receive(2, 3).stored == [1]

    seen = one.ask(LookTimeline("user_id:1", TimelineFilter(oldest_first=True), 10))
    assert isinstance(seen, Seen)
    assert seen.page is not None
    assert [event["messageId"] for event in seen.page.events] == ["m1", "m2", "m3"]


def test_it_asks_for_a_newer_configuration_and_keeps_it() -> None:
    """A caller's newer version is asked for once; what it brings holds for all actors here."""
    one = One()

    assert isinstance(one.ask(Continue(), version=3), Outdated)
    assert isinstance(one.ask(Continue(), version=3, config=ROUTED), Standing)
    assert isinstance(one.ask(Continue(), version=3), Standing)
    assert one.known.config(WORKSPACE) == ROUTED


def test_an_older_caller_is_served_by_the_newer_rules() -> None:
    """A version that was overtaken brings nothing back."""
    one = One(ROUTED)

    assert isinstance(one.ask(Continue(), version=1, config=PLAIN), Standing)
    assert one.known.config(WORKSPACE) == ROUTED


def test_parcels_leave_one_at_a_time() -> None:
    """The next one is handed out with the acknowledgement of the one before."""
    one = One(ROUTED)
    first = one.receive(1).parcel
    assert first is not None
    assert one.receive(2).parcel is None

    standing = one.ask(Acknowledge(first.id, first.token))

    assert isinstance(standing, Standing)
    assert standing.parcel is not None
    assert [command.message_id for command in standing.parcel.commands] == ["m2"]  # type: ignore[union-attr]  # a delivery


def test_an_alarm_hands_out_again_what_was_lost() -> None:
    """What is under way is in memory only: an alarm, or a new object, starts over."""
    one = One(ROUTED)
    parcel = one.receive(1).parcel

    one.object.alarm()
    again = one.ask(Continue())
    one.object = IdentityObject(one.known)
    after_eviction = one.ask(Continue())

    assert isinstance(again, Standing)
    assert isinstance(after_eviction, Standing)
    assert parcel == again.parcel == after_eviction.parcel


def test_it_wants_to_be_woken_while_something_is_undone() -> None:
    """Deliveries that wait and merges that are open set the alarm; a settled person sets none."""
    plain = One()
    plain.receive(1)
    assert plain.object.wake_at(plain.sql, now=5) == plain.now + AFTER  # to tell of it
    plain.tell()
    assert plain.object.wake_at(plain.sql, now=5) is None

    routed = One(ROUTED)
    routed.receive(1)
    routed.tell()
    assert routed.object.wake_at(routed.sql, now=5) == 5 + PATIENCE

    linked = One()
    linked.ask(Receive([event_of(arrival("m1", "track", ("user_id:1", "anonymous_id:a")))]))
    linked.tell()
    assert linked.object.wake_at(linked.sql, now=5) == 5 + PATIENCE


def test_who_is_asked_for_nobody_says_so() -> None:
    """A fresh actor shows nothing, and stores nothing for having been asked."""
    one = One()

    assert one.ask(LookPerson("user_id:1")) == Seen()
    assert one.ask(Locate("user_id:1")) == Seen()
    tables = (
        "SELECT name FROM sqlite_master WHERE name IN ('identity', 'event', 'traits', 'outbox')"
    )
    assert one.sql.execute(tables) == []


def test_a_refusal_changes_nothing_and_says_why() -> None:
    """An order that cannot be done comes back as the error that it is."""
    one = One()
    one.receive(1)

    answer = one.ask(Split("m9:email:x"))

    assert isinstance(answer, Refused)
    assert answer.error == "NotFound"
    assert "no link" in answer.message


def test_its_alarm_acts_on_audiences_timers() -> None:
    """Entering is an event like any other; what time alone ends, the alarm has told."""
    lately = EventCondition(EventSelector("Played"), window=Rolling("2d"))
    players = Audience("aud", "players", "Players", text_of(lately), since=3)
    one = One(
        WorkspaceConfig(
            WORKSPACE,
            version=3,
            destinations=(HOOK,),
            audiences=(players,),
            features=dict.fromkeys(features_of((players,), (), "UTC"), 3),
        )
    )
    one.now = 10 * _DAY
    played = arrival("m1", "track", ("user_id:1",), at=one.now, event="Played")
    entered = one.ask(Receive([event_of(played)]))
    assert isinstance(entered, Received)
    assert entered.stored == [0]
    assert entered.parcel is not None
    drained = one.ask(Acknowledge(entered.parcel.id, entered.parcel.token))
    while isinstance(drained, Standing) and drained.parcel is not None:
        drained = one.ask(Acknowledge(drained.parcel.id, drained.parcel.token))

    assert one.tell()[0].described == Described({}, ["user_id:1"], {"aud": one.now}, [])

    at = one.object.wake_at(one.sql, now=one.now)
    assert at is not None
    assert one.now + _DAY < at <= one.now + 3 * _DAY
    one.now = at
    one.object.alarm()
    exited = one.ask(Continue())

    assert isinstance(exited, Standing)
    assert exited.parcel is not None
    assert "Audience Exited" in str(exited.parcel.commands)
    one.tell()
    assert one.object.wake_at(one.sql, now=one.now) == one.now + PATIENCE  # the parcel alone


def test_the_population_is_told_what_is_new() -> None:
    """Each event once, in order; nothing where nothing has changed; from where the shard is."""
    one = One()
    one.receive(1, 2)
    (first,) = one.tell()
    one.receive(2)
    assert one.tell() == []
    one.receive(2, 3)
    (second,) = one.tell()

    assert [event.head[1] for event in first.events] == ["m1", "m2"]
    assert (first.after, second.after) == (0, first.until)
    assert [event.head[1] for event in second.events] == ["m3"]
    assert second.stamp > first.stamp

    one.object = IdentityObject(one.known)  # evicted: the shard is asked first
    word = one.object.word(one.sql, NAME, now=one.now)
    assert isinstance(word, Where)
    one.object.feed.heard(word, Taken(Held(first.until, 7_000)))
    again = one.object.word(one.sql, NAME, now=one.now)
    assert isinstance(again, Portion)
    assert (again.stamp, again.events) == (7_001, second.events)


def test_who_never_was_anybody_has_nothing_to_tell() -> None:
    """An identifier that only ever led to somebody costs no alarm."""
    one = One()
    link = Link("user_id:9", "user_id:1", "event", "m1", 1, "user_id:1")
    join = Join(
        to=NAME,
        actor=f"{WORKSPACE}/user_id:9",
        number=1,
        link=link,
        standing=(0, 0, ""),
        ids=[],
        blocked=[],
        merges=0,
    )
    one.ask(Carry(join))

    assert one.object.wake_at(one.sql, now=5) is None
    assert one.object.word(one.sql, NAME, now=5) is None
