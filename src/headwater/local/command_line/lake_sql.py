"""SQL over a lake without a server: opened at this machine, asked in the same sandbox."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from headwater.errors import HeadwaterError, Unavailable
from headwater.local.command_line.following import byte_columns
from headwater.local.command_line.trouble import REFUSED, UNREACHABLE, USAGE, Trouble
from headwater.local.configuration import configure
from headwater.local.lake.lake_alone import LakeAlone
from headwater.local.sandbox.sandbox import Sandbox
from headwater.ports import BucketFailure
from headwater.settings import SettingsError


def found_in(
    address: str, workspace: str, sql: str, *, limit: int, cache: Path | None
) -> dict[str, Any]:
    """Answer what a statement finds in a lake, as `POST /v1/sql` does.

    Raises:
        Trouble: the lake cannot be read, or the statement not be run.
    """
    if "://" not in address and not Path(address).is_dir():
        raise Trouble(f"There is no lake in {address}; say where it is: --lake.", exit_code=USAGE)
    try:
        seconds = configure({}, os.environ).settings.sql_seconds
        with fetching() as tell, tempfile.TemporaryDirectory(prefix="headwater-sql-") as folder:
            lake = LakeAlone(address, cache=cache or _cache_of(address), tell=tell)
            sandbox = Sandbox(lake.relation, Path(folder) / "sql", seconds=seconds)
            answer = asyncio.run(sandbox.query(workspace, sql, limit=limit))
    except (SettingsError, ValueError) as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    except (Unavailable, BucketFailure) as error:
        raise Trouble(str(error), exit_code=UNREACHABLE) from error
    except HeadwaterError as error:
        raise Trouble(error.message, exit_code=REFUSED) from error
    return {
        "columns": [{"name": name, "type": kind} for name, kind in answer.columns],
        "rows": json.loads(answer.rows),
        "truncated": answer.truncated,
    }


def _cache_of(address: str) -> Path:
    """Answer the folder for copies of one lake's files: this user's, and this bucket's."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    place = f"{endpoint}\n{address.partition('?')[0].rstrip('/')}"
    return base / f"lake-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


@contextmanager
def fetching() -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how much of a bucket's files is here."""
    console = Console(stderr=True)
    with Progress(
        *byte_columns(), console=console, disable=not console.is_terminal, transient=True
    ) as shown:
        task = shown.add_task("Fetching the lake's files", total=None)
        yield lambda there, size: shown.update(task, completed=there, total=size)
