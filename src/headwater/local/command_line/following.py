"""Shows how far a job of the server is, until it has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import REFUSED, UNREACHABLE, Trouble

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


def fetch(server: Remote, path: str, files: Sequence[tuple[Mapping[str, Any], Path]]) -> None:
    """Fetch files, each its description (`name`, `bytes`) and where to put it.

    What is there already of a file is not fetched again. A file is on the disk when it is whole.

    Raises:
        Trouble: the server was not reached, or has the file no more.
        OSError: it cannot be written.
    """
    console = Console(stderr=True)
    with Progress(*byte_columns(), console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("Fetching", total=sum(one["bytes"] for one, _ in files))
        for one, place in files:
            have = place.stat().st_size if place.exists() else 0
            shown.advance(task, have)
            if have < one["bytes"] or not place.exists():
                address = f"{path}/{quote(one['name'])}"
                with place.open("ab") as file:
                    for piece in server.pieces(address, after=have):
                        file.write(piece)
                        shown.advance(task, len(piece))
                    file.flush()
                    os.fsync(file.fileno())
            if place.stat().st_size != one["bytes"]:
                place.unlink()
                raise Trouble(
                    f"{one['name']} did not come whole; run the same command again.",
                    exit_code=UNREACHABLE,
                )


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


def byte_columns() -> tuple[Any, ...]:
    """Answer what a bar shows of bytes that are fetched."""
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
