"""Takes what actors offer to the lake, and lets them know once it is there.

An actor whose events have waited long enough puts its name into a queue. Whoever consumes that
asks each actor for what the lake lacks, writes it as one file a day, and makes it visible by one
entry of the manifest, which also names the events by where they were born. Then the actors are
told, and an entry says so. Whatever is cut short is done again:

- before the entry there is a file that nobody counts;
- after it, the manifest knows the events, and they are not taken again when they are offered again.

A person who is settling offers no events and is not waited for: the actor lets the lake know by
itself once that is done. Were its message sent back meanwhile, each of its alarms would add one.

Two who take from one actor at a time cannot both succeed: each reads the manifest before it asks,
and the entry of the second is refused, because an entry made meanwhile has the same events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from headwater.actors.identity_calls import NoteLake, OfferLake
from headwater.actors.lake_offers import LakeNoted, LakeOffer
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.lake_queue import Waiting, tell
from headwater.dispatch.parcels import Settings
from headwater.errors import HeadwaterError, NotFound
from headwater.lake import births, files, keys, tending
from headwater.lake.births import Births
from headwater.lake.catalogue import Catalogue, LogBusy
from headwater.lake.files import EventLine
from headwater.lake.manifest import Entry, LakeFile, Manifest, OutOfDate
from headwater.lake.schema import EVENTS, IDENTITY
from headwater.ports import Actors, Bucket, BucketFailure, CallFailed, Clock, Queue, Random

AT_ONCE = 16
"""Actors that are asked at a time."""

ENOUGH = 4_000_000
"""Characters of events after which what was gathered is written: it is all held in memory."""

_logger = logging.getLogger(__name__)


_decoder: msgspec.json.Decoder[Waiting] = msgspec.json.Decoder(Waiting)


class LakeFlush:
    """Consumes the queue. What it remembers of manifests may be forgotten."""

    def __init__(
        self,
        actors: Actors,
        queue: Queue,
        bucket: Bucket,
        settings: Settings,
        *,
        clock: Clock,
        random: Random,
        hot_days: int | None = None,
    ) -> None:
        """Make it; actors keep events for `hot_days`, or for ever."""
        self._actors = actors
        self._queue = queue
        self._bucket = bucket
        self._settings = settings
        self._clock = clock
        self._random = random
        self._hot_days = hot_days
        self._manifests: dict[str, Manifest] = {}

    async def consume(self, messages: Sequence[str]) -> list[bool]:
        """Take what these actors have; tell of each message whether that is done."""
        actors = [_decoder.decode(message).actor for message in messages]
        by_workspace: dict[str, list[str]] = {}
        for actor in dict.fromkeys(actors):
            by_workspace.setdefault(actor.partition("/")[0], []).append(actor)
        done: set[str] = set()
        for workspace, some in by_workspace.items():
            done |= await self._take(workspace, some)
        return [actor in done for actor in actors]

    async def _take(self, workspace: str, actors: list[str]) -> set[str]:
        try:
            config = await self._settings.config(workspace)
        except NotFound:
            return set(actors)  # it was deleted
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("The settings of a workspace cannot be read: %s", error)
            return set()
        # Its own: others may work on the same workspace, in this isolate too, and what they add
        # must be seen by this one's entries.
        catalogue = Catalogue(self._bucket, workspace, known=self._manifests.get(workspace))
        work = _Work(
            Exchange(self._actors, config),
            catalogue,
            self._bucket,
            self._clock,
            self._random,
            self._hot_days,
        )
        try:
            await catalogue.refresh()  # before anybody is asked
            await work.take(actors)
        except OutOfDate:
            _logger.info("Others took the same events to the lake meanwhile.")
        except BucketFailure as error:
            _logger.warning("The lake took nothing, it is tried again: %s", error)
        self._manifests[workspace] = catalogue.manifest
        try:
            await tell(self._queue, work.with_more)
        except CallFailed as error:
            _logger.warning("The rest of some actors is left to their next event: %s", error)
            return work.done - work.with_more
        return work.done


class _Work:
    """One consumer's work on one workspace.

    Attributes:
        done: actors whose offers are in the lake, and who know it.
        with_more: those among them who have more to offer.
    """

    def __init__(
        self,
        exchange: Exchange,
        catalogue: Catalogue,
        bucket: Bucket,
        clock: Clock,
        random: Random,
        hot_days: int | None,
    ) -> None:
        self._exchange = exchange
        self._catalogue = catalogue
        self._bucket = bucket
        self._clock = clock
        self._random = random
        self._hot_days = hot_days
        self.done: set[str] = set()
        self.with_more: set[str] = set()

    async def take(self, actors: Sequence[str]) -> None:
        """Take what they offer, as much at a time as memory holds.

        Raises:
            OutOfDate, BucketFailure: what is not done yet is to be done again.
        """
        offers: dict[str, LakeOffer] = {}
        size = 0
        for start in range(0, len(actors), AT_ONCE):
            some = actors[start : start + AT_ONCE]
            for actor, offer in zip(some, await self._offers(some), strict=True):
                if offer is not None:
                    offers[actor] = offer
                    size += sum(len(one.body) for one in offer.events)
            if size >= ENOUGH:
                await self._bring(offers)
                offers, size = {}, 0
        if offers:
            await self._bring(offers)

    async def _offers(self, actors: Sequence[str]) -> list[LakeOffer | None]:
        answers = await asyncio.gather(
            *(self._exchange.ask(actor, OfferLake(), LakeOffer) for actor in actors),
            return_exceptions=True,
        )
        offers: list[LakeOffer | None] = []
        for answer in answers:
            if isinstance(answer, CallFailed | HeadwaterError):
                _logger.warning("An actor did not say what it has for the lake: %s", answer)
            elif isinstance(answer, BaseException):
                raise answer
            offers.append(None if isinstance(answer, BaseException) else answer)
        return offers

    async def _bring(self, offers: dict[str, LakeOffer]) -> None:
        """Put offers into the lake, and let their actors know."""
        lines, taken = _new(offers, self._catalogue.manifest.taken)
        if found := await self._written(lines, offers):
            try:
                await self._add("flush", add=tuple(found), taken=taken)
            except (OutOfDate, LogBusy):
                await self._take_back(found)
                raise
        settled = await asyncio.gather(*(self._note(*one) for one in offers.items()))
        told: dict[str, tuple[int, ...]] = {}
        for actor, noted in zip(offers, settled, strict=True):
            if noted is not None:
                told = births.together(told, noted)
                self.done.add(actor)
        if births.overlap(told, self._catalogue.manifest.taken):
            await self._add("noted", told=told)

    async def _written(
        self, lines: Sequence[EventLine], offers: dict[str, LakeOffer]
    ) -> list[LakeFile]:
        """Write files that do not count yet."""
        workspace, now = self._exchange.workspace, self._clock.now()
        new: list[tuple[LakeFile, bytes]] = []
        days = files.by_day(map(files.event_row, lines))
        for day, rows in days.items():
            key = keys.events_key(workspace, day, keys.file_name(now, self._random.uuid()))
            new.append(files.written(EVENTS, key, files.in_order(EVENTS, rows), day=day))
        facts = [
            files.identity_row(
                kind, actor.partition("/")[2], key, body, change=offer.change, changed_at=now
            )
            for offer in offers.values()
            for kind, actor, key, body in offer.rows
        ]
        if facts:
            key = keys.identity_key(workspace, keys.file_name(now, self._random.uuid()))
            ordered = files.in_order(IDENTITY, facts)
            new.append(files.written(IDENTITY, key, ordered, day=None))
        found = [one for one, _ in new]
        try:
            for one, data in new:
                await self._bucket.put(one.key, data)
        except BucketFailure:
            await self._take_back(found)
            raise
        return found

    async def _take_back(self, found: Sequence[LakeFile]) -> None:
        """Delete files that nobody will count: somebody in them may have been erased meanwhile."""
        with suppress(BucketFailure):  # else they go with what a crash leaves behind
            await self._bucket.delete([one.key for one in found])

    async def _add(
        self,
        reason: str,
        *,
        add: tuple[LakeFile, ...] = (),
        taken: Births | None = None,
        told: Births | None = None,
    ) -> None:
        entry = Entry(
            id=self._random.uuid(),
            at=self._clock.now(),
            reason=reason,
            add=add,
            taken=taken or {},
            told=told or {},
        )
        await self._catalogue.add(entry)

    def _letting_go(self) -> tuple[int, list[int]]:
        """Answer the first day that stays with the actors, and days before it that do too."""
        if self._hot_days is None:
            return 0, []
        first_hot = keys.day_number(self._clock.now()) - self._hot_days
        return first_hot, tending.unsettled_days(self._catalogue.manifest, before=first_hot)

    async def _note(self, actor: str, offer: LakeOffer) -> Births | None:
        """Tell an actor what the lake has of it; answer what the manifest need not name any more.

        None: it did not hear of it, and is to be told again.
        """
        # One that offers nothing for now is told of nothing: it will offer the same again.
        known = () if offer.is_settling else self._catalogue.manifest.taken.get(actor, ())
        taken = births.together(offer.births, {actor: known} if known else {})
        order = NoteLake(offer.until, offer.change, taken, *self._letting_go(), life=offer.life)
        try:
            noted = await self._exchange.ask(actor, order, LakeNoted)
        except (CallFailed, HeadwaterError) as error:
            _logger.warning("An actor was not told what the lake has of it: %s", error)
            return None
        if noted.more:
            self.with_more.add(actor)
        return taken if noted.is_settled else {}


def _new(offers: Mapping[str, LakeOffer], known: Births) -> tuple[list[EventLine], Births]:
    """Answer the events that the lake does not have, each once, and where they were born."""
    lines: list[EventLine] = []
    new: dict[tuple[str, int], None] = {}
    for actor, offer in offers.items():
        person = actor.partition("/")[2]
        for one in offer.events:
            if not any(birth in new or births.holds(known, *birth) for birth in one.births):
                new.update(dict.fromkeys(one.births))
                lines.append(
                    EventLine(
                        person,
                        one.via,
                        one.number,
                        one.type,
                        one.timestamp,
                        one.message_id,
                        one.body,
                    )
                )
    return lines, births.born(new)
