"""What it takes to start the Worker: importing it in the CPython that Cloudflare runs.

    .venv/bin/python -m scripts.bench.edge_start

The floor is what any Worker that checks events with pydantic imports: Cloudflare's SDK, pydantic
and msgspec. The ratio is that and Headwater's own modules, as far as an event needs them, against
the floor. What is imported later, when it is first asked for, is listed below. Processor time of
one thread, since workerd's clock stands still while code runs; so it is measured in Node, which has
the same engine. Once with modules compiled before, once from their sources, as they are uploaded.

Cloudflare imports once, when a Worker is deployed, and starts isolates from a snapshot of memory;
what is imported later is imported in each isolate.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.edge import bundle, installation

PROGRAM = Path(__file__).with_name("edge_start_program.py")
HOST = Path(__file__).with_name("edge_start.mjs")
FLOOR = ("the SDK", "pydantic and msgspec")
OURS = "Headwater, for events"


def steps(made: bundle.Bundle, index: Path) -> list[dict[str, Any]]:
    """Answer what each step of one start took."""
    order = {
        "pyodide": str(installation.packages() / "pyodide"),
        "standardLibrary": str(made.standard_library),
        "content": str(made.content),
        "index": str(index),
        "program": str(PROGRAM),
    }
    done = subprocess.run(
        [str(installation.node()), str(HOST), json.dumps(order)],
        env=installation.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


def without_compiled(made: bundle.Bundle, target: Path) -> Path:
    """Write an index that has the sources alone."""
    index = json.loads(made.index.read_text("utf-8"))
    target.write_text(json.dumps([one for one in index if not one[0].endswith(".pyc")]), "utf-8")
    return target


def show(rounds: list[list[dict[str, Any]]]) -> float:
    """Print the median of each step over the rounds; answer the ratio to the floor."""
    taken = {
        step["step"]: statistics.median(one[place]["seconds"] for one in rounds)
        for place, step in enumerate(rounds[0])
    }
    for step in rounds[0]:
        packages = step.get("packages", {})
        most = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in packages.items())
        print(
            f"  {step['step']}: {taken[step['step']] * 1000:.0f} ms,"
            f" {step.get('modules', 0)} modules, heap {step['heap'] / 2**20:.0f} MiB"
            + (f" ({most})" if most else "")
        )
    floor: float = sum(taken[step] for step in FLOOR)
    ratio: float = (floor + taken[OURS]) / floor
    return ratio


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="starts of each kind (3)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        made = bundle.make(bundle.worker_files(), Path(folder))
        sources = without_compiled(made, Path(folder) / "sources.json")
        for title, index in (("compiled before", made.index), ("from sources", sources)):
            print(f"{title}:")
            ratio = show([steps(made, index) for _ in range(rounds)])
            print(f"  until events can come: {ratio:.2f} of the floor")


if __name__ == "__main__":
    main()
