"""Jobs whose work is done by objects of their own: taken, shown, and called off."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from headwater.actors.job_calls import Begin, Done, JobCall, Stop, decode_answer, encode
from headwater.actors.jobs import Job
from headwater.actors.workspace import WorkspaceActor
from headwater.dispatch.settings import SettingsOverActors
from headwater.errors import BadRequest, NotHere, Unavailable
from headwater.ports import Actors, CallFailed, Clock, Random

UNSEEN = frozenset({"identifier", "identifiers"})
"""Parameters that name people: they stay with the job's own object, and nobody is shown them."""

MOST_PEOPLE = 500
"""Identifiers that one order may name."""


class JobsOverActors:
    """The admin API's `Jobs`.

    Args:
        actors: where jobs' own objects are.
        settings: where everybody sees how jobs go.
        kinds: of jobs that can be done here.
        clock: tells when one was ordered.
        random: for names.
    """

    def __init__(
        self,
        actors: Actors,
        settings: SettingsOverActors,
        *,
        kinds: Collection[str],
        clock: Clock,
        random: Random,
    ) -> None:
        self._actors = actors
        self._settings = settings
        self._kinds = kinds
        self._clock = clock
        self._random = random

    async def start(
        self,
        workspace: str,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        unit: str = "events",
        key: str | None = None,
    ) -> Job:
        """Store an order and answer the job; see `Jobs.start`.

        Raises:
            NotHere: jobs of that kind are not done here.
            BadRequest: it names too many people.
            Unavailable: whether it was taken is not known; the list of jobs shows it.
        """
        if kind not in self._kinds:
            raise NotHere(
                f"Jobs of the kind {kind!r} need the lake, and this Worker has none: it lacks the "
                "bucket, or HEADWATER_LAKE is off."
            )
        if len(parameters.get("identifiers", ())) > MOST_PEOPLE:
            raise BadRequest(
                f"On Cloudflare one order names {MOST_PEOPLE} identifiers at most; send several."
            )
        id_ = f"job_{self._random.uuid().replace('-', '')[:20]}"
        shown = {name: value for name, value in parameters.items() if name not in UNSEEN}
        order = Begin(workspace, id_, kind, dict(parameters), shown, unit, key)
        await self._ask(workspace, id_, order)
        opened = await self._settings.write(
            workspace,
            WorkspaceActor.open_job,
            id_,
            kind,
            shown,
            unit=unit,
            now=self._clock.now(),
            key=key,
        )
        if opened.id != id_:  # the same was asked for before
            await self._ask(workspace, id_, Stop())
        return opened

    async def job(self, workspace: str, id_: str) -> Job:
        """Answer a job; raise `NotFound` where there is none."""
        return await self._settings.read(workspace, WorkspaceActor.job, id_)

    async def jobs(
        self,
        workspace: str,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[Job]:
        """Answer jobs, the latest first; see `Jobs.jobs`."""
        return await self._settings.read(
            workspace,
            WorkspaceActor.jobs,
            kinds=list(kinds),
            states=list(states),
            limit=limit,
            before=before,
        )

    async def cancel(self, workspace: str, id_: str) -> Job:
        """Have nothing more done about a job; see `Jobs.cancel`."""
        ended = await self._settings.write(
            workspace, WorkspaceActor.cancel_job, id_, now=self._clock.now()
        )
        if ended.state == "cancelled":
            await self._ask(workspace, id_, Stop())
        return ended

    async def stop(self, workspace: str, id_: str) -> bool:
        """Cancel a job unless a step of it is just being done; tell whether none is.

        Once it is cancelled, nothing that it does is still under way.
        """
        if (await self._ask(workspace, id_, Stop())).is_working:
            return False
        now = self._clock.now()
        await self._settings.write(workspace, WorkspaceActor.cancel_job, id_, now=now)
        return True

    async def _ask(self, workspace: str, job: str, call: JobCall) -> Done:
        try:
            return decode_answer(await self._actors.job(workspace, job).call(encode(call)))
        except CallFailed as error:
            raise Unavailable("The job's object does not answer now; ask again.") from error
