"""What the browser snippet costs a page, beside Segment's analytics-next in the same page.

Bytes that are fetched (gzipped), time to parse and run (Chromium's own profiler over CDP, so
without the network), and long tasks. The processor is slowed down four times, as a telephone's
is. Needs Debian's chromium and `npm install --prefix tests/sdk`.

    .venv/bin/python -m scripts.bench.browser_cost
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright
from rich.table import Table

from headwater.api.browser_files import snippet
from scripts.bench.figures import console, verdict

TARGET = 0.2
SEGMENT = Path("tests/sdk/node_modules/@segment/analytics-next/dist/umd/standalone.js")
SITE = "http://www.shop.test/"
SETTINGS = json.dumps(
    {"integrations": {"Segment.io": {"apiKey": "k", "apiHost": "www.shop.test/v1"}}}
)

PAGES = {
    "headwater": '<script src="/ours.js" data-key="k" data-to="/v1/b"></script>',
    "analytics-next": (
        "<script>window.analytics=[['load','k'],['page']];analytics._writeKey='k';"
        "analytics._cdn='http://www.shop.test';analytics._loadOptions={}</script>"
        '<script src="/theirs.js"></script>'
    ),
    "no script": "",
}
LONG_TASKS = """
window.tasks = [];
new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(e => e.duration)))
  .observe({type: 'longtask', buffered: true});
"""


@dataclass(slots=True)
class Cost:
    """One visit: milliseconds of script, and how long tasks over 50 ms were."""

    script: float
    long_tasks: float
    requests: int


def visit(browser: Browser, name: str, slowdown: int) -> Cost:
    """Load a page with a script and answer what the script cost."""
    context = browser.new_context()
    page = context.new_page()
    sent: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE.rstrip("/"))
        if path == "/":
            route.fulfill(content_type="text/html", body=f"<!doctype html>{PAGES[name]}")
        elif path == "/ours.js":
            route.fulfill(content_type="text/javascript", body=snippet().decode())
        elif path == "/theirs.js":
            route.fulfill(content_type="text/javascript", body=SEGMENT.read_text("utf-8"))
        elif path.endswith("/settings"):
            route.fulfill(content_type="application/json", body=SETTINGS)
        else:
            sent.append(route.request.post_data or "")
            route.fulfill(content_type="application/json", body='{"success":true}')

    page.route("**/*", answer)
    page.add_init_script(LONG_TASKS)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    session.send("Performance.enable")
    page.goto(SITE)
    page.wait_for_timeout(1500)
    metrics: dict[str, Any] = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    tasks = sum(page.evaluate("window.tasks"))
    context.close()
    return Cost(1000 * metrics["ScriptDuration"], tasks, len(sent))


def main() -> None:
    """Visit in turn, round after round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slowdown", type=int, default=4, help="of the processor")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None or not SEGMENT.is_file():
        raise SystemExit("It needs chromium, and 'npm install --prefix tests/sdk'.")
    costs: dict[str, list[Cost]] = {name: [] for name in PAGES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visit(browser, "headwater", 1)
        for number in range(arguments.rounds):
            for name in sorted(PAGES, reverse=bool(number % 2)):
                costs[name].append(visit(browser, name, arguments.slowdown))
        browser.close()
    bare = statistics.median(cost.script for cost in costs["no script"])
    scripts = {"headwater": snippet(), "analytics-next": SEGMENT.read_bytes()}
    table = Table(title=f"One visit, processor slowed {arguments.slowdown} times (medians)")
    for column in ("script", "bytes gzipped", "ms of script", "ms of long tasks", "requests"):
        table.add_column(column, justify="right")
    milliseconds = {}
    for name, text in scripts.items():
        milliseconds[name] = statistics.median(cost.script for cost in costs[name]) - bare
        table.add_row(
            name,
            f"{len(gzip.compress(text, 9)):,}",
            f"{milliseconds[name]:.1f}",
            f"{statistics.median(cost.long_tasks for cost in costs[name]):.0f}",
            f"{statistics.median(cost.requests for cost in costs[name]):.0f}",
        )
    console.print(table)
    ratio = milliseconds["headwater"] / milliseconds["analytics-next"]
    met = verdict("time of script against analytics-next's", ratio, target=TARGET, at_least=False)
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
