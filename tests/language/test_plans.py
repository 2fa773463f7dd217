"""The 122 phrases that users are promised give the plans that a careful person would write."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from headwater.language.chains import read_chain
from headwater.language.grammar import the_grammar
from headwater.language.language import Language
from headwater.language.plan import hash_of, kinds, read_plan, write_plan
from headwater.language.plan_words import in_words

TODAY = date(2026, 11, 23)
ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "plans.json").read_text("utf-8"))


@cache
def language() -> Language:
    """Answer the language that all tests here read with."""
    return Language()


def canonical(document: Any) -> Any:
    """Answer a plan as its types write it."""
    return write_plan(read_plan(document))


def name_of(row: dict[str, Any]) -> str:
    """Answer a row's name in reports."""
    return " ".join(row["phrase"].split())[:60] + (" + chain" if row.get("steps") else "")


def test_the_table_is_whole() -> None:
    """Each of the 122 phrases is in the table."""
    assert len(ROWS) == 122


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_phrase_gives_its_plan(row: dict[str, Any]) -> None:
    """Phrase and chain give the reviewed plan, whose types take it and write it again."""
    read = read_chain(language(), row["phrase"], None, row.get("steps", []), today=TODAY)

    assert canonical(read.document) == canonical(row["plan"])
    assert read.notes == ()


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_plan_is_the_same_again(row: dict[str, Any]) -> None:
    """JSON and back changes nothing, not even the hash; and the plan can be said in words."""
    typed = read_plan(row["plan"])
    again = read_plan(json.loads(json.dumps(write_plan(typed))))

    assert again == typed
    assert hash_of(again) == hash_of(typed)
    assert in_words(write_plan(typed)).strip()


def test_business_words_are_shown_with_their_meaning() -> None:
    """A plan that rests on a definition brings the definition along."""
    read = language().read("churned Pro users", today=TODAY)

    assert list(read.definitions) == ["churned"]
    assert language().read("user-1 churned", today=TODAY).definitions == {}


def test_a_definition_can_be_changed() -> None:
    """What a workspace says a word means is what the plan asks for."""
    own = Language(definitions={"churned": {"type": "trait", "path": "left", "operator": "exists"}})
    read = own.read("churned users", today=TODAY)

    assert read.document["people"] == {"type": "trait", "path": "left", "operator": "exists"}


def test_words_of_a_workspace_are_understood() -> None:
    """Events, plans and destinations can be added as data."""
    own = Language(
        events="Gadget Spun | spin : gadget; twirl : gadget | gadget-spin | gadget | amount",
        plans=["Titanium"],
        destinations=["Data Lake House"],
    )

    said = own.read("user-1 twirled the blue gadget", today=TODAY).document
    assert said["facts"][0]["name"] == "Gadget Spun"
    assert said["facts"][0]["properties"] == {"gadget": "blue"}
    titanium = own.read("titanium users", today=TODAY).document
    assert titanium["people"]["path"] == "plan"
    routed = own.read("send gadget spins to data lake house", today=TODAY).document
    assert routed["destinations"] == ["Data Lake House"]
    assert routed["events"] == {"name": "Gadget Spun"}


def test_every_example_that_is_offered_is_understood() -> None:
    """What errors and the prompt suggest is what the language takes."""
    examples = {rule.example for rule in the_grammar().rules}
    assert len(examples) > 40

    for example in sorted(examples):
        canonical(language().read(example, today=TODAY).document)


def test_the_page_names_every_kind_of_plan() -> None:
    """docs/language.md has a row for each, with its effect and phrases that are understood."""
    page = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", page, re.MULTILINE)[1:]

    assert {name: effect for name, effect, _ in rows} == {
        name: kind.effect for name, kind in kinds().items()
    }
    for name, _, said in rows:
        for phrase in re.findall(r"`([^`]+)`", said) if name != "chain" else ():
            assert language().read(phrase, today=TODAY).document["do"] == name
