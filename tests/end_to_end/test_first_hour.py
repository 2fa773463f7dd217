"""The first hour, as docs/README.md shows it, typed word for word in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server

PAGE = (Path(__file__).parent.parent.parent / "docs" / "README.md").read_text("utf-8")
LINES = re.findall(r"^headwater .+$", PAGE.partition("```\n")[2].partition("```")[0], re.MULTILINE)
SHOWN = {
    "track": "Order Completed",
    "who": "99.99|pro",
    "revenue by day this week": "99.99",
    "audience": "yes|1 person",
    "deliveries": "webhook",
    "sql": "Order Completed",
    "export": "event",
    "backup": "was checked",
}
"""A word of the line, and what its answer is about."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in the folder where everything is typed, its data where `serve` puts them."""
    folder = tmp_path_factory.mktemp("first-hour")
    with Server(folder / "headwater-data", environment={"HEADWATER_LAKE": "auto"}) as running:
        yield running


def test_each_line_does_what_the_page_says(server: Server) -> None:
    """None fails, and those that show something show what the lines before them did."""
    assert len(LINES) >= 10
    told = set()
    for line in LINES:
        words = shlex.split(line, comments=True)
        ended = subprocess.run(
            [str(Path(sys.executable).with_name("headwater")), *words[1:]],
            cwd=server.directory.parent,
            env={name: value for name, value in os.environ.items() if "HEADWATER" not in name},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stderr}"
        for word, about in SHOWN.items():
            if word == words[1]:
                assert re.search(about, ended.stdout), f"{line}\n{ended.stdout}"
                told.add(word)

    assert told == set(SHOWN)
