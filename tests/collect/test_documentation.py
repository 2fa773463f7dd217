"""`docs/collect.md` tells everything that a sender can be answered with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headwater.api.collect_routes import ROUTES
from headwater.collect.limits import Limits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "collect.md").read_text()
SOURCES = [
    *(ROOT / "src/headwater/collect").glob("*.py"),
    *(
        ROOT / "src/headwater/api" / name
        for name in ("collect.py", "doors.py", "errors.py", "pixel.py")
    ),
]


def codes() -> list[str]:
    """Answer every error code that these sources name."""
    text = "".join(path.read_text() for path in SOURCES)
    named = re.findall(r'code=?\s?=?\s?"(\w+)"', text)
    return sorted({*named, *re.findall(r'\("(missing_\w+)",', text)})


@pytest.mark.parametrize("code", codes())
def test_every_error_code_is_documented(code: str) -> None:
    """A sender who gets a code finds it on the page."""
    assert f"`{code}`" in PAGE


def test_the_codes_are_really_found() -> None:
    """Otherwise the test above would test nothing."""
    assert {"event_too_large", "missing_event", "invalid_pixel", "source_disabled"} <= set(codes())


@pytest.mark.parametrize("path", [path for path in ROUTES if not path.endswith("/")])
def test_every_address_is_documented(path: str) -> None:
    """Pixels by their pattern, all others by name."""
    shown = re.sub(r"^(/v1/pixel|/pixel/v1)/\w+$", r"\1/{type}", path)

    assert shown in PAGE


def test_the_limits_are_the_documented_ones() -> None:
    """Numbers on a page grow old unless somebody compares them."""
    limits = Limits()

    assert f"over {limits.batch // 1024} KB" in PAGE
    assert f"over {limits.event // 1024} KB" in PAGE
    assert f"over {limits.events} in one batch" in PAGE
    assert f"over {limits.depth} objects" in PAGE
