"""`jobs`: long work at the server: how far it is, how it ended, and its end before that."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from headwater.local.command_line.following import follow
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import age, print_fields, print_json, print_table, say
from headwater.local.command_line.remote import Remote, segment
from headwater.quantities import counted

application = typer.Typer(invoke_without_command=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as 'jobs' lists it.")]


def jobs(
    server: Remote,
    *,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only of this kind, such as export; may be repeated.")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only waiting, running, done, failed or cancelled; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
) -> None:
    """Show long work at the server: exports, replays and so on, the latest first.

    A job goes on whoever looks at it, also after a crash of the server.

    Examples:
        headwater jobs
        headwater jobs --state running --state waiting
        headwater jobs cancel job_0123456789abcdef0123
    """
    found = server.get("/v1/jobs", kind=kind or None, state=state or None, limit=limit)
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["id", "kind", "state", "done", "of", "", "begun", "what holds it up, or why it failed"],
        [_row(one) for one in found["jobs"]],
        empty="No jobs.",
    )


def _row(job: dict[str, Any]) -> list[Any]:
    total = None if job["total"] is None else f"{job['total']:,}"
    done, begun = f"{job['done']:,}", age(job["started_at"])
    return [job["id"], job["kind"], job["state"], done, total, job["unit"], begun, job["error"]]


application.callback()(with_server(jobs, is_group=True))


@application.command("show")
@with_server
def show(server: Remote, job: JobId) -> None:
    """Show all of one job: what was asked for, how far it is, what came of it.

    Examples:
        headwater jobs show job_0123456789abcdef0123
    """
    print_job(server, server.get(f"/v1/jobs/{segment(job)}"))


@application.command("watch")
@with_server
def watch(server: Remote, job: JobId) -> None:
    """Show how far a job is until it has ended. Ctrl+C ends the looking on, not the job.

    Examples:
        headwater jobs watch job_0123456789abcdef0123
    """
    found = server.get(f"/v1/jobs/{segment(job)}")
    print_job(server, follow(server, found, title=found["kind"]))


@application.command("cancel")
@with_server
def cancel(server: Remote, job: JobId) -> None:
    """Have nothing more done about a job. What it has done already stays done.

    Examples:
        headwater jobs cancel job_0123456789abcdef0123
    """
    ended = server.post(f"/v1/jobs/{segment(job)}/cancel")
    if server.as_json:
        print_json(ended)
    elif ended["state"] == "cancelled":
        say(f"{ended['id']} is cancelled.", style="green")
    else:
        say(f"{ended['id']} had ended before: it is {ended['state']}.")


def print_job(server: Remote, job: dict[str, Any]) -> None:
    """Print all of one job."""
    if server.as_json:
        print_json(job)
        return
    total = f"? {job['unit']}"
    if job["total"] is not None:
        total = counted(job["total"], job["unit"].removesuffix("s"))
    fields = {
        "job": job["id"],
        "kind": job["kind"],
        "state": job["state"],
        "done": f"{job['done']:,} of {total}",
        "asked for": json.dumps(job["parameters"], ensure_ascii=False),
        "begun": job["started_at"],
        "ended": job["ended_at"],
        "result": None if job["result"] is None else json.dumps(job["result"], ensure_ascii=False),
        "error": job["error"],
    }
    print_fields({name: value for name, value in fields.items() if value is not None})
