"""`sql`: one statement that reads, over all events and people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from headwater.api.csv_text import csv_text
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json, print_table, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted

_SECONDS = 3600.0
"""How long to wait for an answer: the server's own limit comes before it."""


@with_server
def sql(
    server: Remote,
    statement: Annotated[
        str,
        typer.Argument(
            help="One SELECT, @FILE for one in a file, or - to read it from standard input.",
            metavar="SQL",
        ),
    ],
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="How many rows to answer at most.")
    ] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
) -> None:
    """Run SQL over all events and people, up to this moment. It can only read.

    The tables are 'events', 'people' and 'identifiers' (docs/lake.md); DESCRIBE shows their
    columns. The dialect is DuckDB's: properties->>'plan' reads JSON.

    Examples:
        headwater sql "SELECT name, count(*) FROM events GROUP BY name ORDER BY 2 DESC"
        headwater sql "DESCRIBE events"
        headwater sql "SELECT person, traits->>'email' FROM people" --csv > people.csv
        headwater sql @revenue.sql --json
    """
    answer = server.ask(
        "POST",
        "/v1/sql",
        body={"sql": statement_text(statement), "limit": limit},
        timeout=_SECONDS,
    )
    names = [column["name"] for column in answer["columns"]]
    if as_csv:
        sys.stdout.write(csv_text(names, answer["rows"]))
    elif server.as_json:
        print_json(answer)
    else:
        print_table(None, names, answer["rows"], empty="No rows.")
        if answer["truncated"]:
            say(
                f"There is more: shown are {counted(len(answer['rows']), 'row')}; see --limit.",
                style="dim",
            )


def statement_text(given: str) -> str:
    """Answer the SQL that an argument is, or names.

    Raises:
        Trouble: it cannot be read.
    """
    if given == "-":
        return sys.stdin.read()
    if given.startswith("@"):
        try:
            return Path(given[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble(f"{given[1:]} cannot be read: {error}", exit_code=USAGE) from error
    return given
