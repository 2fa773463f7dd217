"""`sql`: one statement that reads, over all events and people."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from headwater.actors.registry import DEFAULT_WORKSPACE
from headwater.api.csv_text import csv_text
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json, print_table, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted

_SECONDS = 3600.0
"""How long to wait for an answer: the server's own limit comes before it."""


@partial(with_server, unless="lake")
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
    lake: Annotated[
        str | None,
        typer.Option(
            help="Read this lake as of its last flush, without a server.", metavar="DIR|s3://"
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="With --lake s3://: the folder for copies of its files "
            "(~/.cache/headwater unless XDG_CACHE_HOME says otherwise).",
            metavar="DIR",
        ),
    ] = None,
) -> None:
    """Run SQL over all events and people, up to this moment. It can only read.

    The tables are 'events', 'people' and 'identifiers' (docs/lake.md); DESCRIBE shows their
    columns. The dialect is DuckDB's: properties->>'plan' reads JSON.

    Examples:
        headwater sql "SELECT name, count(*) FROM events GROUP BY name ORDER BY 2 DESC"
        headwater sql "DESCRIBE events"
        headwater sql "SELECT person, traits->>'email' FROM people" --csv > people.csv
        headwater sql @revenue.sql --json
        headwater sql "SELECT count(*) FROM events" --lake s3://headwater-lake
    """
    text = statement_text(statement)
    if lake is None:
        answer = server.ask("POST", "/v1/sql", body={"sql": text, "limit": limit}, timeout=_SECONDS)
    else:
        # Imported here: DuckDB and Arrow are large, and a server has them itself.
        from headwater.local.command_line.lake_sql import found_in  # noqa: PLC0415 - see above

        workspace = server.workspace or DEFAULT_WORKSPACE
        answer = found_in(lake, workspace, text, limit=limit, cache=cache)
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
