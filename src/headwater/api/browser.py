"""What browsers fetch: the snippet, and what Segment's browser SDK asks for before it begins.

* The snippet, at an address of the site's own choice.
* `/v1/projects/{write key}/settings`, without which analytics-next sends nothing (PROTOCOLS 2.4).
* `/analytics.js/v1/{write key}/analytics.min.js`, the address that Segment's own snippet loads:
  the files of analytics-next where the owner has put them, else our snippet in their place, with
  the same calls under the same name.
* `/`, which people open to see whether anything is there (front_page.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.api.asgi import App, Receive, Scope, Send
from headwater.api.browser_files import ENTRY, LONG, SCRIPT, SHORT, headers, snippet
from headwater.api.collect_answer import Answer, send_answer
from headwater.api.doors import UNKNOWN
from headwater.api.front_page import HEADERS, front_page, origin
from headwater.collect.intake import Directory
from headwater.errors import Unauthorized
from headwater.ports import Clock

Bundle = Callable[[str], Awaitable[bytes | None]]
"""Answers a file of analytics-next by its name (`standalone.js`); None where there is none."""

_SETTINGS = re.compile(r"/v1/projects/([^/]+)/settings")
_LOADER = re.compile(r"/analytics\.js/v1/([^/]+)/analytics(?:\.min)?\.js")
_CHUNK = re.compile(r"/analytics-next/bundles/([\w.-]+\.js)")


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """What may be set about scripts.

    Attributes:
        script_path: the snippet's address.
        bundle: reads analytics-next's own files, where the owner has put them.
    """

    script_path: str = "/hw.js"
    bundle: Bundle | None = None


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    content_type: bytes
    caching: bytes
    more: tuple[tuple[bytes, bytes], ...] = ()


class BrowserApp:
    """An ASGI app for the scripts; every other request goes to `next_app`."""

    def __init__(
        self,
        *,
        directory: Directory,
        clock: Clock,
        next_app: App,
        settings: BrowserSettings | None = None,
    ) -> None:
        settings = settings or BrowserSettings()
        self._directory = directory
        self._clock = clock
        self._next_app = next_app
        self._script_path = settings.script_path
        self._bundle = settings.bundle
        self._snippet = snippet()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_read = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        try:
            found = await self._file(scope) if is_read else None
        except Unauthorized as error:
            # Without a challenge: a browser would ask the site's visitor for a name and a password.
            refusal = Answer(error.status, json.dumps(error.as_json()).encode())
            await send_answer(send, refusal, dict(scope["headers"]).get(b"origin"))
            return
        if found is None:
            await self._next_app(scope, receive, send)
            return
        etag = b'"%b"' % hashlib.blake2b(found.content, digest_size=12).hexdigest().encode()
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        is_known = etag in known
        content = b"" if is_known or scope["method"] == "HEAD" else found.content
        answered = [
            *headers(found.content_type, found.caching),
            *found.more,
            (b"etag", etag),
            (b"content-length", str(0 if is_known else len(found.content)).encode()),
        ]
        status = 304 if is_known else 200
        await send({"type": "http.response.start", "status": status, "headers": answered})
        await send({"type": "http.response.body", "body": content})

    async def _file(self, scope: Scope) -> _File | None:
        path: str = scope["path"]
        if path == self._script_path:
            return _File(self._snippet, SCRIPT, SHORT)
        if path == "/":
            content, kind = front_page(scope, script_path=self._script_path)
            return _File(content, kind, SHORT, HEADERS)
        if asked := _SETTINGS.fullmatch(path):
            self._require(asked[1])
            content = json.dumps(_segment_settings(asked[1], scope)).encode()
            return _File(content, b"application/json", SHORT)
        if asked := _LOADER.fullmatch(path):
            self._require(asked[1])
            own = await self._bundle(ENTRY) if self._bundle else None
            return _File(own or self._in_place_of_segment(asked[1]), SCRIPT, SHORT)
        if (asked := _CHUNK.fullmatch(path)) and self._bundle:
            chunk = await self._bundle(asked[1])
            return _File(chunk, SCRIPT, LONG) if chunk else None
        return None

    def _require(self, write_key: str) -> None:
        if self._directory.source(write_key, self._clock.now()) is None:
            raise Unauthorized(UNKNOWN)

    def _in_place_of_segment(self, write_key: str) -> bytes:
        """Answer our snippet, told what Segment's tag says in its address."""
        told = {"key": write_key, "as": "analytics", "page": "off"}
        return (
            b"Object.assign(document.currentScript.dataset," + json.dumps(told).encode() + b");"
        ) + self._snippet


def _segment_settings(write_key: str, scope: Scope) -> Mapping[str, Any]:
    """Answer what analytics-next needs to begin, and to speak with the host it was loaded from."""
    protocol, _, host = origin(scope).partition("://")
    return {
        "integrations": {
            "Segment.io": {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }
