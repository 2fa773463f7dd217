"""Runs the Worker on the test host until it is interrupted; see `scripts/edge`."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
import threading
from pathlib import Path

from tests.edge.installation import ROOT, NotInstalled
from tests.edge.workerd import Workerd, WorkerFailed, application

EXAMPLE = (
    '{"userId": "42", "event": "Signed Up", "context": {"traits": {"email": "ann@example.com"}}}'
)


def keys(directory: Path) -> dict[str, str]:
    """Answer the keys of this directory's Headwater, made at its first start."""
    path = directory / "keys.json"
    if not path.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        made = {
            "HEADWATER_WRITE_KEY": f"wk_{secrets.token_hex(16)}",
            "HEADWATER_ADMIN_KEY": f"hw_{secrets.token_hex(32)}",
        }
        path.write_text(json.dumps(made, indent=2), "utf-8")
    read: dict[str, str] = json.loads(path.read_text("utf-8"))
    return read


def announce(worker: Workerd, known: dict[str, str], directory: Path) -> None:
    """Tell people where it is and how to try it."""
    url = worker.url.rstrip("/")
    write_key, admin_key = known["HEADWATER_WRITE_KEY"], known["HEADWATER_ADMIN_KEY"]
    print(
        f"""Headwater is ready, on workerd.

URL        {url}
Write key  {write_key}
Admin key  {admin_key}
Data       {directory}

Send an event, and look at the person it made:
  curl {url}/v1/track -u {write_key}: -d '{EXAMPLE}'
  curl {url}/v1/people/user_id:42 -u {admin_key}:
""",
        flush=True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal; answer the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/edge",
        description="Start the Worker on this machine, in the workerd that Cloudflare runs.",
        epilog="Examples: scripts/edge; scripts/edge --port 9000 --data /tmp/edge",
    )
    parser.add_argument("--port", type=int, default=8787, help="where to listen (default 8787)")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "headwater-edge", help="where data is kept"
    )
    options = parser.parse_args(arguments)
    known = keys(options.data)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        worker = Workerd(application(**known), state=options.data / "state", port=options.port)
        with worker:
            announce(worker, known, options.data)
            told = 0
            while not ended.wait(0.5):
                worker.check()
                for line in worker.lines[told:]:
                    print(f"{line.level}: {line.message}", file=sys.stderr)
                told = len(worker.lines)
    except (NotInstalled, WorkerFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
