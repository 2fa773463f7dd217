"""Jobs of a workspace whose work is done by objects of their own: how each goes, as it is shown.

What was asked for is with the job's own object. Here are no names of people, since these rows stay
for a while when the job has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.actors import jobs
from headwater.actors.jobs import Job, Order
from headwater.actors.workspace_settings import WorkspaceSettings


class WorkspaceJobs(WorkspaceSettings):
    """The part of a workspace's actor that tells how jobs go; see `jobs` for each."""

    def open_job(
        self,
        id_: str,
        kind: str,
        parameters: dict[str, Any],
        *,
        unit: str,
        now: int,
        key: str | None = None,
    ) -> Job:
        """Store a job, once; answer it, or the one that counts under its key."""
        if not self._sql.execute("SELECT 1 FROM job WHERE id = ?", (id_,)):
            order = Order(
                id=id_,
                workspace=self._workspace,
                kind=kind,
                parameters=parameters,
                unit=unit,
                key=key,
            )
            with self._sql.transaction():
                return jobs.create(self._sql, order, now=now)
        return self.job(id_)

    def release_job(self, id_: str) -> None:
        """Let the next order with a job's key be a job of its own."""
        jobs.release(self._sql, id_)

    def job(self, id_: str) -> Job:
        """Answer a job; raise `NotFound`."""
        return jobs.job(self._sql, id_, workspace=self._workspace)

    def jobs(
        self,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        limit: int = 100,
        before: int | None = None,
    ) -> list[Job]:
        """Answer jobs, the latest first."""
        return jobs.jobs(
            self._sql, self._workspace, kinds=kinds, states=states, limit=limit, before=before
        )

    def note_job(self, id_: str, *, done: int, total: int | None, now: int) -> Job:
        """Note that a job is worked on, and how far it is; raise `JobEnded` where it has ended."""
        with self._sql.transaction():
            jobs.begin(self._sql, id_, now=now)
            jobs.note(self._sql, id_, now=now, done=done, total=total)
        return self.job(id_)

    def hold_up_job(self, id_: str, error: str, *, now: int) -> None:
        """Note what keeps a running job from going on just now."""
        jobs.hold_up(self._sql, id_, error, now=now)

    def finish_job(self, id_: str, result: dict[str, Any], *, now: int) -> None:
        """Note that a job is done; raise `JobEnded` where it has ended."""
        jobs.finish(self._sql, id_, result, now=now)

    def fail_job(self, id_: str, error: str, *, now: int) -> None:
        """Note that a job cannot be done."""
        jobs.fail(self._sql, id_, error, now=now)

    def cancel_job(self, id_: str, *, now: int) -> Job:
        """Have nothing more done about a job; raise `NotFound`."""
        return jobs.cancel(self._sql, id_, workspace=self._workspace, now=now)
