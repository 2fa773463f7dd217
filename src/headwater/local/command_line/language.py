"""`say` and `talk`: plain language at a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from headwater.local.command_line.exporting import fetch_archive
from headwater.local.command_line.following import follow
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json
from headwater.local.command_line.output import say as tell
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.spoken import print_spoken
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted

CONFIRMED = frozenset({"merges", "erases", "sends", "routes"})


@with_server
def say(
    server: Remote,
    text: Annotated[list[str], typer.Argument(help="What you want to say.", metavar="TEXT")],
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Show the plan, and do nothing.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before sending, merging, … .")
    ] = False,
    value: Annotated[
        list[str],
        typer.Option("--value", metavar="NAME=VALUE", help="The value of {NAME} in the text."),
    ] = [],  # noqa: B006 - typer copies it
    visitor: Annotated[
        str | None,
        typer.Option(metavar="TYPE:VALUE", help="Who is meant where the text names nobody."),
    ] = None,
) -> None:
    r"""Say it in plain language; 'headwater "…"' is the same.

    What would send, merge, erase or route is shown first, and done once you say yes.

    Examples:
        headwater say who is user-123?
        headwater "user-123 completed order #456 revenue \$99.99"
        headwater say "revenue by campaign last month" --json
        headwater say "link {anonymous} to {user}" --value anonymous=anon-7 --value user=42
        headwater say --plan "delete user-123"
    """
    order: dict[str, Any] = {"text": " ".join(text), "params": _values(value), "visitor": visitor}
    shown = server.ask("POST", "/v1/ask", parameters={"plan": "true"}, body=order)
    if plan:
        _show(server, shown)
        return
    if shown["effect"] in CONFIRMED and shown["missing"] is None:
        confirm(shown, yes=yes)
    if shown["plan"]["do"] == "export_person" and not server.as_json:
        save_person(server, shown, visitor)
    else:
        _show(server, carry_out(server, shown, visitor))


def _values(given: list[str]) -> dict[str, str]:
    values = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.isidentifier():
            raise Trouble(f"--value {one!r}: write NAME=VALUE.", exit_code=USAGE)
        values[name] = value
    return values


def confirm(shown: dict[str, Any], *, yes: bool) -> None:
    """Ask before a plan is carried out that cannot simply be taken back.

    Raises:
        Trouble: nobody is there to be asked, or they said no.
    """
    if yes:
        return
    tell(shown["words"])
    people = shown["reach"].get("people")
    if people is not None:
        tell(f"This reaches {counted(people, 'person')}.")
    _tell_who(shown)
    if not sys.stdin.isatty():
        raise Trouble(
            f"This {shown['effect']}; say --yes to do it without being asked, or --plan to see it.",
            exit_code=USAGE,
        )
    if not typer.confirm("Do it?"):
        raise Trouble("Nothing was done.")


def _tell_who(shown: dict[str, Any]) -> None:
    if identifiers := shown["reach"].get("identifiers"):
        events = shown["reach"]["events"]
        tell(f"They are known by {', '.join(identifiers)}, and have {counted(events, 'event')}.")


def save_person(server: Remote, shown: dict[str, Any], visitor: str | None) -> None:
    """Put the archive of everything held on a person into this folder, and tell whose it is.

    Raises:
        Trouble: there is one already, or the server refuses.
    """
    who = shown["plan"]["who"]
    target = Path("person.zip").absolute()
    if target.exists():
        raise Trouble(
            f"{target} is there already; move it away, or say where to put it: headwater export "
            f"--person {who} --to FILE",
            exit_code=USAGE,
        )
    _tell_who(shown)
    ordered = carry_out(server, shown, visitor)["result"]
    job = follow(server, ordered["job"], title="Exporting")
    fetch_archive(server, job, target, person=ordered["identifiers"][0])


def carry_out(server: Remote, shown: dict[str, Any], visitor: str | None) -> dict[str, Any]:
    """Answer what came of a plan that was shown."""
    body = {"plan": shown["plan"], "hash": shown["hash"], "visitor": visitor}
    done: dict[str, Any] = server.post("/v1/ask", body)
    # What was corrected is known of the text alone.
    return {**done, "notes": shown["notes"], "definitions": shown["definitions"]}


def _show(server: Remote, answer: dict[str, Any]) -> None:
    if server.as_json:
        print_json(answer)
    else:
        print_spoken(answer)
