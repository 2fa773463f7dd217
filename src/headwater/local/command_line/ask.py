"""`ask`: questions about populations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.api.csv_text import csv_text
from headwater.local.command_line.charts import print_answer
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble

_SECONDS = 600.0
"""How long to wait for an answer: the server's own limit comes before it."""


@with_server
def ask(
    server: Remote,
    question: Annotated[
        str,
        typer.Argument(
            help="A question in JSON (docs/questions.md), @FILE for one in a file, or - to read "
            "it from standard input.",
            metavar="QUESTION",
        ),
    ],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
) -> None:
    """Ask a question about people and events; the answer is a table.

    Examples:
        headwater ask '{"question": "trend", "series": [{"events": "Order Completed"}]}'
        headwater ask '{"question": "funnel", "steps": ["Signed Up", "Order Completed"]}'
        headwater ask @revenue.json --csv > revenue.csv
    """
    asked = read_question_text(question)
    answer = server.ask("POST", "/v1/questions", body=asked, timeout=_SECONDS)
    if as_csv:
        names = [column["name"] for column in answer["columns"]]
        sys.stdout.write(csv_text(names, answer["rows"]))
    elif server.as_json:
        print_json(answer)
    else:
        print_answer(answer)


def read_question_text(given: str) -> dict[str, Any]:
    """Answer the JSON object that an argument of the command is, or names.

    Raises:
        Trouble: there is none.
    """
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        try:
            text = Path(given[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble(f"{given[1:]} cannot be read: {error}", exit_code=USAGE) from error
    try:
        question = json.loads(text)
    except ValueError as error:
        in_words = (
            f" For a question in words: headwater {json.dumps(text, ensure_ascii=False)}"
            if text == given and text[:1].isalpha()
            else ""
        )
        raise Trouble(
            f"The question is not valid JSON: {error}.{in_words}", exit_code=USAGE
        ) from error
    if not isinstance(question, dict):
        raise Trouble("A question is a JSON object; see docs/questions.md.", exit_code=USAGE)
    return question
