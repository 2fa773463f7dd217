"""The JavaScript and React packages: their own tests, their types, and a real server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.server import ADMIN_KEY, WRITE_KEY, Server

ROOT = Path(__file__).parents[2] / "sdk"
PACKAGES = ("js", "react")


def node() -> str:
    """Answer where Node is, which needs the packages' own packages beside it."""
    found = shutil.which("node")
    if found is None or not all((ROOT / name / "node_modules").is_dir() for name in PACKAGES):
        pytest.skip("npm install --prefix sdk/js and sdk/react: their packages are not here")
    return found


def run(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> str:
    """Answer what a command that succeeds prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_own_tests(package: str) -> None:
    """What goes over the wire, and React's components in strict mode and on a server."""
    shown = run(ROOT / package, node(), "--test")
    assert "\n# fail 0\n" in shown or "ℹ fail 0\n" in shown  # noqa: RUF001 - Node's own sign


@pytest.mark.parametrize("package", PACKAGES)
def test_types(package: str) -> None:
    """The types in the comments are whole: TypeScript reads them strictly."""
    run(ROOT / package, node(), "node_modules/typescript/bin/tsc")


SCRIPT = """
import { AskRefused, headwater } from "headwater";
await headwater.identify({ userId: "js-1", traits: { plan: "pro", email: "js-1@example.com" } });
const id = await headwater.track({ userId: "js-1", event: "Signed Up" });
const done = await headwater`${"js-1"} completed order #456 revenue $99.99`;
const who = await headwater`who is ${"js-1"}?`;
const shown = await headwater`merge js-1 with js-2`.plan();
let refused;
try {
  await headwater`frobnicate the whatsit`;
} catch (error) {
  refused = [error instanceof AskRefused, error.code];
}
console.log(JSON.stringify({ id, done, who, shown, refused }));
"""


def test_said_to_a_real_server(tmp_path: Path) -> None:
    """Plain calls and plain language, values bound, by the keys in the environment."""
    with Server(tmp_path / "data") as server:
        environment = {
            "HEADWATER_URL": server.url,
            "HEADWATER_ADMIN_KEY": ADMIN_KEY,
            "HEADWATER_WRITE_KEY": WRITE_KEY,
        }
        told: dict[str, Any] = json.loads(
            run(
                ROOT / "js",
                node(),
                "--input-type=module",
                "-e",
                SCRIPT,
                environment=environment,
            )
        )
        timeline = server.timeline("user_id:js-1")
        assert {event.get("event") or event["type"] for event in timeline} == {
            "identify",
            "Signed Up",
            "Order Completed",
        }
        assert told["id"] in {event["messageId"] for event in timeline}
    assert told["shown"]["effect"] == "merges"
    assert told["shown"]["hash"]
    assert told["shown"]["executed"] is False
    assert told["refused"] == [True, "not_understood"]
    assert "js-1" in json.dumps(told["who"])
