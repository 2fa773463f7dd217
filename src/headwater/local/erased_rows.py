"""Takes people's rows out of a database that nobody else is using: a backup, or a restored one.

A server does the same a slice at a time, so that events do not wait; see erasure.py.
"""

from __future__ import annotations

from headwater.actors import erasing
from headwater.actors.erased_people import ErasedPeople
from headwater.ports import Sql
from headwater.workspace import WorkspaceConfig


def erase_rows(sql: Sql, people: ErasedPeople, config: WorkspaceConfig) -> int:
    """Delete all rows that are people's, and what other rows say of them; answer how many.

    For use inside a transaction. Deleted bytes stay in free pages.
    """
    removed = 0
    named = ErasedPeople(people.workspace, people.identifiers, erasing.group_messages(sql, people))
    while ids := erasing.own_rows(sql, named):
        erasing.delete_events(sql, ids)
        removed += len(ids)
    removed += sum(erasing.delete_actors(sql, named).values())
    others = erasing.mentions(sql, named)
    erasing.forget_mentions(sql, named, others)
    for table in ("delivery", "dead_letter"):
        theirs, renamed = erasing.deliveries_of(sql, table, named, config)
        erasing.delete_deliveries(sql, table, theirs, renamed)
        removed += len(theirs)
    rejected = erasing.rejected_of(sql, named, config)
    jobs = erasing.jobs_of(sql, named, but="")
    erasing.delete_texts(sql, named.workspace, rejected=rejected, jobs=jobs)
    return removed + len(others) + len(rejected) + len(jobs)
