"""The rules of the middleware, as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from headwater.client.errors import InvalidSettings
from headwater.client.middleware import Watching
from headwater.client.middleware.exchange import Request, context
from headwater.client.middleware.options import Options, watching


def request(path: str = "/", **headers: str) -> Request:
    """Answer a request for a path."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        method="GET",
        scheme="https",
        host="shop.example.com",
        path=path,
        query="",
        headers=named,
        address=None,
        state={},
    )


@pytest.mark.parametrize(
    ("pattern", "path", "is_watched"),
    [
        ("/admin", "/admin", False),
        ("/admin", "/admin/users", True),
        ("/admin*", "/admin/users", False),
        ("*.css", "/a/b.css", False),
        ("/a.b", "/axb", True),
    ],
)
def test_excluded_paths(pattern: str, path: str, is_watched: bool) -> None:  # noqa: FBT001 - a table's column
    """A path is left out as a whole; a star stands for anything, other signs for themselves."""
    assert Watching(exclude=[pattern]).is_watched(request(path)) is is_watched


def test_nothing_is_excluded_where_nothing_is_said_to_be() -> None:
    """An empty list watches all paths."""
    assert Watching(exclude=[]).is_watched(request("/health"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"exclude": "/admin"}, r"exclude is text: give a list, as in \['/admin'\]"),
        ({"cookie": "a b"}, "no name for a cookie"),
        ({"paths": []}, "'paths' is no option of the middleware; it has identify, pages"),
    ],
)
def test_bad_settings_are_refused(options: Options, message: str) -> None:
    """A mistake is said when the middleware is made, not at the first request."""
    with pytest.raises(InvalidSettings, match=message):
        watching(options)


@given(
    some.text(), some.dictionaries(some.sampled_from(["cookie", "accept-language"]), some.text())
)
def test_any_header_can_be_read(query: str, headers: dict[str, str]) -> None:
    """Whatever a browser sends, reading it raises nothing."""
    strange = Request("GET", "https", "h", "/", query, headers, None, {})
    assert context(strange)["page"]["path"] == "/"
    Watching().visitor(strange)
