"""The `Http` port: pooled connections out, past a guard against requests to inner networks.

The guard stands where connections are made, not where urls are read: a name is resolved, its
addresses are checked, and the connection goes to an address that was checked. So neither another
spelling of an address, nor a redirect, nor a name that changes between check and use gets past it.

Built on httpcore, the engine of httpx, because only there can the connection be made to a given
address. What httpx adds (cookies, proxies from the environment, decompression) is not wanted here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import cast

import httpcore
import httpx

from headwater import redirects
from headwater.addresses import Address, AddressRules
from headwater.local.resolver import Resolve, SystemResolver
from headwater.ports import AddressRefused, HttpFailure, HttpRequest, HttpResponse

_LONGEST_BODY = 64 * 1024
# For each address of a name, so that a silent one leaves time for the next.
_CONNECT_SECONDS = 5.0


class GuardedHttp:
    """Sends requests; made within a running event loop and used from that loop alone."""

    def __init__(
        self,
        *,
        allow_private_networks: bool | Iterable[str] = False,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            allow_private_networks: True lets requests go anywhere; networks (`10.1.0.0/16`) let
                them go there as well as to the outside.
            resolve: another resolver, for tests.
            ssl_context: whom to trust; the system's authorities by default.

        Raises:
            ValueError: one of the networks is not one.
        """
        self._resolver = SystemResolver() if resolve is None else None
        backend = _GuardedBackend(
            AddressRules(allow_private_networks=allow_private_networks),
            cast("Resolve", resolve or self._resolver),
        )
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context or ssl.create_default_context(),
            # No limit: lanes bound their own requests, and must not wait for each other here.
            max_connections=None,
            max_keepalive_connections=200,
            keepalive_expiry=60.0,
            network_backend=backend,
        )

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer the response, whatever its status.

        Redirects are followed three times at most: for GET and HEAD all of them, otherwise those
        that repeat the request (307, 308), never from https to http; another redirect is answered
        as it is.

        Raises:
            AddressRefused: the address, or one that it redirects to, is not allowed.
            HttpFailure: there is no response, or it did not end in time.
        """
        try:
            async with asyncio.timeout(request.timeout):
                return await self._follow(request)
        except TimeoutError as error:
            raise HttpFailure(f"it took longer than {request.timeout:g} s") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
        if self._resolver is not None:
            self._resolver.close()

    async def _follow(self, request: HttpRequest) -> HttpResponse:
        for _ in range(redirects.MOST):
            response = await self._exchange(request)
            following = _redirected(request, response)
            if following is None:
                return response
            request = following
        return await self._exchange(request)

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        url = _parsed(request.url)
        headers = {"host": url.netloc.decode("ascii"), **_lower(request.headers)}
        if request.body or request.method not in ("GET", "HEAD"):
            headers["content-length"] = str(len(request.body))
        try:
            async with self._pool.stream(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme,
                    host=url.raw_host,
                    port=url.port,
                    target=url.raw_path,
                ),
                headers=[(name.encode("ascii"), value.encode()) for name, value in headers.items()],
                content=request.body,
            ) as response:
                return await _read(response)
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise HttpFailure(f"the connection to {url.host} failed: {_told(error)}") from error
        except (
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            UnicodeEncodeError,
            OSError,
        ) as error:
            raise HttpFailure(f"the exchange with {url.host} failed: {_told(error)}") from error


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were resolved and checked here, and to nothing else."""

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._checked(host):
            try:
                return await self._network.connect_tcp(
                    str(address),
                    port,
                    _CONNECT_SECONDS if timeout is None else timeout,
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - the same
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused(f"{path} is a local socket, which requests to the outside may not use")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str) -> list[Address]:
        """Answer the host's addresses that are allowed.

        Raises:
            AddressRefused: it has addresses, and none of them is.
        """
        addresses = await self._addresses(host)
        refusals = {address: self._rules.refusal(address) for address in addresses}
        allowed = [address for address, why in refusals.items() if why is None]
        if addresses and not allowed:
            address, why = next(iter(refusals.items()))
            name = f"{address}" if str(address) == host else f"{host} is {address}, which"
            raise AddressRefused(f"{name} is refused: its address is {why}")
        return allowed

    async def _addresses(self, host: str) -> list[Address]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass  # a name
        try:
            return list(await self._resolve(host))
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name does not resolve ({_told(error)})") from error


async def _read(response: httpcore.Response) -> HttpResponse:
    body = bytearray()
    async with aclosing(response.aiter_stream()) as parts:  # type: ignore[type-var]  # a generator
        async for part in parts:
            body += part[: _LONGEST_BODY - len(body)]
            if len(body) >= _LONGEST_BODY:
                break
    headers = {
        name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers
    }
    return HttpResponse(status=response.status, headers=headers, body=bytes(body))


def _redirected(request: HttpRequest, response: HttpResponse) -> HttpRequest | None:
    """Answer the request to follow up with; None where the response is the answer."""
    location = redirects.location(request, response)
    if location is None:
        return None
    before = _parsed(request.url)
    try:
        after = before.join(location)
    except httpx.InvalidURL as error:
        raise HttpFailure(f"{before.host} redirects to what is no url") from error
    return redirects.onward(request, str(after), before=_origin(before), after=_origin(after))


def _origin(url: httpx.URL) -> redirects.Origin:
    return redirects.Origin(url.scheme, url.host, url.port)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise HttpFailure(f"the url is not valid: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise HttpFailure("the url must be http or https, with a host and without a password")
    return parsed


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
