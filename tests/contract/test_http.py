"""The `Http` port, the same on every runtime: what is carried, where it may go, when it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from headwater.ports import AddressRefused, HttpFailure, HttpRequest, HttpResponse
from tests.contract import runtime

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server's address, without a slash at the end."""
    with runtime.server() as url:
        yield url


async def sent(
    url: str, method: str = "POST", networks: list[str] | None = None, **fields: Any
) -> HttpResponse:
    """Answer the response to a request from a client that may call this machine."""
    given = {"headers": {"Content-Type": "application/json"}, "body": b"{}", **fields}
    if method == "GET":
        given["body"] = b""
    async with runtime.client(LOOPBACK if networks is None else networks) as http:
        return await http.send(HttpRequest(method, url, **given))


def seen(response: HttpResponse) -> dict[str, Any]:
    """Answer the request as the server saw it."""
    told: dict[str, Any] = json.loads(response.body)
    return told


async def test_carries_method_headers_and_body(server: str) -> None:
    """What is asked for is what is sent, and what comes back has lower-case header names."""
    headers = {"Content-Type": "text/plain", "X-Own": "one"}
    response = await sent(f"{server}/a%20b/é?c=d", "PUT", headers=headers, body=b"\x00\xff")

    assert (response.status, response.headers["x-answer"]) == (200, "Yes")
    request = seen(response)
    assert (request["method"], request["target"]) == ("PUT", "/a%20b/%C3%A9?c=d")
    assert request["body"].encode("latin-1") == b"\x00\xff"
    assert request["headers"]["content-type"] == "text/plain"
    assert request["headers"]["x-own"] == "one"
    assert request["headers"]["content-length"] == "2"
    assert request["headers"]["host"] == server.removeprefix("http://")


async def test_a_get_has_no_body(server: str) -> None:
    """Neither a body nor its length."""
    request = seen(await sent(f"{server}/", "GET"))

    assert (request["method"], request["body"]) == ("GET", "")
    assert request["headers"].get("content-length", "0") == "0"


@pytest.mark.parametrize("status", [201, 204, 400, 404, 429, 500, 503])
async def test_any_status_is_an_answer(server: str, status: int) -> None:
    """An error of the other side is a response, not an exception."""
    response = await sent(f"{server}/status/{status}")

    assert response.status == status
    assert response.body == (b"" if status == 204 else b"told")


async def test_a_long_body_is_cut(server: str) -> None:
    """It ends at 64 KB, however much follows."""
    response = await sent(f"{server}/endless")

    assert (response.status, response.body) == (500, b"x" * 65_536)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "https://100.64.0.1/",
    ],
)
async def test_inner_addresses_are_refused(url: str) -> None:
    """An address of an inner network is not called."""
    with pytest.raises(AddressRefused, match="is refused: its address is"):
        await sent(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]"]
)
async def test_spellings_of_loopback_are_refused(server: str, host: str) -> None:
    """No spelling that a system understands gets past the guard."""
    with pytest.raises(HttpFailure):
        await sent(f"http://{host}:{server.rpartition(':')[2]}/", networks=[])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/", "//[::1]/"])
async def test_redirects_to_inner_addresses_are_refused(
    server: str, status: int, target: str
) -> None:
    """A redirect is checked as the first address was."""
    with pytest.raises(AddressRefused):
        await sent(f"{server}/status/{status}?to={quote(target)}", "GET")


@pytest.mark.parametrize("status", [307, 308])
async def test_a_post_is_repeated_where_the_redirect_says_so(server: str, status: int) -> None:
    """The body and all headers go along within one origin."""
    response = await sent(f"{server}/status/{status}?to=/new", headers={"Authorization": "x"})

    request = seen(response)
    assert (request["target"], request["body"]) == ("/new", "{}")
    assert request["headers"]["authorization"] == "x"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304])
async def test_a_post_is_not_turned_into_a_get(server: str, status: int) -> None:
    """Other redirects of a POST are answered as they are: following them would lose the body."""
    assert (await sent(f"{server}/status/{status}?to=/new")).status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_get_follows_every_redirect(server: str, status: int) -> None:
    """It has nothing to lose."""
    assert seen(await sent(f"{server}/status/{status}?to=/new", "GET"))["target"] == "/new"


async def test_secrets_stay_with_their_origin(server: str) -> None:
    """To another origin go the body and the signature, and no header of the user's own."""
    target = server.replace("127.0.0.1", "127.0.0.2").rpartition(":")[0]
    other = f"{target}:{server.rpartition(':')[2]}"
    headers = {"Authorization": "x", "X-Api-Key": "y", "webhook-id": "z"}
    with pytest.raises(HttpFailure):  # nobody listens there: that is how we know where it went
        await sent(f"{server}/status/307?to={other}/new", headers=headers)
    named = server.replace("127.0.0.1", "localhost")

    followed = seen(await sent(f"{server}/status/307?to={named}/new", headers=headers))["headers"]
    assert followed["host"].startswith("localhost:")
    assert followed["webhook-id"] == "z"
    assert "authorization" not in followed
    assert "x-api-key" not in followed


async def test_redirects_end(server: str) -> None:
    """A circle of redirects is left after three, with the last answer."""
    response = await sent(f"{server}/circle/0")

    assert (response.status, response.headers["location"]) == (307, "/circle/4")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://a/", "http://[", "http://u:p@127.0.0.1/"]
)
async def test_a_redirect_to_what_is_no_http(server: str, location: str) -> None:
    """Another scheme, nonsense, or a password is a failure."""
    with pytest.raises(HttpFailure):
        await sent(f"{server}/status/307?to={quote(location)}")


@pytest.mark.parametrize(
    "url", ["ftp://a/", "file:///etc/passwd", "http:///", "nonsense", "http://u:p@a/", "http://[/"]
)
async def test_a_url_that_is_no_http(url: str) -> None:
    """Nothing but http and https, without a password in the url, is sent."""
    with pytest.raises(HttpFailure):
        await sent(url)


@pytest.mark.parametrize("path", ["drip", "silent"])
async def test_the_timeout_covers_the_whole_exchange(server: str, path: str) -> None:
    """Neither a byte now and then nor none at all keeps a request alive beyond its time."""
    started = time.perf_counter()
    with pytest.raises(HttpFailure, match=r"longer than 0.3 s"):
        await sent(f"{server}/{path}", timeout=0.3)

    assert time.perf_counter() - started < 3


@pytest.mark.parametrize("path", ["hang-up", "no-http"])
async def test_what_is_no_answer_is_a_failure(server: str, path: str) -> None:
    """A server that hangs up, or speaks something else."""
    with pytest.raises(HttpFailure):
        await sent(f"{server}/{path}")


async def test_a_place_that_is_not_there_is_a_failure(server: str) -> None:
    """Nobody listens, or the name does not resolve; later it may be otherwise."""
    for url in ("http://127.0.0.1:9/", "http://nowhere.invalid/"):
        with pytest.raises(HttpFailure) as raised:
            await sent(url)
        assert not isinstance(raised.value, AddressRefused)
