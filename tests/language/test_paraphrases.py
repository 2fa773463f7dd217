"""Other ways to say the same give the same plan; texts that must not act do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import BadRequest
from headwater.language.language import Language
from headwater.language.plan import read_plan, write_plan

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)
SHARE = 0.95
"""Of the paraphrases, how many must give the same plan."""


@cache
def language() -> Language:
    """Answer the language that all tests here read with."""
    return Language()


def canonical(text: str) -> Any:
    """Answer a text's plan as its types write it; None where it is refused."""
    try:
        return write_plan(read_plan(language().read(text, today=TODAY).document))
    except BadRequest:
        return None


def paraphrases() -> Iterator[tuple[str, str]]:
    """Answer each phrase of the table with one other way to say it."""
    phrase = ""
    for line in (HERE / "paraphrases.txt").read_text("utf-8").splitlines():
        if line.startswith("  "):
            yield phrase, line.strip()
        elif not line.startswith("#"):
            phrase = line


def refusals() -> list[str]:
    """Answer the texts that must not act."""
    lines = (HERE / "refusals.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_paraphrases_are_of_phrases_in_the_table() -> None:
    """There are over 300, each of a phrase whose plan was reviewed."""
    table = {row["phrase"] for row in json.loads((HERE / "plans.json").read_text("utf-8"))}
    pairs = list(paraphrases())

    assert len(pairs) >= 300
    assert {phrase for phrase, _ in pairs} <= table
    assert len({said for _, said in pairs}) >= 300


def test_paraphrases_give_the_same_plan(record_property: Any) -> None:
    """At least 95 % of them do, and those that do not are named in the report."""
    pairs = list(paraphrases())
    others = [said for phrase, said in pairs if canonical(said) != canonical(phrase)]
    record_property("paraphrases that differ", others)

    assert len(others) <= (1 - SHARE) * len(pairs), others


@pytest.mark.parametrize(("phrase", "said"), list(paraphrases()), ids=lambda one: one[:50])
def test_no_paraphrase_gives_another_act(phrase: str, said: str) -> None:
    """Whatever is not the same plan is at least no other act."""
    plan = canonical(said)

    assert plan is None or plan["do"] == canonical(phrase)["do"]


def test_there_are_a_hundred_refusals() -> None:
    """Nonsense, half orders, and orders inside of other sentences."""
    assert len(refusals()) >= 100


@pytest.mark.parametrize("text", refusals())
def test_what_must_not_act_is_refused(text: str) -> None:
    """It is refused with a message that helps, and never becomes a plan that acts."""
    with pytest.raises(BadRequest) as caught:
        read_plan(language().read(text, today=TODAY).document)

    assert len(caught.value.message) > 20
    assert caught.value.code in {"not_understood", "ambiguous"}
