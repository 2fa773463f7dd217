"""The lake's own process: it takes orders on standard input, one a line, and answers each.

`python -m headwater.local.lake.worker`. It ends when its input does, or nobody reads its answers,
so never outlives the server. A process, because Python's threads share one lock: what it does
would hold up requests.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from functools import cache

import msgspec
import pyarrow as pa

from headwater.local.lake.buckets import open_bucket
from headwater.local.lake.flush import flush
from headwater.local.lake.join import join
from headwater.local.lake.orders import Compact, Erase, Failed, Flush, Move, Order, Result
from headwater.ports import Bucket

_NICENESS = 5
"""So that where processor time is short, requests come first."""

_orders = msgspec.json.Decoder(Order)
_encoder = msgspec.json.Encoder()
_bucket = cache(open_bucket)


async def carry_out(order: Order) -> Result:
    """Do what an order says."""
    try:
        bucket = _bucket(order.address)
        match order:
            case Flush():
                return await flush(order, bucket)
            case Compact() | Move() | Erase():
                return await _rewrite(order, bucket)
    except Exception as error:  # noqa: BLE001 - whatever it was, the server decides
        return Failed(type(error).__name__, str(error))


async def _rewrite(order: Compact | Move | Erase, bucket: Bucket) -> Result:
    # Imported below: DuckDB takes 13 MB and some time, and neither flushing nor joining needs it.
    if isinstance(order, Compact) and (done := await join(order, bucket)):
        return done
    from headwater.local.lake.compact import compact, move  # noqa: PLC0415 - see above
    from headwater.local.lake.erase import erase  # noqa: PLC0415 - see above

    match order:
        case Compact():
            return await compact(order, bucket)
        case Move():
            return await move(order, bucket)
        case Erase():
            return await erase(order, bucket)


def main() -> None:
    """Take orders until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the server's to act on
    with suppress(OSError):
        os.nice(_NICENESS)
    pa.set_cpu_count(1)  # the other processors are the server's
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # rows by the thousand, and no cycles among them
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to the log, not among the answers
    # An answer that nobody can read any more: the server was killed, and asks again when restarted.
    with suppress(BrokenPipeError), asyncio.Runner() as runner:
        for line in sys.stdin.buffer:
            if not line.endswith(b"\n"):
                break  # the server was killed while it wrote
            result = runner.run(carry_out(_orders.decode(line)))
            answers.write(_encoder.encode(result) + b"\n")
            answers.flush()
    os._exit(0)  # no order is under way, and what a library says at its end is of no use to anybody


if __name__ == "__main__":
    main()
