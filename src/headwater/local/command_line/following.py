"""Shows how far a job of the server is, until it has ended."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import REFUSED, Trouble

_EVERY = 0.5  # seconds, once a job has run for a while
_AT_FIRST = 0.05  # seconds

ENDED = frozenset({"done", "failed", "cancelled"})


def follow(server: Remote, job: dict[str, Any], *, title: str) -> dict[str, Any]:
    """Answer a job that is done, after showing on standard error how far it is.

    Ctrl+C ends the looking on, not the job.

    Raises:
        Trouble: it failed, or was cancelled.
    """
    try:
        ended = _watched(server, job, title)
    except KeyboardInterrupt as stopped:
        name = job["id"]
        raise Trouble(
            f"{name} goes on at the server: 'headwater jobs watch {name}' shows it again, "
            f"'headwater jobs cancel {name}' ends it.",
            exit_code=130,
        ) from stopped
    if ended["state"] != "done":
        why = ended["error"] or "somebody has ended it"
        raise Trouble(f"{ended['id']} {ended['state']}: {why}", exit_code=REFUSED)
    return ended


def _watched(server: Remote, job: dict[str, Any], title: str) -> dict[str, Any]:
    console = Console(stderr=True)
    wait = _AT_FIRST
    with Progress(*columns(), console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(title, total=job["total"], trouble="")
        while job["state"] not in ENDED:
            shown.update(
                task,
                completed=job["done"],
                total=job["total"],
                trouble=job["error"] or ("waits for its turn" if job["state"] == "waiting" else ""),
            )
            time.sleep(wait)
            wait = min(_EVERY, wait * 1.5)
            job = server.get(f"/v1/jobs/{segment(job['id'])}")
        shown.update(task, completed=job["done"], total=job["total"], trouble="")
    return job


def columns() -> tuple[Any, ...]:
    """Answer what a bar shows."""
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[trouble]}"),
    )
