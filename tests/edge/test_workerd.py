"""The test host itself: what a Worker does and says reaches the test that drives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from scripts import vendoring
from tests.edge import bundle
from tests.edge.conftest import attended
from tests.edge.workerd import Worker, Workerd, WorkerFailed

SAMPLE = Path(__file__).parent / "sample"
OPTIONS = {
    "compatibilityDate": "2026-11-01",
    "durableObjects": {"ROOM": {"className": "Room", "useSQLite": True}},
    "r2Buckets": ["BUCKET"],
    "queueProducers": {"JOBS": "jobs"},
    "queueConsumers": {"jobs": {"maxBatchTimeout": 0}},
}


def sample(entry: Path = SAMPLE / "entry.py") -> Worker:
    """Answer the sample Worker with another main module, maybe."""
    files = {"entry.py": entry}
    for package in ("workers", "typing_extensions", "opentelemetry", "asgi"):
        files |= {
            name: path
            for name, path in bundle.files(vendoring.WHEELS, "python_modules/")
            if name.startswith(f"python_modules/{package}")
        }
    return Worker(files, OPTIONS)


@pytest.fixture(scope="module")
def running_sample(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workerd]:
    """The sample Worker, booted once for this file."""
    with Workerd(sample(), state=tmp_path_factory.mktemp("sample")) as worker:
        yield worker


@pytest.fixture
def worker(running_sample: Workerd) -> Iterator[Workerd]:
    """The sample Worker."""
    yield from attended(running_sample)


def get(worker: Workerd, path: str) -> httpx.Response:
    """Answer what the Worker answers."""
    return httpx.get(worker.url + path, timeout=20)


def notes(worker: Workerd) -> list[str]:
    """Answer what its Durable Object has noted."""
    noted: list[str] = get(worker, "notes").json()
    return noted


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Answer whether it becomes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def written(worker: Workerd) -> str:
    """Answer what the Worker wrote during this test."""
    return "\n".join(line.message for line in worker.since_mark())


def test_what_it_prints_is_heard(worker: Workerd) -> None:
    """A line that Python prints is there for the test to read."""
    get(worker, "print")

    assert within(5, lambda: "printed in the Worker" in written(worker))


def test_a_traceback_is_heard(worker: Workerd) -> None:
    """An exception in a handler is a 500, and its traceback shows file and line."""
    assert get(worker, "fail").status_code == 500
    assert within(5, lambda: "ValueError: raised in the Worker" in written(worker))
    assert 'File "/session/metadata/entry.py", line' in written(worker)
    assert "wasm://" not in written(worker)


def test_a_traceback_from_an_object_is_heard(worker: Workerd) -> None:
    """An exception that crosses from a Durable Object carries its own traceback along."""
    assert get(worker, "fail-in-object").status_code == 500
    assert within(5, lambda: "ValueError: raised in the object" in written(worker))


@pytest.mark.parametrize(
    ("path", "note"),
    [("send", "from the queue"), ("alarm", "alarm"), ("later", "after the answer")],
)
def test_what_comes_later_comes(worker: Workerd, path: str, note: str) -> None:
    """Queues deliver, alarms ring, and work after the answer is done."""
    get(worker, path)

    assert within(10, lambda: note in notes(worker))


def test_a_cron_trigger_fires(worker: Workerd) -> None:
    """A test says when; the handler writes to R2 and reads it back."""
    worker.scheduled("*/5 * * * *", time=1_700_000_000_000)

    assert any(note.startswith("*/5 * * * * at 1700000000000") for note in notes(worker))


def test_an_evicted_object_is_made_anew(worker: Workerd) -> None:
    """Its storage stays, and its constructor runs again."""
    before = notes(worker)
    worker.evict("Room", "one")

    assert notes(worker) == [*before, "made"]


def test_storage_survives_a_kill(worker: Workerd) -> None:
    """After SIGKILL of everything, what was answered for is still there."""
    before = notes(worker)
    worker.kill()
    worker.start()

    assert notes(worker)[: len(before)] == before


def test_a_changed_file_is_loaded(worker: Workerd, tmp_path: Path) -> None:
    """`reload` boots anew when a file has changed, and only then; storage stays."""
    before = notes(worker)
    original = worker.worker
    changed = tmp_path / "entry.py"
    changed.write_text((SAMPLE / "entry.py").read_text().replace('"up"', '"changed"'))
    try:
        assert not worker.reload()
        worker.worker = sample(changed)
        assert worker.reload()
        assert get(worker, "").text == "changed"
        assert notes(worker)[: len(before)] == before
    finally:
        worker.worker = original
        worker.reload()


def test_the_death_of_python_is_told(worker: Workerd) -> None:
    """A fatal error of Pyodide's own is a failure with that name, not an odd 500."""
    with suppress(httpx.HTTPError):
        get(worker, "deep")
    assert within(5, lambda: "fatal error in Pyodide" in written(worker))
    with pytest.raises(WorkerFailed, match="fatal error in Pyodide"):
        worker.check()
    worker.kill()
    worker.start()


def test_a_worker_that_does_not_import_is_told(installed: None, tmp_path: Path) -> None:
    """An error at import fails the start, with Python's traceback in the message."""
    broken = tmp_path / "entry.py"
    broken.write_text("import nothing_of_this_name")
    worker = Workerd(sample(broken), state=tmp_path / "state")

    with pytest.raises(WorkerFailed, match="No module named 'nothing_of_this_name'"):
        worker.start()
