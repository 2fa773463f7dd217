"""A private PostgreSQL cluster with its default, durable settings, in a temporary directory."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.processes import pinned


def program(name: str) -> str:
    """Answer the path of one of PostgreSQL's programs; Debian keeps them off the PATH."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is missing; on Debian: apt-get install postgresql")
    return found


def as_plain_user(command: list[str]) -> list[str]:
    """Answer the command as a user that PostgreSQL accepts; it refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


@contextmanager
def cluster(port: int, *, core: int | None = None) -> Iterator[str]:
    """Run a cluster on loopback while entered, and answer the URL of its database.

    All of its processes share `core`, or run on any where it is None.
    """
    folder = Path(tempfile.mkdtemp(prefix="hand-built-cdp-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    try:
        initdb = [program("initdb"), "--pgdata", str(data), "--auth=trust", "--username=cdp"]
        subprocess.run(
            as_plain_user([*initdb, "--encoding=UTF8", "--locale=C"]),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        control = [program("pg_ctl"), "--pgdata", str(data), "--wait"]
        start = [*control, "--log", str(folder / "log"), "--options", options, "start"]
        cores = range(os.cpu_count() or 1) if core is None else [core]
        command = pinned(as_plain_user(start), *cores)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        try:
            yield f"postgresql://cdp@127.0.0.1:{port}/postgres"
        finally:
            stop = [*control, "--mode=fast", "stop"]
            subprocess.run(as_plain_user(stop), check=True, stdout=subprocess.DEVNULL, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
