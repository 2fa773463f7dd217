"""Questions over HTTP."""

from __future__ import annotations

import httpx
import pytest

from headwater.api.csv_text import csv_text
from headwater.api.questions import wants_csv

QUESTION = {"question": "trend", "series": [{"events": "A"}], "over": "today"}


async def test_the_answer_is_a_table(reader: httpx.AsyncClient) -> None:
    """With the question as it was understood, and what to know of the figures."""
    answer = await reader.post("/v1/questions", json=QUESTION)

    assert answer.status_code == 200
    assert answer.json() == {
        "question": {
            "question": "trend",
            "over": {"this": "day"},
            "series": [{"events": {"name": "A"}}],
        },
        "columns": [
            {"name": "day", "kind": "time"},
            {"name": "=what", "kind": "text"},
            {"name": "people", "kind": "number"},
        ],
        "rows": [["2025-11-24", "=1+1", 3], ["2025-11-24", "default", None]],
        "exact": False,
        "as_of": "2025-11-24T16:00:00.000Z",
        "notes": ["trend"],
    }


async def test_the_table_comes_as_csv(reader: httpx.AsyncClient) -> None:
    """Nothing is an empty cell, and what a spreadsheet would run is a text."""
    answer = await reader.post("/v1/questions", json=QUESTION, headers={"accept": "text/csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == "day,'=what,people\r\n2025-11-24,'=1+1,3\r\n2025-11-24,default,\r\n"


async def test_a_question_that_is_none_is_told_why(reader: httpx.AsyncClient) -> None:
    """As 400, with the place of the mistake."""
    answer = await reader.post("/v1/questions", json={**QUESTION, "serie": 1})

    assert answer.status_code == 400
    assert answer.json() == {
        "code": "invalid_question",
        "message": "serie: there is no such field (did you mean 'series'?).",
    }


async def test_only_questions_have_csv(reader: httpx.AsyncClient) -> None:
    """Elsewhere the answer is JSON, and who takes none of it is told."""
    answer = await reader.get("/v1/status", headers={"accept": "text/csv"})

    assert answer.status_code == 406


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("text/csv; charset=utf-8, application/json", True),
        ("application/json, text/csv", False),
    ],
)
def test_csv_is_for_who_names_it_first(accept: str | None, *, expected: bool) -> None:
    """Everybody else gets JSON."""
    assert wants_csv(accept) == expected


def test_csv_quotes_what_it_must() -> None:
    """Commas, quotation marks, line breaks; numbers stay numbers, also negative ones."""
    text = csv_text(["a", "b"], [['x,"y"', -1], ["two\nlines", True], ["@x", 0.5]])

    assert text == 'a,b\r\n"x,""y""",-1\r\n"two\nlines",true\r\n\'@x,0.5\r\n'
