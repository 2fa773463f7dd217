"""Everything works where nothing is installed but what `scripts/run` installs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.bare import absent_modules, bare_path
from tests.recorder import Recorder
from tests.server import Server

ORDERS: list[dict[str, Any]] = [
    {"userId": user, "event": "Ordered", "messageId": f"order-{user}", "properties": {"revenue": 9}}
    for user in ("ada", "bob")
]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a bare installation, with two people in its lake."""
    folder = tmp_path_factory.mktemp("bare")
    environment = {
        "HEADWATER_LAKE": "auto",
        "HEADWATER_LAKE_FLUSH_SECONDS": "1",
        "PYTHONPATH": bare_path(folder / "modules"),
    }
    with Server(folder / "data", environment=environment) as server:
        for order in ORDERS:
            assert server.send("/v1/track", order).status_code == 200
        deadline = time.monotonic() + 60
        while server.read("/v1/status").json()["figures"].get("lake_events") != len(ORDERS):
            assert time.monotonic() < deadline, server.last_words()
            time.sleep(0.1)
        yield server


def headwater(server: Server, *arguments: str) -> str:
    """Run a command beside the server, as bare as it, and answer what it prints."""
    program = Path(sys.executable).with_name("headwater")
    ended = subprocess.run(
        [str(program), *arguments],
        env=server.environment() | {"HEADWATER_DATA": str(server.directory)},
        cwd=server.directory.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stderr}\n{server.last_words()}"
    return ended.stdout


def ask(server: Server, path: str, order: dict[str, Any]) -> Any:
    """Answer what the admin API answers."""
    response = server.admin.post(path, json=order)
    assert response.status_code in {200, 201}, response.text
    return response.json()


def test_what_only_the_tests_need_is_absent() -> None:
    """The installation is bare: without this, the tests below could not fail."""
    absent = absent_modules()

    assert {"pandas", "polars", "pyiceberg", "pytest"} <= absent
    assert not {"pyarrow", "numpy", "duckdb", "uvicorn", "headwater", "certifi", "cffi"} & absent


def test_events_are_asked_about(bare: Server) -> None:
    """SQL, questions and the person of then read the lake."""
    rows = ask(
        bare,
        "/v1/sql",
        {"sql": "SELECT count(*) AS events, count(DISTINCT person) AS people FROM events"},
    )
    assert rows["rows"] == [[len(ORDERS), 2]]

    question = {"question": "trend", "series": [{"events": "Ordered"}], "over": "last 2 days"}
    assert ask(bare, "/v1/questions", question)["rows"]
    then = bare.read("/v1/people/user_id:ada", at=datetime.now(UTC).isoformat()).json()
    assert then["counts"] == {"track": 1}


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["lake", "files"], ".parquet"),
        (["export", "--to", "all.parquet"], "2 events"),
        (["import", "tests.csv", "--event", "Seen", "--dry-run"], "1 event"),
        (["export", "--person", "user_id:ada", "--to", "ada.zip"], "index.html"),
        (["backup", "--to", "backups"], "2 events"),
        (["rebuild", "--lake", "data/lake", "--data", "rebuilt"], "2 events"),
    ],
    ids=["lake", "export", "import", "person", "backup", "rebuild"],
)
def test_a_command_works(bare: Server, arguments: list[str], shown: str) -> None:
    """Commands, and what the server does for them, need nothing that is not declared."""
    (bare.directory.parent / "tests.csv").write_text("userId\nada\n")

    assert shown in headwater(bare, *arguments)


def test_the_past_is_sent_again(bare: Server) -> None:
    """A replay reads the lake."""
    with Recorder() as recorder:
        destination = bare.add_webhook("again", recorder.url)
        headwater(bare, "replay", "--to", destination, "--yes")

        assert recorder.wait_for({order["messageId"] for order in ORDERS}) == set()
