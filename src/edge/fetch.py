"""The `Http` port over Cloudflare's `fetch`.

The guard checks addresses that stand in a url, in whatever spelling: JavaScript's URL makes them
plain. Names are resolved by Cloudflare's network, which leads from a Worker to no private one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import js
from pyodide.ffi import JsException, jsnull, to_js

from headwater import redirects
from headwater.addresses import AddressRules
from headwater.ports import AddressRefused, HttpFailure, HttpRequest, HttpResponse

_LONGEST_BODY = 64 * 1024


class EdgeHttp:
    """Sends requests from a Worker; holds nothing open."""

    def __init__(self, *, allow_private_networks: bool | Iterable[str] = False) -> None:
        """Set the guard.

        Args:
            allow_private_networks: True lets requests go anywhere; networks (`10.1.0.0/16`) let
                them go there as well as to the outside. For tests: Cloudflare has no way there.

        Raises:
            ValueError: one of the networks is not one.
        """
        self._rules = AddressRules(allow_private_networks=allow_private_networks)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Answer the response, whatever its status; follow redirects as `redirects` says.

        Raises:
            AddressRefused: the address, or one that it redirects to, is not allowed.
            HttpFailure: there is no response, or it did not end in time.
        """
        signal = js.AbortSignal.timeout(request.timeout * 1000)
        try:
            for _ in range(redirects.MOST):
                url = self._checked(request.url)
                response = await _exchange(request, url, signal)
                location = redirects.location(request, response)
                if location is None:
                    return response
                after = self._checked(location, url)
                request = redirects.onward(
                    request, after.href, before=_origin(url), after=_origin(after)
                )
            return await _exchange(request, self._checked(request.url), signal)
        except JsException as error:
            if error.name == "TimeoutError":
                raise HttpFailure(f"it took longer than {request.timeout:g} s") from error
            raise HttpFailure(f"the exchange failed: {error.message}") from error

    def _checked(self, text: str, base: Any = None) -> Any:
        """Answer the url as JavaScript's, if it may be asked.

        Raises:
            AddressRefused: it holds an address that may not.
            HttpFailure: it is none for a request.
        """
        try:
            url = js.URL.new(text) if base is None else js.URL.new(text, base)
        except JsException as error:
            raise HttpFailure(f"the url is not valid: {error.message}") from error
        if url.protocol not in ("http:", "https:") or url.username or url.password:
            raise HttpFailure("the url must be http or https, with a host and without a password")
        host = url.hostname.strip("[]").removesuffix(".")
        try:
            address = ipaddress.ip_address(
                "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
            )
        except ValueError:
            return url  # a name
        if (why := self._rules.refusal(address)) is not None:
            raise AddressRefused(f"{host} is refused: its address is {why}")
        return url


async def _exchange(request: HttpRequest, url: Any, signal: Any) -> HttpResponse:
    options = {
        "method": request.method,
        "headers": [[name, value] for name, value in request.headers.items()],
        "redirect": "manual",
        "signal": signal,
    }
    if request.body:
        options["body"] = to_js(request.body)
    response = await js.fetch(url.href, to_js(options, dict_converter=js.Object.fromEntries))
    headers = dict(js.Object.fromEntries(response.headers).to_py())
    return HttpResponse(response.status, headers, await _read(response))


async def _read(response: Any) -> bytes:
    """Answer the body, as far as it is kept; the rest is not waited for."""
    if response.body is jsnull:
        return b""
    body = bytearray()
    reader = response.body.getReader()
    while len(body) < _LONGEST_BODY:
        part = await reader.read()
        if part.done:
            break
        body += part.value.to_bytes()
    else:
        await reader.cancel()
    return bytes(body[:_LONGEST_BODY])


def _origin(url: Any) -> redirects.Origin:
    return redirects.Origin(
        url.protocol.removesuffix(":"), url.hostname, int(url.port) if url.port else None
    )
