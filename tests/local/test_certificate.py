"""Certificates: what signed them can be checked by others' tools, as docs/erasure.md says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.api.certificate_page import page
from headwater.local.certificate import signed
from headwater.local.command_line.application import application

STATEMENT = {
    "erasure": "job_1",
    "unreadable_from": "2026-11-23T10:00:00.000Z",
    "identifiers": [{"type": "user_id", "hash": "00ff"}, {"type": "email", "hash": "11"}],
    "removed": {"event": 12, "é": 1},
    "backups": [],
    "rescan": {"tables": ["event", "job"], "rows_found": 0},
    "destinations": [{"id": "dst_1", "type": "webhook", "answer": "<not> asked: 5 €"}],
    "kept_elsewhere": [{"what": "copies", "until": "then"}],
    "suppressed": True,
    "physically_gone_by": "2026-11-23T10:00:05.000Z",
}
DOCS = Path(__file__).parents[2] / "docs" / "erasure.md"


def snippet(language: str) -> str:
    """Answer the block of this language in the docs' section on certificates."""
    section = DOCS.read_text("utf-8").partition("## Certificates")[2]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A certificate in a file."""
    return written(tmp_path / "certificate.json", signed(STATEMENT, tmp_path))


def written(path: Path, certificate: dict[str, Any]) -> Path:
    """Write a certificate and answer where."""
    path.write_text(json.dumps(certificate, ensure_ascii=False, indent=2), "utf-8")
    return path


def tampered(path: Path) -> None:
    """Change a number in a certificate."""
    certificate = json.loads(path.read_text("utf-8"))
    certificate["statement"]["removed"]["event"] = 13
    written(path, certificate)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([sys.executable, "-c", snippet("python")], id="python"),
        pytest.param(
            ["sh", "-euc", snippet("sh")],
            id="openssl",
            marks=pytest.mark.skipif(
                not (shutil.which("openssl") and shutil.which("jq")),
                reason="openssl and jq are not installed",
            ),
        ),
    ],
)
def test_others_tools_check_it_as_the_docs_say(file: Path, command: list[str]) -> None:
    """It is right as it is, and not once a number in it has changed."""

    def run() -> int:
        return subprocess.run(command, cwd=file.parent, capture_output=True, check=False).returncode

    assert run() == 0
    tampered(file)
    assert run() != 0


def verify(*arguments: object) -> Result:
    """Run `headwater certificates verify`."""
    return CliRunner().invoke(application, ["certificates", "verify", *map(str, arguments)])


def said(done: Result) -> str:
    """Answer what a command said, on one line however narrow the terminal."""
    return " ".join(done.output.split())


def test_the_command_checks_it_without_a_server(file: Path) -> None:
    """And says by whom it was signed; where a key is given, by nobody else."""
    key = json.loads(file.read_text("utf-8"))["signature"]["public_key"]

    assert json.loads(verify(file, "--json").stdout) == {"erasure": "job_1", "public_key": key}
    assert "The signature is right" in verify(file, "--public-key", key).output
    other = verify(file, "--public-key", "A" * 43 + "=")
    assert (other.exit_code, "signed by another key" in said(other)) == (1, True)
    tampered(file)
    changed = verify(file)
    assert (changed.exit_code, "somebody has changed it" in said(changed)) == (1, True)


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", '{"statement": {}, "signature": {"public_key": 1, "value": ""}}']
)
def test_what_is_no_certificate_is_told(tmp_path: Path, text: str) -> None:
    """In one line; so is a file that is not there."""
    path = tmp_path / "file"
    assert verify(path).exit_code == 2
    path.write_text(text, "utf-8")
    done = verify(path)
    assert done.exit_code == 2
    assert "no certificate" in said(done) or "no JSON" in said(done)


def test_the_page_says_what_was_done_and_loads_nothing(tmp_path: Path) -> None:
    """Each part with what it means; what an answer says is text, and not HTML."""
    shown = page(signed(STATEMENT, tmp_path))

    assert "What was held under 2 identifiers was deleted." in shown
    assert "Events of theirs that come later are dropped." in shown
    assert "&lt;not&gt; asked: 5 €" in shown
    assert "<td>00ff</td>" in shown
    assert "kept elsewhere" in shown
    assert not re.search(r"<script|<link|<img|src=|href=|url\(", shown)
