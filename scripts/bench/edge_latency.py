"""How long the Worker takes in real workerd: single events, batches, its start, its upload.

    .venv/bin/python -m scripts.bench.edge_latency

The floor is `/health`, which the same Worker answers without storage: what is above it is ours and
SQLite's. Percentiles of one client that waits for each answer, and workerd's processor time, which
is what Cloudflare charges: this process's CPU time over the requests, JavaScript host included.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from scripts import vendoring
from scripts.upload import listing
from tests.edge.face import Face, track
from tests.edge.workerd import Workerd, application
from tests.server import ADMIN_KEY, WRITE_KEY

PEOPLE = 5


def processor_seconds(worker: Workerd) -> float:
    """Answer the CPU time that workerd has used so far."""
    ticks = 0
    for pid in worker.workerd_pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def measure(
    worker: Workerd, send: Callable[[int], httpx.Response], times: int
) -> tuple[float, float, float]:
    """Answer p50 and p99 of the wall clock, and the CPU time a request, in milliseconds."""
    for number in range(10):
        send(-number - 1).raise_for_status()
    taken: list[float] = []
    before = processor_seconds(worker)
    for number in range(times):
        started = time.perf_counter()
        send(number).raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
    processor = (processor_seconds(worker) - before) * 1000 / times
    taken.sort()
    return taken[times // 2], taken[times * 99 // 100], processor


def packages() -> dict[str, int]:
    """Answer the compressed bytes of what is uploaded, by package, the largest first."""
    sizes: dict[str, int] = {}
    for name, path in listing.uploaded(vendoring.ROOT):
        part = "/".join(name.split("/")[: 2 if name.startswith("python_modules/") else 1])
        sizes[part] = sizes.get(part, 0) + len(gzip.compress(path.read_bytes(), 6))
    return dict(sorted(sizes.items(), key=lambda one: -one[1]))


def show_upload() -> None:
    """Print how large the upload is, and what of it is the most."""
    vendoring.vendor()
    size = listing.size(vendoring.ROOT)
    print(
        f"upload: {size.together / 1e6:.2f} MB compressed, as wrangler counts;"
        f" {size.apart / 1e6:.2f} MB with each file compressed by itself, of which"
    )
    for name, apart in list(packages().items())[:8]:
        print(f"  {apart / 1e6:.2f} MB {name}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="requests of each kind")
    times = parser.parse_args().times
    show_upload()
    made = application(HEADWATER_WRITE_KEY=WRITE_KEY, HEADWATER_ADMIN_KEY=ADMIN_KEY)
    with tempfile.TemporaryDirectory() as folder, Workerd(made, state=Path(folder)) as worker:
        print(f"start of the isolate, without a snapshot: {worker.boot_milliseconds / 1000:.1f} s")
        face = Face(worker)

        def events(count: int) -> Callable[[int], httpx.Response]:
            return lambda number: face.send(
                *(
                    track(
                        f"l{count}-{number}-{one}", userId=f"l{one % PEOPLE}", properties={"n": 1}
                    )
                    for one in range(count)
                )
            )

        floor = measure(worker, lambda _number: face.http.get("/health"), times)
        kinds = {"one event": events(1), "100 events of five people": events(100)}
        shown = {"/health, the floor": floor}
        shown |= {name: measure(worker, send, times) for name, send in kinds.items()}
        for name, (p50, p99, processor) in shown.items():
            print(
                f"{name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {processor:.1f} ms of processor;"
                f" {processor / max(floor[2], 0.01):.1f} times the floor's"
            )
        face.http.close()


if __name__ == "__main__":
    main()
