"""One request and the start of its answer, as both kinds of servers tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

_UTM = "utm_"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in.

    Attributes:
        path: as the browser asked for it, percent-decoded, where the application is mounted
            included.
        headers: lower-case names; of a header that came twice, the values joined by a comma.
        state: ASGI's scope or WSGI's environ: where applications keep who is logged in.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    address: str | None
    state: Mapping[str, Any]

    @property
    def url(self) -> str:
        """The whole address."""
        search = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{quote(self.path, safe='/~:@!$&()*+,;=')}{search}"

    def cookie(self, name: str) -> str | None:
        """Answer a cookie's value, unquoted; None where there is none or it cannot be read."""
        try:
            found = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        # Segment's own script writes JSON strings, percent-encoded.
        return unquote(found.value).strip('"').strip() or None if found else None


@dataclass(frozen=True, slots=True)
class Response:
    """How it was answered."""

    status: int
    content_type: str
    seconds: float


def context(request: Request) -> dict[str, Any]:
    """Answer what the request says of where it comes from (PROTOCOLS section 1.11)."""
    headers = request.headers
    page = {
        "path": request.path,
        "url": request.url,
        "search": f"?{request.query}" if request.query else "",
        "referrer": headers.get("referer", ""),
    }
    told: dict[str, Any] = {"page": page}
    if request.address:
        told["ip"] = request.address
    if "user-agent" in headers:
        told["userAgent"] = headers["user-agent"]
    language = headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip()
    if language and language != "*":
        told["locale"] = language
    if campaign := _campaign(request.query):
        told["campaign"] = campaign
    return told


def _campaign(query: str) -> dict[str, str]:
    found = {}
    for name, value in parse_qsl(query):
        if name.startswith(_UTM) and value:
            key = name.removeprefix(_UTM)
            found["name" if key == "campaign" else key] = value
    return found
