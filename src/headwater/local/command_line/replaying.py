"""`replay`: events of the past, sent to a destination once more."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from headwater.collect.times import write_time
from headwater.local.command_line.exporting import Since, Until, Where
from headwater.local.command_line.following import follow
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import age, print_json, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import USAGE, Trouble
from headwater.quantities import counted


@with_server
def replay(
    server: Remote,
    *,
    to: Annotated[
        str, typer.Option(metavar="DESTINATION", help="The destination, by its id or name.")
    ],
    where: Where = None,
    since: Since = None,
    until: Until = None,
    rate: Annotated[int, typer.Option(min=1, max=100_000, help="Events a second, at most.")] = 500,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be sent, and send nothing.")
    ] = False,
    with_audiences: Annotated[
        bool,
        typer.Option(
            "--with-audiences", help="With 'Audience Entered' and 'Audience Exited' events."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
) -> None:
    """Send events of the past to one destination once more, with their message ids.

    What would be sent is counted first, and asked about. Nothing is stored again, and nothing
    but the destination gets to see it: no audience, no trait, no journey. The destination's
    routing and filter apply as they are now. What happens now goes on beside it. When it is
    stopped, the same command goes on looking at the same replay.

    Examples:
        headwater replay --to Warehouse --since 2026-11-01 --dry-run
        headwater replay --to dst_1 --where "name = 'Order Completed'" --rate 50
        headwater replay --to dst_1 --since 2026-11-01 --until 2026-11-02 --yes
    """
    order = {
        "destination": _destination(server, to),
        "where": where,
        "since": since,
        "until": until,
        "rate": rate,
        "with_audiences": with_audiences,
    }
    found = follow(server, server.post("/v1/replays", {**order, "dry_run": True}), title="Counting")
    if dry_run or not found["result"]["sent"]:
        _report(server, found)
        return
    job = _under_way(server, found["parameters"])
    if job is None:
        if not yes:
            _ask(found["result"], to)
        job = server.post("/v1/replays", order)
    elif not server.as_json:
        say(f"Going on with {job['id']}, begun {age(job['created_at'])} ago.", style="dim")
    _report(server, follow(server, job, title="Replaying"))


def _under_way(server: Remote, counted_order: dict[str, Any]) -> dict[str, Any] | None:
    """Answer a replay of the same events to the same destination that has not ended yet.

    An order that was given twice, for the server was away meanwhile, would send all of them twice.
    """

    def events(parameters: dict[str, Any]) -> dict[str, Any]:
        beside = {"dry_run", "rate"}
        return {name: value for name, value in parameters.items() if name not in beside}

    under_way = server.get("/v1/jobs", kind="replay", state=["running", "waiting"], limit=1000)
    return next(
        (
            one
            for one in under_way["jobs"]
            if not one["parameters"].get("dry_run")
            and events(one["parameters"]) == events(counted_order)
        ),
        None,
    )


def _destination(server: Remote, named: str) -> str:
    """Answer the id of a destination that is named by id or name."""
    found = server.get("/v1/destinations")["destinations"]
    ids = [one["id"] for one in found if named in {one["id"], one["name"]}]
    if len(ids) != 1:
        known = ", ".join(f"{one['name']} ({one['id']})" for one in found) or "none"
        what = "several destinations are" if ids else "no destination is"
        raise Trouble(f"--to {named}: {what} called so. There is: {known}.", exit_code=USAGE)
    return str(ids[0])


def _ask(result: dict[str, Any], to: str) -> None:
    """Return where it is meant; raise where nobody says so."""
    if not sys.stdin.isatty():
        raise Trouble("Add --yes to send without being asked, or --dry-run.", exit_code=USAGE)
    if not typer.confirm(f"Send {counted(result['sent'], 'event')} to {to}?"):
        raise Trouble("Nothing was sent.", exit_code=1)


def _report(server: Remote, job: dict[str, Any]) -> None:
    if server.as_json:
        print_json(job)
        return
    result = job["result"]
    verb = "would be sent" if result["dry_run"] else "now in the destination's lane"
    times = (
        ""
        if result["first"] is None
        else f", received {write_time(result['first'])} to {write_time(result['last'])}"
    )
    say(f"{counted(result['sent'], 'event')} {verb}{times}.", style="green")
    if result["left_out"]:
        left = counted(result["left_out"], "event")
        say(f"Selected too, but not for it by its routing and filter: {left}.")
