"""Tests of `headwater lake`, and of what docs/lake.md tells to do with what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.server import Server

DOCS = (Path(__file__).parent.parent.parent.parent / "docs" / "lake.md").read_text("utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that has taken a few orders, and ended."""
    folder = tmp_path_factory.mktemp("lake") / "headwater-data"
    with Server(folder, environment={"HEADWATER_LAKE": "auto"}) as server:
        for number in range(1, 4):
            event = {
                "userId": str(number),
                "event": "Order Completed",
                "properties": {"revenue": number * 10, "currency": "EUR"},
            }
            assert server.send("/v1/track", event).status_code == 200
    return folder


def run(*arguments: str) -> tuple[int, str]:
    """Run a command; answer its exit code and what it printed."""
    done = CliRunner().invoke(application, ["lake", "files", *arguments])
    return done.exit_code, done.output


def test_the_files_that_count_are_printed(data: Path) -> None:
    """One a line, each a Parquet file that is there; as JSON with what the manifest says."""
    code, output = run("--data", str(data))
    assert code == 0
    assert all(Path(line).read_bytes()[:4] == b"PAR1" for line in output.splitlines())
    _, content = run("--data", str(data), "--json")
    assert sum(one["rows"] for one in json.loads(content)) == 3
    _, identity = run("--lake", str(data / "lake"), "--table", "identity")
    assert "/identity/" in identity


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lake", "off"), "switched off"),
        (("--lake", "/nowhere/at/all"), "no lake in"),
        (("--lake", "ftp://x/y"), "no address"),
    ],
    ids=["off", "nowhere", "no address"],
)
def test_a_lake_that_is_not_there_is_told(arguments: tuple[str, ...], said: str) -> None:
    """In one line that says what to do, as wrong usage."""
    code, output = run(*arguments)
    assert code == 2
    assert said in output


def test_a_workspace_that_is_not_there_is_told(data: Path) -> None:
    """With those that there are."""
    code, output = run("--data", str(data), "--workspace", "other")
    assert code == 2
    assert "it has default" in output


def test_an_empty_lake_is_no_mystery(tmp_path: Path) -> None:
    """Before the first flush: when there will be something, and where to look if there is not."""
    code, output = run("--lake", str(tmp_path))
    assert code == 2
    assert "within a minute" in output
    assert "log" in output


def snippets() -> list[str]:
    """Answer the Python of the section about other tools."""
    section = DOCS.partition("## With other tools")[2].partition("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def test_what_the_docs_tell_works(data: Path) -> None:
    """Every snippet runs as it stands, beside the data folder, and finds the orders."""
    code = "\n".join(snippets())
    assert {"duckdb", "polars", "pandas"} <= set(re.findall(r"import (\w+)", code))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=data.parent,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Order Completed") == done.stdout.count("60") == 3
