"""Requests out: what they carry, where they may go, and when they end."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from headwater.addresses import Address
from headwater.local.http import GuardedHttp
from headwater.ports import AddressRefused, HttpFailure, HttpRequest
from tests.loopback import Loopback, Reply, Request

Handler = Callable[[Request], Reply]


class Names:
    """A resolver that knows what it was told; each asking takes the next answer."""

    def __init__(self, **names: Sequence[str]) -> None:
        self._names = {name.replace("_", "."): list(texts) for name, texts in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[Address]:
        self.asked.append(host)
        if host not in self._names:
            raise OSError("Name or service not known")
        answers = self._names[host]
        texts = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ipaddress.ip_address(text) for text in texts.split()]


class Receiver:
    """A server on loopback whose answer a test sets."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.handler: Handler = lambda _request: Reply()
        self.service = Loopback(self._answer)

    async def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.handler(request)

    @property
    def port(self) -> str:
        """Where it listens."""
        return self.service.url.rpartition(":")[2]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    made = Receiver()
    with made.service:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[GuardedHttp]:
    """A client that may call this machine, and no other private one."""
    client = GuardedHttp(
        allow_private_networks=["127.0.0.0/8"],
        resolve=Names(
            receiver_example=["127.0.0.1"],
            other_example=["127.0.0.1"],
            inner_example=["169.254.169.254"],
            both_example=["10.0.0.1 127.0.0.1"],
            silent_example=[""],
        ),
    )
    yield client
    await client.close()


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamWriter], object],
) -> AsyncIterator[str]:
    """A server that writes what it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            result = answer(writer)
            if asyncio.iscoroutine(result):
                await result
        except ConnectionError:
            pass  # the client has had enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def post(url: str, **fields: object) -> HttpRequest:
    """A POST with a body."""
    given = {"headers": {"Content-Type": "application/json", "X-Own": "é"}, "body": b"{}", **fields}
    return HttpRequest("POST", url, **given)  # type: ignore[arg-type]  # fields of a request


async def test_carries_method_headers_and_body(http: GuardedHttp, receiver: Receiver) -> None:
    """What is asked for is what is sent, and what comes back has lower-case header names."""
    receiver.handler = lambda _: Reply(201, {"X-Answer": "Yes"}, b"done")

    response = await http.send(post(f"{receiver.service.url}/a%20b/é?c=d#fragment"))

    assert (response.status, response.body, response.headers["x-answer"]) == (201, b"done", "Yes")
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/a%20b/%C3%A9?c=d", b"{}")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["content-length"] == "2"


async def test_connections_are_reused(http: GuardedHttp, receiver: Receiver) -> None:
    """Requests to one place after another share a connection."""
    for _ in range(3):
        await http.send(post(f"{receiver.service.url}/"))

    assert len(receiver.service.connections) == 1


async def test_long_body_is_cut(http: GuardedHttp) -> None:
    """A response's body ends at 64 KB, however much follows."""

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    async with raw_server(endless) as url:
        response = await asyncio.wait_for(http.send(post(url)), 5)

    assert response.body == b"x" * 65_536


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
        "http://100.64.0.1/",
        "http://inner.example/",
        "https://inner.example/",
    ],
)
async def test_inner_addresses_are_refused(http: GuardedHttp, url: str) -> None:
    """However it is spelled or named, an address of an inner network is not called."""
    with pytest.raises(AddressRefused, match="is refused: its address is"):
        await http.send(post(url))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]"]
)
async def test_spellings_of_loopback_are_refused(receiver: Receiver, host: str) -> None:
    """The check is of the address, so no spelling that the system understands gets past it."""
    http = GuardedHttp()

    with pytest.raises(HttpFailure):
        await http.send(post(f"http://{host}:{receiver.port}/"))

    assert receiver.requests == []
    await http.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["http://169.254.169.254/", "http://inner.example/", "//[::1]/"])
async def test_redirects_to_inner_addresses_are_refused(
    http: GuardedHttp, receiver: Receiver, status: int, target: str
) -> None:
    """A redirect is checked as the first address was."""
    receiver.handler = lambda _: Reply(status, {"location": target})

    with pytest.raises(AddressRefused):
        await http.send(HttpRequest("GET", f"{receiver.service.url}/"))


async def test_name_that_changes_after_the_check(receiver: Receiver) -> None:
    """DNS rebinding: the name is resolved once for a connection, and what was checked is called."""
    names = Names(rebinding_example=["127.0.0.1", "10.0.0.1"])
    http = GuardedHttp(allow_private_networks=["127.0.0.0/8"], resolve=names)

    await http.send(post(f"http://rebinding.example:{receiver.port}/"))

    assert names.asked == ["rebinding.example"]
    assert receiver.requests[0].headers["host"] == f"rebinding.example:{receiver.port}"
    receiver.handler = lambda _: Reply(None)
    with pytest.raises(HttpFailure):
        await http.send(post(f"http://rebinding.example:{receiver.port}/"))
    with pytest.raises(AddressRefused):
        await http.send(post(f"http://rebinding.example:{receiver.port}/"))
    await http.close()


async def test_allowed_addresses_of_a_mixed_name_are_called(
    http: GuardedHttp, receiver: Receiver
) -> None:
    """A name with an inner address and an allowed one leads to the allowed one only."""
    response = await http.send(post(f"http://both.example:{receiver.port}/"))

    assert response.status == 200


async def test_unresolvable_name(http: GuardedHttp) -> None:
    """A name that does not resolve, or to nothing, may do so later."""
    for host, told in [("nowhere.example", "does not resolve"), ("silent.example", "no address")]:
        with pytest.raises(HttpFailure, match=told) as raised:
            await http.send(post(f"http://{host}/"))
        assert not isinstance(raised.value, AddressRefused)


async def test_second_address_is_tried(receiver: Receiver) -> None:
    """A name with one dead address is still reached by another."""
    http = GuardedHttp(
        allow_private_networks=True, resolve=Names(two_example=["127.9.9.9 127.0.0.1"])
    )

    response = await http.send(post(f"http://two.example:{receiver.port}/"))

    assert response.status == 200
    await http.close()


@pytest.mark.parametrize("status", [307, 308])
async def test_post_is_repeated_where_the_redirect_says_so(
    http: GuardedHttp, receiver: Receiver, status: int
) -> None:
    """The body and all headers go along within one origin."""
    receiver.handler = lambda request: (
        Reply(status, {"location": "/new"}) if request.path == "/" else Reply()
    )

    await http.send(post(f"{receiver.service.url}/", headers={"Authorization": "x"}))

    assert [request.path for request in receiver.requests] == ["/", "/new"]
    assert receiver.requests[1].body == b"{}"
    assert receiver.requests[1].headers["authorization"] == "x"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304])
async def test_post_is_not_turned_into_a_get(
    http: GuardedHttp, receiver: Receiver, status: int
) -> None:
    """Other redirects of a POST are answered as they are: following them would lose the body."""
    receiver.handler = lambda _: Reply(status, {"location": "/new"}, b"")

    assert (await http.send(post(f"{receiver.service.url}/"))).status == status
    assert len(receiver.requests) == 1


async def test_secrets_stay_with_their_origin(http: GuardedHttp, receiver: Receiver) -> None:
    """To another origin go the body and the signature, and no header of the user's own."""
    target = f"http://other.example:{receiver.port}/new"
    receiver.handler = lambda request: (
        Reply(307, {"location": target}) if request.path == "/" else Reply()
    )
    headers = {"Authorization": "x", "X-Api-Key": "y", "webhook-id": "z"}

    await http.send(post(f"http://receiver.example:{receiver.port}/", headers=headers))

    followed = receiver.requests[1]
    assert followed.headers["host"] == f"other.example:{receiver.port}"
    assert followed.headers["webhook-id"] == "z"
    assert "authorization" not in followed.headers
    assert "x-api-key" not in followed.headers


async def test_redirects_end(http: GuardedHttp, receiver: Receiver) -> None:
    """A circle of redirects is left after three, with the last answer."""
    receiver.handler = lambda _: Reply(307, {"location": "/"})

    response = await http.send(post(f"{receiver.service.url}/"))

    assert response.status == 307
    assert len(receiver.requests) == 4


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://a/", "http://[", "http://u:p@127.0.0.1/"],
)
async def test_redirect_to_what_is_no_http(
    http: GuardedHttp, receiver: Receiver, location: str
) -> None:
    """A redirect to another scheme, or to nonsense, is a failure."""
    receiver.handler = lambda _: Reply(307, {"location": location})

    with pytest.raises(HttpFailure):
        await http.send(post(f"{receiver.service.url}/"))


@pytest.mark.parametrize(
    "url", ["ftp://a/", "file:///etc/passwd", "http:///", "nonsense", "http://u:p@a/", "http://[/"]
)
async def test_url_that_is_no_http(http: GuardedHttp, url: str) -> None:
    """Nothing but http and https, without a password in the url, is sent."""
    with pytest.raises(HttpFailure):
        await http.send(post(url))


async def test_timeout_covers_a_server_that_drips(http: GuardedHttp) -> None:
    """A byte now and then does not keep a request alive beyond its time."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with raw_server(drip) as url:
        started = time.perf_counter()
        with pytest.raises(HttpFailure, match=r"longer than 0.2 s"):
            await http.send(post(url, timeout=0.2))

    assert time.perf_counter() - started < 2


async def test_timeout_covers_a_server_that_is_silent(http: GuardedHttp) -> None:
    """Nor does no byte at all."""
    async with raw_server(lambda _: asyncio.sleep(1.0)) as url:
        with pytest.raises(HttpFailure, match="longer than"):
            await http.send(post(url, timeout=0.1))


async def test_connection_that_breaks(http: GuardedHttp) -> None:
    """A server that hangs up is a failure, not a response."""
    async with raw_server(lambda _: None) as url:
        with pytest.raises(HttpFailure):
            await http.send(post(url))
    with pytest.raises(HttpFailure, match="failed"):
        await http.send(post(url))


async def test_answer_that_is_no_http(http: GuardedHttp) -> None:
    """Something else that listens there is a failure as well."""
    async with raw_server(lambda writer: writer.write(b"220 ready\r\n\r\n")) as url:
        with pytest.raises(HttpFailure):
            await http.send(post(url))


async def test_hung_servers_do_not_use_up_the_pool(http: GuardedHttp, receiver: Receiver) -> None:
    """However many requests hang, another place is reached at once."""
    async with raw_server(lambda _: asyncio.sleep(1.0)) as url:
        hung = [asyncio.ensure_future(http.send(post(url, timeout=0.8))) for _ in range(150)]
        await asyncio.sleep(0.1)
        started = time.perf_counter()
        response = await http.send(post(f"{receiver.service.url}/"))
        took = time.perf_counter() - started
        failures = await asyncio.gather(*hung, return_exceptions=True)

    assert response.status == 200
    assert took < 0.4
    assert all(isinstance(failure, HttpFailure) for failure in failures)
