"""The job that erases people where each actor has a database of its own.

The same order as locally (local/erasure.py): tombstones first, so that whatever is submitted from
then on is checked against them; then the places one by one, then all of them again. Each step may
be repeated, and one object's alarm does one go of one step at a time, so that none takes more
than Cloudflare gives it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from headwater.actors import certificates
from headwater.actors.erased_people import ErasedPeople
from headwater.actors.population import SHARDS
from headwater.actors.workspace import WorkspaceActor
from headwater.collect.times import write_time
from headwater.dispatch.erasing.people import ErasedActors
from headwater.dispatch.erasing.shared import sift_lane, sift_population, sift_shard
from headwater.dispatch.erasing.state import STEPS, ErasureState, Step, decode, encode
from headwater.dispatch.erasing.statement import statement_of
from headwater.dispatch.exchange import Exchange
from headwater.dispatch.job_keeper import Stage
from headwater.dispatch.lake_erasing import LakeErasing, LakeProgress
from headwater.dispatch.people import PeopleOverActors
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import Unavailable
from headwater.ports import Actors, Bucket, Clock, Random
from headwater.profiles.suppression import hash_of
from headwater.workspace import WorkspaceConfig

KIND = "erase"

SETTLING = 6_000
"""Milliseconds that events take at most which were let in just before the tombstones were known.

An isolate that serves requests looks for new settings every 5 s.
"""


class Signer(Protocol):
    """Signs with Ed25519 (RFC 8032)."""

    async def made_key(self) -> str:
        """Answer a new private key, as text."""
        ...

    async def sign(self, key: str, data: bytes) -> tuple[bytes, bytes]:
        """Answer the public key of 32 bytes, and the signature of 64."""
        ...


class ErasureWork:
    """Does erasures, as `job_keeper.Work`."""

    def __init__(
        self,
        actors: Actors,
        settings: SettingsOverActors,
        people: PeopleOverActors,
        bucket: Bucket | None,
        signer: Signer,
        *,
        drop_exports: Callable[[str], Awaitable[int]],
        clock: Clock,
        random: Random,
    ) -> None:
        """Make it; without a bucket there is no lake.

        `drop_exports` deletes a workspace's exports, whole or under way, and answers how many.
        """
        self._actors = actors
        self._settings = settings
        self._people = people
        self._bucket = bucket
        self._signer = signer
        self._drop_exports = drop_exports
        self._clock = clock
        self._random = random
        self._steps: dict[Step, Callable[[_Order], Awaitable[None]]] = {
            "find": self._find,
            "suppress": self._suppress,
            "trace": self._trace,
            "empty": self._empty,
            "forget": self._forget,
            "population": self._population,
            "lanes": self._lanes,
            "texts": self._texts,
            "lake": self._lake,
            "lake_ending": self._lake_ending,
            "look_again": self._look_again,
            "certify": self._certify,
        }

    def opening(self, parameters: Mapping[str, Any]) -> str:
        """Answer what the first step is told; see `Work.opening`."""
        return encode(
            ErasureState(
                list(parameters["identifiers"]), suppress=bool(parameters.get("suppress", True))
            )
        )

    async def step(self, workspace: str, job: str, body: str) -> Stage:
        """Do the next step; see `Work.step`."""
        order = _Order(workspace, job, decode(body), await self._settings.newest(workspace))
        await self._steps[order.state.step](order)
        done = STEPS.index(order.state.step)
        total = len(STEPS)
        if order.result is not None:
            done = total
        return Stage(encode(order.state), done, total, order.at, order.result)

    async def give_up(self, workspace: str, job: str) -> None:
        """Remove nothing; see `Work.give_up`."""

    def _at(self, order: _Order) -> ErasedActors:
        return ErasedActors(Exchange(self._actors, order.config), self._people)

    async def _find(self, order: _Order) -> None:
        """Find all identifiers of the people, and note which were suppressed before."""
        state, suppression = order.state, order.config.suppression
        if await self._at(order).find(state):
            return
        new = state.identifiers[state.noted :]
        state.noted = len(state.identifiers)
        state.already += [
            one for one in new if hash_of(suppression.salt, one) in suppression.hashes
        ]
        state.go_on("suppress" if new else "trace")

    async def _suppress(self, order: _Order) -> None:
        """Keep nothing more of them; look again once all who let events in know of it."""
        state = order.state
        await self._settings.write(
            order.workspace,
            WorkspaceActor.suppress,
            state.identifiers,
            now=self._clock.now(),
            reason="erased",
        )
        state.below = (await self._settings.newest(order.workspace)).version
        order.at = self._clock.now() + SETTLING
        state.go_on("find")

    async def _trace(self, order: _Order) -> None:
        """Learn who may know of them."""
        if not await self._at(order).trace(order.state):
            await self._at(order).trace_accounts(order.state)
            order.state.go_on("empty")

    async def _empty(self, order: _Order) -> None:
        """Empty their actors."""
        state = order.state
        more = await self._at(order).empty(state)
        if more is None:
            state.looked += 1
            state.go_on("find")
        elif not more:
            state.go_on("forget")

    async def _forget(self, order: _Order) -> None:
        """Have others forget them."""
        if not await self._at(order).forget(order.state):
            order.state.go_on("population")

    async def _population(self, order: _Order) -> None:
        """Take them out of the next shard."""
        state = order.state
        rows = await sift_shard(self._actors, order.workspace, state.place, state.identifiers)
        state.count({"population": rows})
        state.place += 1
        if state.place == SHARDS:
            state.go_on("lanes")

    async def _lanes(self, order: _Order) -> None:
        """Take them out of what waits for destinations, and of dead letters."""
        order.state.count(await self._sift_lanes(order))
        order.state.go_on("texts")

    async def _texts(self, order: _Order) -> None:
        """Take them out of refused events, and of jobs that have ended; delete all exports."""
        order.state.exports += await self._drop_exports(order.workspace)
        order.state.count(await self._sift_texts(order))
        order.state.go_on("lake" if self._bucket else "look_again")

    async def _lake(self, order: _Order) -> None:
        """Take them out of the next files."""
        state = order.state
        if not await self._lake_of(order).step(state.lake):
            await self._at(order).forget_at(state, _others(state, state.lake))
            state.go_on("lake_ending")

    async def _lake_ending(self, order: _Order) -> None:
        """Delete the bytes, and the past of the manifest."""
        deleted = await self._lake_of(order).finish(order.state.lake)
        if deleted is None:  # a flush came in between
            order.state.go_on("lake")
            return
        order.state.deleted += deleted
        order.state.go_on("look_again")

    async def _look_again(self, order: _Order) -> None:
        """Look in every place again; where anything is found it goes, and it is looked again."""
        state = order.state
        if self._bucket and state.place == 0:
            if not await self._lake_of(order).step(state.again):
                state.place = 1
            if state.again.files:
                state.lake.files += state.again.files
                state.lake.rows += state.again.rows
                await self._at(order).forget_at(state, _others(state, state.again))
                state.again = LakeProgress()
                state.go_on("lake")
            return
        if not await self._at(order).are_empty(state):
            state.go_on("find")
            return
        # Those that were begun when the lake still had everybody.
        state.exports += await self._drop_exports(order.workspace)
        rows = {
            "population": await sift_population(self._actors, order.workspace, state.identifiers)
        }
        rows |= await self._sift_lanes(order) | await self._sift_texts(order)
        if any(rows.values()):
            state.count(rows)
            order.at = self._clock.now() + 1000
            return
        state.unreadable_from = self._clock.now()
        state.rescan = {
            "at": write_time(state.unreadable_from),
            "actors": len(state.identifiers) + len(state.groups),
            "tables": sorted(rows),
            "rows_found": 0,
            "lake_files_read": state.again.looked_at,
            "lake_rows_found": 0,
        }
        state.go_on("certify")

    async def _certify(self, order: _Order) -> None:
        """Sign what was done; where they may come back, let them."""
        state, workspace = order.state, order.workspace
        shown = await self._settings.read(workspace, WorkspaceActor.job, order.job)
        now = self._clock.now()
        statement = statement_of(order.config, state, erasure=order.job, now=now)
        statement["requested_at"] = write_time(shown.created_at)
        if not state.suppress:
            lifted = sorted(set(state.identifiers) - set(state.already))
            await self._settings.write(workspace, WorkspaceActor.unsuppress, lifted, erased_at=now)
        key = await self._settings.read(workspace, WorkspaceActor.signing_key)
        if key is None:
            offered = await self._signer.made_key()
            key = await self._settings.write(workspace, WorkspaceActor.signing_key, offered)
        public, signature = await self._signer.sign(key or "", certificates.payload(statement))
        signed = certificates.certificate(statement, public_key=public, signature=signature)
        text = json.dumps(signed, ensure_ascii=False)
        await self._settings.write(
            workspace, WorkspaceActor.keep_certificate, order.job, text, now=now
        )
        order.result = {"certificate": f"/v1/erasures/{order.job}"}

    def _lake_of(self, order: _Order) -> LakeErasing:
        if self._bucket is None:
            raise Unavailable("The lake is switched off.")
        return LakeErasing(self._bucket, order.people, clock=self._clock, random=self._random)

    async def _sift_lanes(self, order: _Order) -> dict[str, int]:
        removed = {"delivery": 0, "dead_letter": 0}
        for one in order.config.destinations:
            identifiers = order.state.identifiers
            sifted = await sift_lane(self._actors, order.config, one.id, identifiers)
            removed = {table: removed[table] + count for table, count in sifted.items()}
        return removed

    async def _sift_texts(self, order: _Order) -> dict[str, int]:
        return await self._settings.write(
            order.workspace, WorkspaceActor.sift_texts, order.state.identifiers, job=order.job
        )


def _others(state: ErasureState, lake: LakeProgress) -> list[str]:
    """Answer the actors that the lake tells name the erased, and that were not asked yet."""
    asked = {*state.named, *(f"=account:{group}" for group in state.groups)}
    new = [name for name in lake.actors if name not in asked]
    state.named += [name for name in new if not name.startswith("=")]
    state.groups += [name.removeprefix("=account:") for name in new if name.startswith("=")]
    return new


class _Order:
    """One go of a step."""

    def __init__(
        self, workspace: str, job: str, state: ErasureState, config: WorkspaceConfig
    ) -> None:
        self.workspace = workspace
        self.job = job
        self.state = state
        self.config = config
        self.at = 0
        self.result: dict[str, Any] | None = None

    @property
    def people(self) -> ErasedPeople:
        """Who is erased."""
        state = self.state
        return ErasedPeople(self.workspace, state.identifiers, state.messages)
