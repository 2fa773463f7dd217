"""Paths: values with slashes, colons and plus signs stay inside their part."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.api.encoded_path import EncodedPath, decoded, encoded


async def seen(raw: bytes | None, path: str = "/") -> str:
    """Answer the path that the inner app gets."""
    got: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append(scope["path"])

    async def receive() -> Any:
        raise AssertionError

    async def send(_: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "path": path} | ({} if raw is None else {"raw_path": raw})
    await EncodedPath(app)(scope, receive, send)
    return got[0]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/v1/people/user_id:42", "/v1/people/user_id:42"),
        (b"/v1/%70eople/user_id%3A42", "/v1/people/user_id:42"),
        (b"/v1/people/user_id:a%2Fb/events", "/v1/people/user_id:a%2Fb/events"),
        (b"/v1/people/user_id:a%252Fb", "/v1/people/user_id:a%252Fb"),
        (b"/v1/people/email:a%2Bb@c.de", "/v1/people/email:a%2Bb@c.de"),
        (b"/v1/people/email:a+b@c.de", "/v1/people/email:a%2Bb@c.de"),
        (b"/a\xff/%zz?x=1", "/a%FF/%25zz"),
    ],
)
async def test_a_path_has_one_spelling(raw: bytes, path: str) -> None:
    """Whichever characters the client chose to encode."""
    assert await seen(raw) == path


async def test_a_server_without_raw_paths_works() -> None:
    """ASGI makes `raw_path` optional."""
    assert await seen(None, "/v1/people/user_id:ä b") == "/v1/people/user_id:%C3%A4%20b"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
async def test_every_value_comes_through(value: str) -> None:
    """Percent-encoded by the client, canonical on the way, decoded in the route."""
    path = await seen(b"/v1/people/" + quote(value, safe="").encode())
    part = path.removeprefix("/v1/people/")

    assert "/" not in part
    assert decoded(part) == value
    assert part == encoded(value)


def test_bytes_that_are_no_text_are_refused() -> None:
    """A value that is no UTF-8 cannot be anybody's."""
    with pytest.raises(ValueError, match="UTF-8"):
        decoded("%FF")
