"""The Dockerfile's steps, without Docker: executed in a fresh directory as an unprivileged user."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from compose_spec import PyCompose

from tests.server import free_port

ROOT = Path(__file__).parent.parent
NOBODY = 65534
PROBED = ("/health", "/ready")
"""What docs/deploy/kubernetes.yaml asks."""


def instructions() -> list[tuple[str, str]]:
    """Answer the Dockerfile's instructions in their order, continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def one(name: str) -> str:
    """Answer the last instruction of a name."""
    return [value for instruction, value in instructions() if instruction == name][-1]


def test_it_keeps_to_good_practice() -> None:
    """A named base, an unprivileged user, a health check, no shell around the server."""
    names = [name for name, _ in instructions()]

    assert re.fullmatch(r"python:3\.\d+-slim", one("FROM"))
    assert one("USER") != "root"
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")
    assert "--no-cache-dir" in one("RUN")
    assert json.loads(one("CMD")) == ["headwater", "serve"]
    assert json.loads(one("HEALTHCHECK").partition("CMD ")[2])[0] == "python"
    assert one("VOLUME") == "/data"


def test_nothing_secret_or_large_goes_into_the_image() -> None:
    """The context leaves out what the server does not need; only what is named is copied."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()

    assert ignored[0] == "*"
    assert {name for name in ignored if name.startswith("!")} == {
        "!pyproject.toml",
        "!README.md",
        "!LICENSE",
        "!src",
    }
    for name, value in instructions():
        if name == "COPY":
            *sources, _ = value.split()
            assert all((ROOT / source).exists() for source in sources), value


def test_hadolint_finds_nothing() -> None:
    """The linter that image builders use, with all its rules."""
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [str(hadolint), "--no-color", str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_compose_keeps_to_its_specification() -> None:
    """The file parses, and says what the image and the manifest say."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    service = PyCompose.from_yaml(text).get_service("headwater")
    plain = yaml.safe_load(text)["services"]["headwater"]

    assert service is not None
    assert plain["volumes"] == [f"data:{one('VOLUME')}"]
    assert [port.rpartition(":")[2] for port in plain["ports"]] == [one("EXPOSE")]
    assert plain["read_only"]
    with pytest.raises(ValueError, match="stop_grace_periods"):
        PyCompose.from_yaml(text.replace("stop_grace_period", "stop_grace_periods"))


@pytest.fixture
def image() -> Iterator[Path]:
    """A directory in which the install steps have run as somebody without rights."""
    # Not tmp_path, which only its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield installed(Path(folder) / "app")


def installed(application: Path) -> Path:
    """Copy and install what the Dockerfile does, into this directory; answer it."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    python = python_for_all()
    application.mkdir()
    for name, value in instructions():
        if name == "COPY":
            *sources, target = value.split()
            for source in sources:
                path = ROOT / source
                if path.is_dir():
                    leave = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(path, application / target, ignore=leave)
                else:
                    shutil.copy(path, application / target)
    for folder, _, files in os.walk(application):
        os.chown(folder, NOBODY, NOBODY)
        for file in files:
            os.chown(Path(folder) / file, NOBODY, NOBODY)
    run(application, [python, "-m", "venv", ".venv"])
    install = next(step for step in one("RUN").split("&&") if "pip install" in step)
    run(application, [".venv/bin/python", "-m", *shlex.split(install)])
    return application


def python_for_all() -> str:
    """Answer a Python that somebody without rights can start; skip where there is none."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3"):
        found = shutil.which(name, path="/usr/local/bin:/usr/bin")
        check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
        if (
            found
            and not subprocess.run(
                [found, "-c", check], user=NOBODY, group=NOBODY, capture_output=True, check=False
            ).returncode
        ):
            return found
    pytest.skip("no Python 3.11 with venv that everybody may start")


def run(application: Path, command: list[str]) -> None:
    """Run a step as somebody without rights."""
    done = subprocess.run(
        command,
        cwd=application,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": str(application)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_steps_make_a_server_that_is_healthy(image: Path) -> None:
    """Install, start, health check and SIGTERM, where only the volume may be written."""
    port = free_port()
    (image / "data").mkdir(mode=0o700)
    os.chown(image / "data", NOBODY, NOBODY)
    for folder, _, _ in os.walk(image):
        if folder != str(image / "data"):
            os.chown(folder, 0, 0)
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    unset = dict.fromkeys(compose["services"]["headwater"]["environment"], "")
    environment = {"PATH": f"{image}/.venv/bin:/usr/bin:/bin", "HOME": "/nonexistent", **unset}
    for setting in shlex.split(one("ENV")):
        name, _, value = setting.partition("=")
        environment[name] = value.replace("/data", str(image / "data")).replace("8080", str(port))
    environment["HEADWATER_HOST"] = "127.0.0.1"  # no network of its own
    server = subprocess.Popen(
        [str(image / ".venv" / "bin" / "headwater"), *json.loads(one("CMD"))[1:]],
        cwd="/",
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=environment,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                asked = [httpx.get(f"http://127.0.0.1:{port}{path}", timeout=5) for path in PROBED]
                if {answer.status_code for answer in asked} == {200}:
                    break
            except httpx.HTTPError:
                assert server.poll() is None, "it ended while starting"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        check = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
        program = str(image / ".venv" / "bin" / "python")
        run(image, [program, *(part.replace("8080", str(port)) for part in check[1:])])
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.wait()
