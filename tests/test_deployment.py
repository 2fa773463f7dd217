"""`scripts/deploy` against a wrangler that only remembers what it was told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

WRANGLER = """#!{python}
import json, os, sys
from pathlib import Path
account = Path({account!r})
state = json.loads(account.read_text())
arguments = sys.argv[1:]
state["calls"].append(arguments)
match arguments:
    case ["whoami", *_]:
        print("You are logged in." if state["user"] else "You are not authenticated.")
    case ["queues", "list", *_]:
        for name in state["queues"]:
            print("│ 0123 │", name, "│")
    case ["queues", "create", name]:
        assert name not in state["queues"], "made twice"
        state["queues"].append(name)
    case ["r2", "bucket", "list", *_]:
        for name in state["buckets"]:
            print("name:          ", name)
    case ["r2", "bucket", "create", name]:
        assert name not in state["buckets"], "made twice"
        state["buckets"].append(name)
    case ["secret", "list", *_]:
        print(json.dumps([{{"name": name}} for name in state["secrets"]]))
    case ["secret", "put", name, *_]:
        state["secrets"][name] = sys.stdin.read()
    case ["deploy", *_]:
        state["deployed"] += 1
    case _:
        sys.exit("what?")
account.write_text(json.dumps(state))
"""


class Account:
    """A Cloudflare account, as far as wrangler shows it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "account.json"
        self.bin = folder / "bin"
        self.bin.mkdir()
        empty: dict[str, object] = {"queues": [], "buckets": [], "secrets": {}, "calls": []}
        self.save({"user": "me", "deployed": 0, **empty})
        program = self.bin / "wrangler"
        program.write_text(WRANGLER.format(python=sys.executable, account=str(self.path)))
        program.chmod(0o755)

    def save(self, state: dict[str, object]) -> None:
        """Give it a state."""
        self.path.write_text(json.dumps(state))

    @property
    def state(self) -> dict[str, object]:
        """What is there."""
        read: dict[str, object] = json.loads(self.path.read_text())
        return read

    def deploy(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run the script as a user would."""
        environment = {**os.environ, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            [sys.executable, "-m", "scripts.deployment", *arguments],
            cwd=ROOT,
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An account with nothing in it."""
    return Account(tmp_path)


def test_a_first_deployment_makes_what_is_missing(account: Account) -> None:
    """Queues, bucket, the Worker, both keys; the keys are told once."""
    done = account.deploy("--yes")

    assert done.returncode == 0, done.stderr
    state = account.state
    assert state["queues"] == [
        "headwater-deliveries",
        "headwater-lake",
        "headwater-deliveries-dead",
        "headwater-lake-dead",
    ]
    assert state["buckets"] == ["headwater-lake"]
    assert state["deployed"] == 1
    secrets = state["secrets"]
    assert isinstance(secrets, dict)
    assert set(secrets) == {"HEADWATER_WRITE_KEY", "HEADWATER_ADMIN_KEY"}
    assert all(secret in done.stdout for secret in secrets.values())


def test_again_only_the_worker_is_deployed(account: Account) -> None:
    """What is there is found, and nobody's keys change."""
    account.deploy("--yes")
    before = account.state

    done = account.deploy("--yes")

    assert done.returncode == 0, done.stderr
    assert account.state["queues"] == before["queues"]
    assert account.state["buckets"] == before["buckets"]
    assert account.state["secrets"] == before["secrets"]
    assert account.state["deployed"] == 2


def test_it_asks_before_each_thing_that_costs(account: Account) -> None:
    """A no leaves the account as it is; so does pressing Enter."""
    for answer in ("n\n", "\n", ""):
        done = account.deploy(typed=answer)

        assert done.returncode != 0
        assert "[y/N]" in done.stdout
        assert account.state["queues"] == account.state["buckets"] == []
        assert account.state["deployed"] == 0


def test_a_yes_to_each_deploys(account: Account) -> None:
    """Queues, bucket, Worker, and two keys: five questions."""
    done = account.deploy(typed="y\n" * 5)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("[y/N]") == 5
    assert account.state["deployed"] == 1


def test_an_environment_has_queues_of_its_own(account: Account) -> None:
    """Staging stands beside the first, and wrangler is told which is meant."""
    done = account.deploy("--yes", "--env", "staging")

    assert done.returncode == 0, done.stderr
    assert account.state["queues"] == [
        "headwater-staging-deliveries",
        "headwater-staging-lake",
        "headwater-staging-deliveries-dead",
        "headwater-staging-lake-dead",
    ]
    assert account.state["buckets"] == ["headwater-staging-lake"]
    calls = account.state["calls"]
    assert isinstance(calls, list)
    assert ["deploy", "--env", "staging"] in calls


def test_trouble_is_told_with_what_to_do(account: Account) -> None:
    """Not logged in, and an environment that is none."""
    missing = account.deploy("--yes", "--env", "production")
    account.save({**account.state, "user": None})
    stranger = account.deploy("--yes")

    assert missing.returncode == stranger.returncode == 1
    assert "no [env.production]; it has: staging" in missing.stderr
    assert "npx wrangler login" in stranger.stderr
    assert account.state["deployed"] == 0
