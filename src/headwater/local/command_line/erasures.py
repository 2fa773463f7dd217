"""`erase`: a person deleted everywhere, after they were shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from headwater.local.command_line.following import follow
from headwater.local.command_line.identifiers import Identifiers
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_fields, print_json, say
from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import Trouble
from headwater.quantities import counted


@with_server
def erase(
    server: Remote,
    identifiers: Identifiers,
    *,
    suppress: Annotated[
        bool,
        typer.Option(
            help="Drop what still comes of them afterwards, or keep it as of somebody new."
        ),
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase people: all that is held of them, under every identifier. It cannot be undone.

    Their identifiers are shown first. Events of theirs that still come are dropped from then on;
    'headwater unsuppress' lifts that. What is left is a signed certificate that names nobody.

    Examples:
        headwater erase user_id:42
        headwater erase user_id:42 --no-suppress
        headwater erase email:ada@example.com --yes --json
    """
    meant = {one: _held(server, one) for one in identifiers}
    if not server.as_json:
        for named, held in meant.items():
            if held:
                say(f"{named} is a person with {counted(len(held), 'identifier')}:")
                for one in held:
                    say(f"  {one}")
            else:
                say(f"{named}: nobody is known by it. Whatever else holds it is deleted.")
    if not yes and not typer.confirm("Erase for good?", err=True):
        raise Trouble("Nothing was erased.")
    job = server.post("/v1/erasures", {"identifiers": identifiers, "suppress": suppress})
    follow(server, job, title="erase")
    certificate = server.get(f"/v1/erasures/{segment(job['id'])}")
    if server.as_json:
        print_json(certificate)
        return
    statement = certificate["statement"]
    if any(statement["removed"].values()) or statement["lake"]["rows"]:
        say("Erased.", style="green")
    else:
        say("Nothing was held; look at how it is written, if you thought so.", style="yellow")
    print_fields(
        {
            "unreadable from": statement["unreadable_from"],
            "physically gone by": statement["physically_gone_by"],
            "rows deleted": json.dumps({k: v for k, v in statement["removed"].items() if v}),
            "lake": json.dumps(statement["lake"]),
            "looked again": _looked(statement["rescan"]),
            "certificate": f"headwater certificates show {job['id']} --to certificate.html",
        }
    )
    for one in statement.get("backups", ()):  # not where an older server had begun it
        style = "yellow" if one["answer"].startswith("not reached") else ""
        say(f"Backup {one['backup']}: {one['answer']}.", style=style)
    for one in statement["destinations"]:
        say(f"Destination {one['id']} ({one['type']}): {one['answer']}.", style="yellow")


def _looked(rescan: Mapping[str, Any]) -> str:
    """Answer what looking again found."""
    # What Durable Objects are looked through for is counted in other ways.
    found = {name: rescan[name] for name in ("rows_found", "lake_rows_found") if name in rescan}
    if any(found.values()):
        return json.dumps(rescan)
    said = "nothing of theirs is left"
    if "tables" in rescan and "lake_files_read" in rescan:
        tables, files = len(rescan["tables"]), rescan["lake_files_read"]
        said += f" in {counted(tables, 'table')} and {counted(files, 'file')} of the lake"
    return said


def _held(server: Remote, identifier: str) -> list[str]:
    try:
        found = server.get(f"/v1/people/{segment(identifier)}")
    except Trouble as trouble:
        if trouble.content is None or trouble.content.get("code") != "not_found":
            raise  # that nobody is known must not be said where nobody could look
        return []
    return [f"{one['type']}:{one['value']}" for one in found["identifiers"]]
