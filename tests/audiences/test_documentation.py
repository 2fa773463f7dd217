"""docs/audiences.md says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from headwater.audiences.comparisons import Operator
from headwater.audiences.conditions import Leaf
from headwater.audiences.conditions_reading import read

DOCS = (Path(__file__).parents[2] / "docs" / "audiences.md").read_text("utf-8")
EXAMPLES = [
    text
    for text in re.findall(r"```json\n(.*?)```", DOCS.partition("## Conditions")[2], re.DOTALL)
    if '"type"' in text or '"all"' in text or '"and"' in text
]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_condition(number: int) -> None:
    """Whoever copies an example gets what it shows."""
    example = json.loads(EXAMPLES[number])

    assert read(example.get("condition", example) if "type" not in example else example)


def test_every_operator_and_type_is_described() -> None:
    """No operator and no type of condition is left out."""
    rows = "\n".join(line for line in DOCS.splitlines() if line.startswith("|"))
    types = [one.__dataclass_fields__["type"].default for one in get_args(Leaf)]

    assert [one for one in [*get_args(Operator), *types] if f"`{one}`" not in rows] == []
