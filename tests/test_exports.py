"""The front door: what `import headwater` gives, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

import headwater
import headwater.client


def loaded_after(code: str) -> set[str]:
    """Answer the modules that a fresh interpreter has loaded after the code, beyond its own."""
    script = f"import sys; before = set(sys.modules); {code}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_headwater_loads_nothing_else() -> None:
    """The server and the edge import it and need no client."""
    loaded = loaded_after("import headwater")

    assert {name for name in loaded if name.startswith("headwater")} == {"headwater"}
    assert not loaded & {"httpx", "asyncio", "threading", "json"}


def test_the_errors_come_without_httpx() -> None:
    """A program may catch them where it does not send."""
    assert "httpx" not in loaded_after("from headwater.client import InvalidEvent")


def test_the_clients_are_found_on_first_use() -> None:
    """By attribute and by import, the same class."""
    from headwater import AsyncClient, Client

    assert Client is headwater.client.Client
    assert AsyncClient is headwater.client.AsyncClient
    assert Client.__module__ == "headwater.client.threaded"


@pytest.mark.parametrize("module", [headwater, headwater.client], ids=lambda one: one.__name__)
def test_every_public_name_is_there(module: object) -> None:
    """And a name that is not there is an AttributeError, as in any module."""
    names: list[str] = vars(module)["__all__"]

    assert all(getattr(module, name) is not None for name in names)
    with pytest.raises(AttributeError, match="Clint"):
        _ = module.Clint  # type: ignore[attr-defined]  # that is the test
