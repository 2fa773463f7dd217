"""One identity actor with a database of its own: what a Durable Object holds.

It runs the same steps as `Network` does for actors that share a database; but where `Network`
carries requests between them in one transaction, whoever calls this carries them, one call each
(see dispatch/). What it remembers between calls it may forget: all that counts is in the database.
"""

from __future__ import annotations

from headwater.actors import (
    audiences,
    identity,
    identity_tombstone,
    lake_offers,
    lake_trimming,
    outbox,
)
from headwater.actors.configurations import Configurations
from headwater.actors.identity_calls import (
    Acknowledge,
    Answer,
    Call,
    Carried,
    Carry,
    Continue,
    Envelope,
    Fetch,
    Merge,
    NoteLake,
    OfferLake,
    Outdated,
    Parted,
    Receive,
    Received,
    Refused,
    Revisit,
    Settle,
    Split,
    Standing,
    arrival_of,
    decode_envelope,
    encode,
    event_of,
    of_nobody,
)
from headwater.actors.identity_erasing_calls import Emptied, Empty, Forget, Forgotten, Trace, Traced
from headwater.actors.identity_joining import order_join
from headwater.actors.identity_looking import look
from headwater.actors.identity_own_storage import OwnTurn
from headwater.actors.identity_showing_calls import ShowHeld
from headwater.actors.identity_splitting import split
from headwater.actors.identity_state import Account, Forward, Root
from headwater.actors.identity_step import Step
from headwater.actors.identity_storage import Turn
from headwater.actors.lake_offers import LakeNoted
from headwater.actors.lake_watch import LakeWatch
from headwater.actors.migrations import is_applied, migrate
from headwater.actors.outbox_watch import OutboxWatch
from headwater.actors.population_feed import Feed, Word
from headwater.actors.schemas import IDENTITY, migrations
from headwater.errors import HeadwaterError, NotFound
from headwater.ports import Sql

PATIENCE = 30_000
"""Milliseconds after which an actor looks whether what it wanted done was done."""

SOON = 1_000
"""Milliseconds after which a timer that could not be acted on is looked at again."""


class IdentityObject:
    """One actor, by whatever name it is called first; each call inside a transaction.

    Attributes:
        feed: what it has told its shard of the population.
    """

    def __init__(self, known: Configurations, *, lake_after: int | None = None) -> None:
        """Make it.

        Args:
            known: shared by all actors of the isolate.
            lake_after: milliseconds after which what is new is to go to the lake; None: there is
                no lake.
        """
        self._known = known
        self.lake = LakeWatch(lake_after)
        self.feed = Feed()
        self._parcels = OutboxWatch()
        self._is_open = False
        self._erased_below: int | None = None

    def respond(self, sql: Sql, request: str, *, now: int) -> str:
        """Answer a call, both as JSON texts; what it refuses has changed nothing."""
        envelope = decode_envelope(request)
        try:
            if isinstance(envelope.call, Empty):
                return encode(self._empty(sql, envelope.actor, envelope.call))
            is_nobody = not self._is_open and not _has_tables(sql)
            if is_nobody and (answer := of_nobody(envelope.call)) is not None:
                return encode(answer)  # and write nothing
            answer = sql.run(lambda: self._opened(sql, envelope, now))
            self._is_open = True
            return encode(answer)
        except HeadwaterError as error:
            return encode(Refused(type(error).__name__, error.message, error.code))

    def _opened(self, sql: Sql, envelope: Envelope, now: int) -> Answer:
        if not self._is_open:
            migrate(sql, migrations(IDENTITY))
            self._erased_below = identity_tombstone.tombstone(sql)
        if envelope.config is not None:
            self._known.put(envelope.config)
        name = envelope.actor
        policy = self._known.policy(name.partition("/")[0], envelope.version)
        if policy is None:
            return Outdated()
        if shut := identity_tombstone.refusal(self._known, envelope, below=self._erased_below):
            return shut
        turn = Turn(sql) if self.lake.after is None else OwnTurn(sql, name, now=now)
        turn.audiences.use(name.partition("/")[0], policy.audiences)
        step = Step(sql, turn, policy, name, now)
        match envelope.call:
            case OfferLake():
                return lake_offers.offer(turn, name, life=self._erased_below or 0)
            case NoteLake() as call:
                return self._note_lake(step, call)
            case Trace() | Forget() as call:
                return _asked_by_an_erasure(sql, name, call)
            case ShowHeld() as call:
                from headwater.actors import identity_showing  # noqa: PLC0415 - events need none

                return identity_showing.show_held(sql, name, call)
            case call:
                answer = self._run(step, call)
        if _is_news(step, call, answer):
            self.feed.changed(now=now, version=envelope.version)
        return answer

    def _empty(self, sql: Sql, name: str, call: Empty) -> Emptied:
        """Delete all that there is; what this remembers of it goes, too."""
        from headwater.actors.identity_erasing import empty_whole  # noqa: PLC0415 - events need none

        try:
            return empty_whole(sql, name, call)
        finally:
            self.feed = Feed()
            self._is_open = False
            self._parcels.forget()
            self.lake.forget()

    def alarm(self) -> None:
        """Forget what is under way, so that the next call hands it out again."""
        self._parcels.forget()
        self.lake.look_anew()

    def word(self, sql: Sql, name: str, *, now: int) -> Word | None:
        """Answer what to tell the population; None where nothing is left to tell, or known yet."""
        workspace = name.partition("/")[0]
        config, policy = self._known.config(workspace), self._known.policy(workspace, 0)
        if config is None or policy is None:
            return None
        return self.feed.word(sql, name, policy.audiences, version=config.version, now=now)

    def wake_at(self, sql: Sql, *, now: int) -> int | None:
        """Answer when to look again, in milliseconds: what is undone, or a timer; None if never."""
        if not self._is_open and not _has_tables(sql):
            return None
        due: list[int] = []
        if (lake := self._lake_at(sql, now)) is not None:
            due.append(lake if lake > now else now + PATIENCE)
        if (timer := audiences.next_timer(sql)) is not None:
            due.append(max(timer, now + SOON))
        if _is_undone(sql):
            due.append(now + PATIENCE)
        if (tell := self.feed.at) is not None:
            due.append(tell if tell > now else now + PATIENCE)
        return min(due, default=None)

    def wants_lake(self, sql: Sql, *, now: int) -> bool:
        """Tell whether it is time that the lake is told of this actor."""
        at = self._lake_at(sql, now)
        return at is not None and at <= now

    def wants_waking(self, sql: Sql, *, now: int) -> bool:
        """Tell whether there is anything to do but for the lake."""
        return _has_tables(sql) and (_is_undone(sql) or bool(audiences.due(sql, now, 1)))

    def _lake_at(self, sql: Sql, now: int) -> int | None:
        # One that has slept since before there was a lake gets its table with its next call.
        is_ready = self._is_open or _has_tables(sql, "identity_reached.sql")
        return self.lake.due_at(sql, self.name(sql), now=now) if is_ready else None

    def name(self, sql: Sql) -> str | None:
        """Answer the name that it was first called by; None where nothing is stored."""
        rows = sql.execute("SELECT actor FROM identity LIMIT 1") if _has_tables(sql) else []
        return str(rows[0][0]) if rows else None

    def _run(self, step: Step, call: Call) -> Answer:
        turn, policy, name = step.turn, step.policy, step.name
        match call:
            case Receive():
                return self._receive(step, call)
            case Carry():
                reply = identity.answer(turn, policy, call.request)
                return Carried(reply, step.asks())
            case Settle():
                outbox.put(step.sql, identity.settle(turn, name, call.reply), now=step.now)
            case Merge():
                _order(turn, name, call)
            case Split():
                restored = split(turn, name, call.link, at=call.at)
                return Parted(restored, step.asks())
            case Continue() | Revisit():
                if isinstance(call, Continue) and call.may_rekey:
                    self._parcels.let_merge_go(step.sql, name)
                step.pass_time(anew=isinstance(call, Revisit))
            case Fetch():
                return Standing([], outbox.parcel(step.sql, name, call.id, call.token), None)
            case Acknowledge():
                self._parcels.acknowledge(step.sql, call.id, call.token)
                return self._standing(step, is_heir_due=True)
            case _:
                return look(step, call, self._known)
        return self._standing(step)

    def _receive(self, step: Step, call: Receive) -> Received:
        workspace = step.name.partition("/")[0]
        arrivals = [arrival_of(workspace, event) for event in call.events]
        calls = [(step.name, arrival) for arrival in arrivals]
        received = identity.receive(step.turn, step.policy, calls, now=step.now)
        waiting = step.send(received.commands)
        places = {id(arrival): place for place, arrival in enumerate(arrivals)}
        # What tells of audiences is stored too, and came with no call.
        stored = [places[id(one)] for _, one in received.stored if id(one) in places]
        step.told += [one for _, one in received.stored if id(one) not in places]
        asks = step.asks()
        step.send_to_members(waiting)
        return Received(
            stored=stored,
            moved=[(places[id(arrival)], to) for to, arrival in received.moved],
            asks=asks,
            parcel=self._parcels.hand_out(step.sql, step.name),
            told=[event_of(one) for one in step.told],
        )

    def _standing(self, step: Step, *, is_heir_due: bool = False) -> Standing:
        asks = step.asks()
        waiting_since = outbox.waiting_since(step.sql)
        state = step.turn.state(step.name)
        is_done = is_heir_due and waiting_since is None
        return Standing(
            asks=asks,
            parcel=self._parcels.hand_out(step.sql, step.name),
            waiting_since=waiting_since,
            heir=state.to if is_done and isinstance(state, Forward) else None,
            told=[event_of(one) for one in step.told],
        )

    def _note_lake(self, step: Step, call: NoteLake) -> LakeNoted:
        if call.life != (self._erased_below or 0):  # its ids are of somebody who was erased since
            return LakeNoted(is_settled=False, more=False)
        is_settled = lake_offers.note(
            step.turn, step.name, until=call.until, change=call.change, taken=call.taken
        )
        if call.first_hot:
            lake_trimming.trim(
                step.turn, step.name, first_hot=call.first_hot, unsettled=call.unsettled
            )
            step.turn.flush()
        self.lake.forget()
        is_root = isinstance(step.turn.state(step.name), Root)
        more = is_root and self.wants_lake(step.sql, now=step.now)
        if more:
            self.lake.told(now=step.now)  # whoever hears of it asks again
        return LakeNoted(is_settled, more)


def _asked_by_an_erasure(sql: Sql, name: str, call: Trace | Forget) -> Traced | Forgotten:
    from headwater.actors import identity_erasing  # noqa: PLC0415 - events need none of it

    if isinstance(call, Trace):
        return identity_erasing.trace(sql, name, call.identifiers)
    return identity_erasing.forget(sql, name, call)


def _is_news(step: Step, call: Call, answer: Answer) -> bool:
    """Tell whether the population may have to hear of what a call has changed."""
    if isinstance(answer, Received):
        return bool(answer.stored) or step.has_passed_time
    if isinstance(call, Carry | Settle | Merge | Split):
        state = step.turn.state(step.name)
        if isinstance(state, Account):
            return step.name in step.turn.audiences.accounts
        return isinstance(state, Root) or (isinstance(state, Forward) and state.parcels > 0)
    return step.has_passed_time


def _order(turn: Turn, name: str, call: Merge) -> None:
    root = turn.state(name)
    if not isinstance(root, Root):
        raise NotFound(f"Nobody is known by {call.first}.")
    if call.second not in root.ids:
        order_join(turn, name, call.first, call.second, order=call.order, at=call.at)


def _is_undone(sql: Sql) -> bool:
    pending = sql.execute("SELECT 1 FROM identity WHERE pending = 1 LIMIT 1")
    return bool(pending) or outbox.waiting_since(sql) is not None


def _has_tables(sql: Sql, one: str = "outbox.sql") -> bool:
    return is_applied(sql, one)
