"""The page about the Python client: its examples run, and its tables are whole."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import headwater
from headwater.client.settings import Options, Settings
from tests.client.stub_server import WRITE_KEY, StubServer

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)

# How many events each example sends, in the order of the page; the one with a transport of its
# own sends none to the server.
SENT = [2, 7, 1, 0, 1, 1, 1, 1, 0, 3, 0, 0, 0, 1]


def test_the_page_has_the_examples_that_are_counted_here() -> None:
    """A new example is a new test."""
    assert len(EXAMPLES) == len(SENT)


@pytest.mark.parametrize("number", range(len(SENT)))
def test_an_example_runs(stub: StubServer, tmp_path: Path, number: int) -> None:
    """As a program of its own, without a word of complaint, and its events arrive."""
    code = EXAMPLES[number].replace("WRITE_KEY", WRITE_KEY)
    environ = os.environ | {
        "HEADWATER_WRITE_KEY": WRITE_KEY,
        "HEADWATER_HOST": stub.url,
        "XDG_STATE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("http://localhost:8080", stub.url)],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(stub.ids) == SENT[number]
    said = re.findall(r"^ *print\(.*\)  # (.*?)[ ,:…]", code, flags=re.MULTILINE)
    assert [line.split(":")[0].split()[0] for line in done.stdout.splitlines()] == said


def test_every_setting_is_on_the_page_with_its_default() -> None:
    """The table follows the code."""
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", PAGE, flags=re.MULTILINE))
    written = {name: value.strip().strip("`").replace(",", "") for name, value in rows.items()}
    arguments = inspect.signature(headwater.Client.__init__).parameters

    assert set(written) >= set(Options.__annotations__) | {"on_error", "transport"}
    for name in set(Options.__annotations__) - {"spool"}:
        default = Settings.__dataclass_fields__[name].default
        said = written[name].strip('"')
        assert said in {str(default), f"{default:g}" if isinstance(default, float) else ""}, name
    assert {"write_key", "host", "on_error", "transport"} <= set(arguments)


def test_every_error_and_conversion_on_the_page_exists() -> None:
    """Names in the text are names in the code."""
    from headwater import client, spec
    from headwater.client import middleware

    named = set(re.findall(r"`((?:[A-Z][a-z]+){2,})`", PAGE)) - {"ValueError", "TypeError"}

    assert named
    assert named <= {*client.__all__, *spec.__all__, *middleware.__all__}
