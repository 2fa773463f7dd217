"""Phrases that were written before the grammar was looked at, and how well they were understood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from headwater.errors import BadRequest
from headwater.language.language import Language
from headwater.language.plan import read_plan, write_plan

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)


class Said(NamedTuple):
    """A phrase, the plan that it should give, and `?` or `-` as the file has it."""

    phrase: str
    plan: dict[str, Any]
    mark: str


@cache
def language() -> Language:
    """Answer the language that all tests here read with."""
    return Language()


def canonical(text: str) -> dict[str, Any] | None:
    """Answer a text's plan as its types write it; None where it is refused."""
    try:
        return write_plan(read_plan(language().read(text, today=TODAY).document))
    except BadRequest:
        return None


def paraphrases(table: str = "fresh_paraphrases.txt") -> Iterator[Said]:
    """Answer the lines of a table of paraphrases."""
    plan: dict[str, Any] | None = None
    for line in (HERE / table).read_text("utf-8").splitlines():
        if line.startswith("  "):
            mark = line[2] if line[2:4] in {"? ", "- "} else ""
            assert plan is not None
            yield Said(line[4:] if mark else line[2:], plan, mark)
        elif line.startswith("= "):
            plan = write_plan(read_plan(json.loads(line[2:])))
        elif not line.startswith("#"):
            plan = canonical(line)


def questions() -> list[dict[str, Any]]:
    """Answer the rows of `questions.json`."""
    found: list[dict[str, Any]] = json.loads((HERE / "questions.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("row", questions(), ids=lambda row: row["phrase"])
def test_a_question_is_the_plan_of_the_table(row: dict[str, Any]) -> None:
    """Each question of a marketer's words gives the plan that was reviewed."""
    assert canonical(row["phrase"]) == write_plan(read_plan(row["plan"]))


@pytest.mark.parametrize(
    "said", [*paraphrases(), *paraphrases("typed_phrases.txt")], ids=lambda said: said.phrase
)
def test_a_paraphrase_is_the_same_plan(said: Said) -> None:
    """Each gives the plan of its group; what does not yet is at least no other act."""
    plan = canonical(said.phrase)

    if said.mark == "-":
        assert plan is None or plan["do"] == said.plan["do"]
        assert plan != said.plan, "it is understood now: take its mark away"
    else:
        assert plan == said.plan


def test_the_tables_are_as_large_and_as_well_understood_as_is_told() -> None:
    """docs/language.md tells the first-sight rates; they are those of the tables' marks."""
    rows, said = questions(), list(paraphrases())
    page = (HERE.parents[1] / "docs" / "language.md").read_text("utf-8")
    first = sum(row["first_sight"] for row in rows)
    fresh = sum(one.mark == "" for one in said)
    left = sum(one.mark == "-" for one in said)

    assert (len(rows), len(said)) == (100, 226)
    assert f"{first} of {len(rows)} questions" in page
    assert f"{fresh} of {len(said)} paraphrases" in page
    assert left <= 0.05 * len(said)


def test_the_table_of_typed_phrases_is_as_well_understood_as_is_told() -> None:
    """docs/language.md tells how many at first sight and how many since; so say the marks."""
    said = list(paraphrases("typed_phrases.txt"))
    page = (HERE.parents[1] / "docs" / "language.md").read_text("utf-8")
    first, left = (sum(one.mark == mark for one in said) for mark in ("", "-"))

    assert f"Of {len(said)} phrases" in page
    assert f"{first} gave the plan that was meant at first sight" in page
    assert f"{len(said) - left} do since" in page


def test_every_kind_of_question_can_be_said() -> None:
    """Trends, funnels, retention, paths, lists and so on are all among the table's plans."""
    kinds = {row["plan"].get("question", {}).get("question") for row in questions()}

    assert kinds >= {
        "trend", "funnel", "retention", "paths", "list", "stickiness", "lifecycle", "attribution",
        "overlap",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["x " * 590, "signup to " * 200, "by week " * 200, "how sticky users then bought " * 90],
    ids=["x", "steps", "adjuncts", "clauses"],
)
def test_a_text_that_repeats_itself_is_refused_soon(text: str) -> None:
    """What could be parted in ever more ways is not tried in all of them: this would not end."""
    with pytest.raises(BadRequest):
        Language().read(text, today=date(2026, 11, 23))
