"""The sandbox's process: one order on standard input, answers as lines on standard output.

`python -m headwater.local.sandbox.worker`. Whatever SQL makes of it (a crash, no end, too much
memory), the server goes on; and nothing of the server's is in here: no key, no database.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import msgspec

from headwater.local.sandbox import extracting, querying
from headwater.local.sandbox.checking import TABLES, NotAllowed
from headwater.local.sandbox.orders import (
    Answer,
    Check,
    Days,
    Extract,
    Join,
    Order,
    Page,
    Progress,
    Query,
    Refused,
)

_NICENESS = 5
_BESIDE = 4 * 1024**3  # bytes of addresses beside what DuckDB counts: allocators reserve plenty

_encoder = msgspec.json.Encoder()


def carry_out(order: Order, tell: Callable[[Progress], None]) -> Answer:
    """Do what an order says; what cannot be done is answered, not raised."""
    try:
        return _done(order, tell)
    except NotAllowed as error:
        return Refused("invalid_sql", str(error))
    except (duckdb.OutOfMemoryException, MemoryError):
        return Refused(
            "sql_too_large",
            "It needs more memory than it may have. Ask of a shorter range, or for fewer columns.",
        )
    except duckdb.Error as error:
        return _refused(order, error)


def _refused(order: Order, error: duckdb.Error) -> Refused:
    """Answer what to say of an error of DuckDB's."""
    # A file that was replaced meanwhile DuckDB may take for one that nobody is allowed to read.
    gone = [path for path in order.scene.files if not Path(path).exists()]
    if gone or isinstance(error, duckdb.IOException):
        return Refused("unreadable", str(error))
    if isinstance(error, duckdb.PermissionException):
        return Refused(
            "invalid_sql",
            f"Only the tables {', '.join(TABLES)} can be read: no files, no network.",
        )
    if isinstance(error, duckdb.CatalogException):
        return Refused(
            "invalid_sql",
            f"{str(error).splitlines()[0]}\n"  # without DuckDB's guesses at names of its own
            f"There are the tables {', '.join(TABLES)}; docs/lake.md has their columns.",
        )
    return Refused("invalid_sql", str(error))


def _done(order: Order, tell: Callable[[Progress], None]) -> Answer:
    match order:
        case Query():
            return querying.query(order)
        case Check():
            return querying.check(order)
        case Days():
            return querying.days(order)
        case Page():
            return querying.page(order)
        case Extract():
            return extracting.extract(order, tell)
        case Join():
            return extracting.join(order, tell)


def _limit_memory(memory: int) -> None:
    """Have the kernel refuse what DuckDB's own limit does not count."""
    with suppress(ValueError, OSError):  # not every system has it
        most = memory + _BESIDE
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold people's data


def _end_with_the_server() -> None:
    """Wait until nobody holds the other end of standard input any more."""
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> None:
    """Take the order and answer it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the server's to act on
    with suppress(OSError):
        os.nice(_NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to the log, not among the answers

    def tell(answer: Answer) -> None:
        answers.write(_encoder.encode(answer) + b"\n")
        answers.flush()

    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return  # the server has ended
    order: Order = msgspec.json.decode(line, type=Order)
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    _limit_memory(order.scene.memory)
    with suppress(BrokenPipeError):  # the server has ended
        tell(carry_out(order, tell))
    os._exit(0)  # what a library says at its end is of no use to anybody


if __name__ == "__main__":
    main()
