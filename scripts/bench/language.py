"""How long a phrase takes to be understood, and the grammar to be imported.

The phrases are those of the reviewed table and their paraphrases. The floor of a parse is only
cutting the same text into tokens, which any grammar has to do; the floor of the import is an
interpreter that imports the parts of the standard library that the grammar stands on.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

from headwater.errors import BadRequest
from headwater.language.language import Language
from headwater.language.tokens import tokenise
from scripts.bench.figures import console, verdict

HERE = Path(__file__).parents[2] / "tests" / "language"
TODAY = date(2026, 11, 23)
PARSE_MILLISECONDS = 1.0
IMPORT_MILLISECONDS = 30.0
STANDARD = "import re, typing, datetime, json, difflib, collections, functools"
GRAMMAR = "import headwater.language.language"


def main() -> None:
    """Measure, print, and exit with 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="times that each phrase is read")
    parser.add_argument("--imports", type=int, default=15, help="processes that import it")
    options = parser.parse_args()
    met = [_parsing(options.rounds), _importing(options.imports)]
    sys.exit(0 if all(met) else 1)


def texts() -> list[str]:
    """Answer the phrases of the table and their paraphrases."""
    rows = json.loads((HERE / "plans.json").read_text("utf-8"))
    lines = (HERE / "paraphrases.txt").read_text("utf-8").splitlines()
    return [row["phrase"] for row in rows] + [
        line.strip() for line in lines if line.startswith("  ")
    ]


def _parsing(rounds: int) -> bool:
    language, said = Language(), texts()

    def understand(text: str) -> None:
        with suppress(BadRequest):  # a refusal is an answer as well
            language.read(text, today=TODAY)

    whole = [_best(lambda text=text: understand(text), rounds) for text in said]  # type: ignore[misc]  # bound now
    floor = [_best(lambda text=text: tokenise(text), rounds) for text in said]  # type: ignore[misc]  # bound now
    median, base = statistics.median(whole), statistics.median(floor)
    ninety = statistics.quantiles(whole, n=10)[-1]
    console.print(
        f"{len(said)} phrases: median {median:.3f} ms, p90 {ninety:.3f} ms, "
        f"slowest {max(whole):.2f} ms; only cutting them into tokens {base:.3f} ms "
        f"({median / base:.1f} times)"
    )
    return verdict("a phrase, ms", median, target=PARSE_MILLISECONDS, at_least=False)


def _best(run: Callable[[], object], rounds: int) -> float:
    """Answer the milliseconds of the least disturbed of some runs."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return 1000 * best


def _importing(processes: int) -> bool:
    with tempfile.TemporaryDirectory() as compiled:
        floor = min(_seconds(STANDARD, compiled) for _ in range(processes))
        whole = min(_seconds(f"{STANDARD}; {GRAMMAR}", compiled) for _ in range(processes))
        empty = min(_seconds("pass", compiled) for _ in range(processes))
    console.print(
        f"import: {1000 * (whole - empty):.1f} ms over an empty interpreter, of which "
        f"{1000 * (floor - empty):.1f} ms are the standard library "
        f"({(whole - empty) / (floor - empty):.1f} times)"
    )
    return verdict(
        "importing the grammar beyond the standard library, ms",
        1000 * (whole - floor),
        target=IMPORT_MILLISECONDS,
        at_least=False,
    )


def _seconds(code: str, compiled: str) -> float:
    """Answer the seconds of processor time that a process takes, which load disturbs less."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={**environment, "PYTHONPYCACHEPREFIX": compiled},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
