"""Overlap: people by the audiences that they are in. All of it adds up."""

from __future__ import annotations

from headwater.questions.asking import Asking, Circumstances, Query, all_rows
from headwater.questions.overlap import Overlap
from headwater.questions.sql.conditions import people_who
from headwater.questions.sql.text import quoted
from headwater.questions.table import Column, Table, percent


def ask_overlap(question: Overlap, circumstances: Circumstances) -> Asking:
    """Ask for the overlap; see `headwater.questions.overlap.Overlap`."""
    ids = [circumstances.audience(name) for name in question.audiences]
    bits = " + ".join(
        f"max(CASE WHEN audience = {quoted(one)} THEN {1 << at} ELSE 0 END)"
        for at, one in enumerate(ids)
    )
    named = ", ".join(quoted(one) for one in ids)
    only = ""
    if question.people is not None:
        who = people_who(question.people, circumstances, zone=circumstances.zone)
        only = f" AND person IN ({who})"
    answers = yield Query(
        f"SELECT b, count(*) FROM (SELECT person, {bits} AS b FROM memberships "  # noqa: S608 - literals are quoted
        f"WHERE audience IN ({named}){only} GROUP BY person) GROUP BY b"
    )
    counts: dict[int, int] = {}
    for mask, count in all_rows(answers):
        counts[int(mask)] = counts.get(int(mask), 0) + count
    total = sum(counts.values())
    rows = []
    for mask in sorted(counts, key=lambda one: (-one.bit_count(), one)):
        among = [bool(mask >> at & 1) for at in range(len(ids))]
        rows.append((*among, counts[mask], percent(counts[mask], total)))
    columns = [Column(name, "yes") for name in question.audiences]
    columns += [Column("people", "number"), Column("of all", "percent")]
    return Table(tuple(columns), tuple(rows), circumstances.now)
