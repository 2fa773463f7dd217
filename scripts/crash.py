"""Kill a server under load from the official Node SDK, many times, and count what was lost.

Run it from the root of the repository: `.venv/bin/python -m scripts.crash --runs 50`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.crash.killing import kill_again_and_again


def main() -> int:
    """Run, print the counts, and answer 1 where an event was lost or doubled."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=50, help="how often to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    console = Console(highlight=False, width=120)
    with tempfile.TemporaryDirectory(prefix="headwater-crash-") as folder:
        report = kill_again_and_again(
            Path(folder), runs=options.runs, seed=options.seed, tell=console.print
        )
    console.print(
        f"{report.runs} kills under load and {report.early} while starting; "
        f"{report.answered:,} events of {report.people:,} people answered 200.\n"
        f"Lost: {len(report.lost)}. Twice in a timeline: {len(report.doubled)}. "
        f"In somebody else's: {len(report.strayed)}. "
        f"Never at the webhook: {len(report.undelivered)}. "
        f"Receipts at the webhook: {report.received:,}."
    )
    failures = report.lost | report.doubled | report.strayed | report.undelivered
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
