"""The page on destinations says what is so: every setting and function, and examples that run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from headwater.destinations import DESTINATIONS
from headwater.destinations.breaker import BreakerPolicy
from headwater.destinations.fql import compile_filter
from headwater.destinations.fql.functions import FUNCTIONS
from headwater.destinations.retry import RetryPolicy
from headwater.destinations.standard_webhooks import signed_headers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "destinations.md").read_text("utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
BODY = '{"é":1}'.encode()


def block(language: str) -> str:
    """The first code block in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("key", DESTINATIONS)
def test_destination_is_documented_and_has_golden_requests(key: str) -> None:
    """Every destination has its place on the page, a row for each setting, and golden requests."""
    assert f"`{key}`" in PAGE
    for setting in DESTINATIONS[key].settings:
        assert f"| `{setting.key}` |" in PAGE
        assert setting.label
        assert setting.description.endswith(".")
    golden = json.loads((ROOT / "tests" / "golden" / f"{key}.json").read_text("utf-8"))
    assert golden["requests"]
    assert golden["replies"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_documented(name: str) -> None:
    """Every function of FQL is in the reference."""
    assert f"`{name}( " in PAGE


def test_examples_of_filters_compile() -> None:
    """The filters on the page are valid."""
    examples = block("fql").strip().splitlines()

    assert len(examples) == 3
    for example in examples:
        compile_filter(example)


def test_numbers_are_those_in_force() -> None:
    """The schedule on the page is the one that lanes follow."""
    retry, breaker = RetryPolicy(), BreakerPolicy()

    assert (retry.base, retry.longest, retry.max_age) == (1000, 3_600_000, 72 * 3_600_000)
    assert (retry.max_attempts, retry.longest_asked) == (200, 24 * 3_600_000)
    assert (breaker.threshold, breaker.open_first, breaker.open_longest) == (5, 5000, 300_000)
    assert (breaker.pause_first, breaker.pause_longest) == (300_000, 3_600_000)


def _cases() -> list[tuple[dict[str, str], bool]]:
    now = int(time.time())
    good = signed_headers([OTHER, SECRET], webhook_id="m-1", seconds=now, body=BODY)
    return [
        (good, True),
        (signed_headers([SECRET], webhook_id="m-1", seconds=now, body=BODY), True),
        (signed_headers([OTHER], webhook_id="m-1", seconds=now, body=BODY), False),
        (signed_headers([SECRET], webhook_id="m-1", seconds=now, body=BODY + b" "), False),
        (signed_headers([SECRET], webhook_id="m-1", seconds=now - 400, body=BODY), False),
        ({**good, "webhook-id": "m-2"}, False),
    ]


def test_example_in_python_verifies() -> None:
    """The example accepts what we sign and refuses what is forged or old."""
    names: dict[str, object] = {}
    exec(block("python"), names)
    verify = names["verify"]
    assert callable(verify)

    for headers, genuine in _cases():
        assert verify(headers, BODY, SECRET) is genuine


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_example_in_node_verifies(tmp_path: Path) -> None:
    """So does the one for Node."""
    cases = _cases()
    program = tmp_path / "example.mjs"
    calls = json.dumps([headers for headers, _ in cases])
    program.write_text(
        f"{block('js')}\nconst body = Buffer.from({BODY.hex()!r}, 'hex');\n"
        f"console.log(JSON.stringify({calls}.map((one) => verify(one, body, {SECRET!r}))));\n"
    )

    run = subprocess.run(
        ["node", str(program)], capture_output=True, text=True, timeout=30, check=True
    )

    assert json.loads(run.stdout) == [genuine for _, genuine in cases]
