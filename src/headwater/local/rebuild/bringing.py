"""Brings a database up to a lake, in steps that each may be cut short and begun again.

An empty database gets everything. One that was restored from a backup gets what the lake was
given since: who is who as the lake has it, the rows moved to where that puts them, and the events
that it lacks. How far it is lies in the database itself, in the transaction that did it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from headwater.actors.migrations import statements
from headwater.lake.manifest import Flushed, Manifest
from headwater.lake.schema import IDENTITY
from headwater.local.backups.manifest import BackupManifest
from headwater.local.lake import position as positions
from headwater.local.lake.position import last_event
from headwater.local.rebuild import moving
from headwater.local.rebuild.audiences import look_again, move_audiences, remember_told
from headwater.local.rebuild.erased import Erasing
from headwater.local.rebuild.placing import Placing, untold
from headwater.local.rebuild.plan import HOUR, LakeRewritten, LakeUnknown, Plan, save, saved
from headwater.local.rebuild.source import LakeSource, PastEvent
from headwater.local.rebuild.writing import (
    SCHEMA,
    choose,
    write_account_copies,
    write_events,
    write_identity,
)
from headwater.local.sql import Database
from headwater.local.told import Told
from headwater.ports import Clock, Random


class Bringing:
    """Brings one database up to one lake.

    Args:
        database: open for writing, with all schemas.
        backup: what the database is a copy of, and nothing else yet; None: it is empty.
        tell: is told how far it is.
        writes: whether to let the lake know of the database, which then may go on writing it.
    """

    def __init__(
        self,
        database: Database,
        source: LakeSource,
        *,
        clock: Clock,
        random: Random,
        backup: BackupManifest | None = None,
        tell: Callable[[Told], None] = lambda _: None,
        writes: bool = True,
    ) -> None:
        self._sql = database
        self._source = source
        self._clock = clock
        self._random = random
        self._backup = backup
        self._tell = tell
        self._writes = writes

    def bring(self) -> Plan:
        """Do all that is left to do, and answer what was done.

        Raises:
            BucketFailure: the lake cannot be read; what was done stays.
            LakeRewritten: it cannot be gone on with; begin anew with a fresh database.
            LakeUnknown: it is no lake of the backup's server.
        """
        plan = self._plan()
        if plan.done:
            return plan
        try:
            self._take_over(plan)
        except Exception as error:
            if self._is_rewritten(plan):
                raise LakeRewritten from error
            raise
        if self._is_rewritten(plan):
            raise LakeRewritten
        self._number(plan)
        return plan

    def _take_over(self, plan: Plan) -> None:
        self._identify(plan)
        if not plan.moved:
            with self._sql.transaction():
                self._move(plan)
                plan.moved = True
                self._save(plan)
        self._read_events(plan)
        if not plan.chosen:
            with self._sql.transaction():
                choose(self._sql)
                remember_told(self._sql)
                plan.chosen = True
                self._save(plan)

    def _move(self, plan: Plan) -> None:
        """Put rows that were there already where they belong now, and drop those of the erased."""
        erasing = Erasing(self._sql, self._source, random=self._random)
        erased = erasing.erased(plan) if self._backup is not None else {}
        erasing.forget(erased)
        moving.move_rows(self._sql)
        move_audiences(self._sql, now=self._clock.now())
        erasing.drop_rest(erased, now=self._clock.now())
        moving.cancel_jobs(self._sql, now=self._clock.now())

    def _is_rewritten(self, plan: Plan) -> bool:
        """Tell whether files of the plan are deleted; replaced ones stay for a day."""
        manifests = self._source.manifests()
        empty = Manifest()
        return any(
            one.key not in found.files and one.key not in found.gone
            for name, files in plan.files.items()
            for found in (manifests.get(name, empty),)
            for one in files
        )

    def _plan(self) -> Plan:
        if (begun := saved(self._sql)) is not None:
            return begun
        manifests = self._source.manifests()
        plan = Plan(
            address=self._source.address,
            files={name: list(one.files.values()) for name, one in manifests.items()},
            lineage=self._random.uuid(),
            last=last_event(self._sql),
        )
        if self._backup is not None:
            self._plan_for_backup(plan, manifests, self._backup)
        with self._sql.transaction():
            for statement in statements(SCHEMA):
                self._sql.execute(statement)
            self._save(plan)
        return plan

    def _plan_for_backup(
        self, plan: Plan, manifests: Mapping[str, Manifest], backup: BackupManifest
    ) -> None:
        at = positions.position(self._sql)
        reached = None if at is None else _reached(manifests, at.lineage)
        if not manifests and (at is None or at.change is None):
            reached = Flushed()  # a lake that nothing had come to by then, nor has since
        if reached is None:
            raise LakeUnknown(
                "The lake knows nothing of the server that the backup was made of. Give its own "
                "lake, or '--lake off' to have what the backup has and no more."
            )
        plan.backup = backup.file(backup.database).sha256
        plan.after = moving.last_change(self._sql)
        plan.has_gaps = backup.has_gaps
        # The clock may have been set back a little; nothing is taken twice for it.
        plan.received_from = 1 if backup.has_gaps else max(1, backup.made_at - HOUR)
        plan.flushed = min(plan.last, reached.position)
        plan.is_lake_newer = (
            at is not None and at.change is not None and reached.change >= at.change
        )

    def _save(self, plan: Plan) -> None:
        save(self._sql, plan)

    def _identify(self, plan: Plan) -> None:
        for workspace, files in sorted(plan.files.items()):
            if workspace in plan.identified:
                continue
            own = [one for one in files if one.table == IDENTITY.name]
            total, done = sum(one.rows for one in own), 0
            for facts in self._source.identity(own, after=0 if plan.has_gaps else plan.after):
                with self._sql.transaction():
                    write_identity(
                        self._sql, workspace, moving.newer(self._sql, workspace, facts, plan.after)
                    )
                done += len(facts)
                self._tell(Told("Who is who", done, max(total, done)))
            with self._sql.transaction():
                plan.identified.append(workspace)
                self._save(plan)

    def _read_events(self, plan: Plan) -> None:
        files = plan.events_files()
        total = sum(one.rows for _, one in files)
        done = sum(one.rows for _, one in files[: plan.file]) + plan.offset
        now, writers = self._clock.now(), dict[str, _Events]()
        for workspace, file in files[plan.file :]:
            if workspace not in writers:
                writers = {workspace: _Events(self._sql, self._source, plan, workspace, now=now)}
            events = writers[workspace]
            for page in self._source.events(file, after=plan.offset):
                with self._sql.transaction():
                    events.write(page)
                    plan.offset += len(page)
                    self._save(plan)
                done += len(page)
                self._tell(Told("Events", done, total))
            with self._sql.transaction():
                plan.file, plan.offset = plan.file + 1, 0
                self._save(plan)

    def _number(self, plan: Plan) -> None:
        """Give the database numbers of its own, by which the lake knows what it has of it.

        What the lake has comes first, then what it has not. The lake is told first: what it knows
        of a database that never was does no harm, and the other way round events would double.
        """
        now, end = self._clock.now(), last_event(self._sql)
        if self._writes:
            self._source.register(plan.lineage, position=end, now=now, random=self._random)
        names = [] if self._writes else self._source.names(position=end)
        with self._sql.transaction():
            moving.renumber(self._sql, above=plan.flushed, until=plan.last, end=end)
            positions.begin_lineage(self._sql, plan.lineage, position=end, now=now)
            positions.forget_names(self._sql)
            positions.know_by(self._sql, names)
            self._sql.execute("DROP TABLE bringing_repeated")
            # It stays, so that whoever was cut short behind this knows; but it names nobody.
            plan.files = {name: [] for name in plan.files}
            plan.done, plan.end = True, last_event(self._sql)
            self._save(plan)


class _Events:
    """Writes the events of one workspace."""

    def __init__(
        self, sql: Database, source: LakeSource, plan: Plan, workspace: str, *, now: int
    ) -> None:
        self._sql = sql
        self._now = now
        self._plan = plan
        self._workspace = workspace
        self._placing = Placing(sql, workspace)
        own = [one for name, one in plan.events_files() if name == workspace]
        self._repeated = source.repeated(own)
        self._untold = untold(sql, workspace)

    def write(self, page: list[PastEvent]) -> None:
        """Store events, but for those that are here already."""
        if self._plan.received_from:
            recent = [one for one in page if one.received_at >= self._plan.received_from]
            page = moving.unknown(self._sql, self._placing, recent)
            kept = [(self._placing.actor(one.via), one.via) for one in page]
            look_again(
                self._sql, [(who, via) for who, via in kept if who is not None], now=self._now
            )
        self._plan.events += len(page)
        self._plan.left_out += write_events(self._sql, self._placing, page, repeated=self._repeated)
        write_account_copies(self._sql, self._workspace, page, untold=self._untold)


def _reached(manifests: Mapping[str, Manifest], lineage: str) -> Flushed | None:
    """Answer how far a database has reached a lake; None where that does not know it."""
    found = [one.flushed[lineage] for one in manifests.values() if lineage in one.flushed]
    if not found:
        return None
    return Flushed(max(one.position for one in found), max(one.change for one in found))
