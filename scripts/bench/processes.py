"""Child processes of a benchmark: pinned to a core, watched, ended with it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
LOAD_CORE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Child:
    """A running process that listens on a loopback port."""

    name: str
    pid: int
    port: int


def pin_load_generator() -> None:
    """Keep this process, and the threads it will start, off the server's core."""
    if (os.cpu_count() or 1) < 2:
        print("! one core only: the load generator takes its time from the server's")
        return
    os.sched_setaffinity(0, {LOAD_CORE})


def pinned(command: Sequence[str], *cores: int) -> list[str]:
    """Answer the command so that it runs on these cores only."""
    taskset = shutil.which("taskset")
    places = ",".join(str(core) for core in cores)
    return [taskset, "--cpu-list", places, *command] if taskset else list(command)


@contextmanager
def module(name: str, *arguments: str, port: int, core: int, log: Path) -> Iterator[Child]:
    """Run `python -m scripts.bench.{name} --port PORT …` while entered."""
    command = [sys.executable, "-m", f"scripts.bench.{name}", "--port", str(port), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(pinned(command, core), stdout=output, stderr=output)
    try:
        wait_for_port(port, process, log)
        yield Child(name, process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once somebody listens; say why where the process ended instead."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"a server did not start:\n{log.read_text(errors='replace')[-4000:]}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


def cpu_seconds(pid: int) -> float:
    """Answer the processor time that a process has used, all of its threads, in seconds.

    By its own clock, to the nanosecond: `/proc` counts hundredths of a second, of which a round may
    have no more than fifteen.

    Raises:
        OSError: there is no such process.
    """
    clock = ctypes.c_int()
    if error := _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def resident_mebibytes(pid: int) -> float:
    """Answer the memory of a process that is its own, in MiB: resident less mapped files.

    Pages of the database file that SQLite maps are the kernel's cache, which it takes back.
    """
    _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(resident) - int(shared)) * _PAGE / 2**20
