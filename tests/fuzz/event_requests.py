"""Requests to the event routes, with odd addresses, methods and headers."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.event_bodies import CALLS, bodies, encoded, events, texts, to_text
from tests.fuzz.wire import RawRequest
from tests.server import WRITE_KEY

SINGLE = tuple(f"/v1/{name}" for name in (*CALLS, "t", "i", "p", "s", "g", "a"))
BATCH = ("/v1/batch", "/v1/import", "/v1/b")
OTHER = (
    "/v1/m",
    *(f"/v1/pixel/{name}" for name in (*CALLS, "nothing")),
    f"/v1/projects/{WRITE_KEY}/settings",
    "/health",
    "/ready",
    "/metrics",
)
LOOKS = (b"/v1/pixel", b"/v1/projects", b"/health", b"/ready", b"/metrics")
METHODS = (b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"TRACE", b"BREW")

KEY = base64.b64encode(f"{WRITE_KEY}:".encode())
authorizations = st.one_of(
    *[st.just((b"authorization", b"Basic " + KEY))] * 4,
    st.sampled_from(
        [
            (b"authorization", b"Basic"),
            (b"authorization", b"Basic !!!"),
            (b"authorization", b"Basic " + base64.b64encode(b"\xff\xfe:")),
            (b"authorization", b"Bearer " + WRITE_KEY.encode()),
            (b"authorization", b"Bearer \xff"),
            (b"authorization", b""),
            (b"x-nothing", b""),
        ]
    ),
)
_value_bytes = st.binary(max_size=40).map(
    lambda value: bytes(byte for byte in value if byte >= 0x20 and byte != 0x7F)
)
odd_headers = st.lists(
    st.tuples(
        st.sampled_from(
            b"content-type origin x-forwarded-for user-agent referer x-real-ip x-retry-count "
            b"access-control-request-method access-control-request-headers accept cookie "
            b"forwarded x-forwarded-proto if-none-match range expect".split()
        ),
        st.one_of(
            _value_bytes,
            st.sampled_from(
                [b"text/plain", b"application/json; charset=utf-16", b"null", b"::1, 1.2.3.4", b"*"]
            ),
        ),
    ),
    max_size=3,
).map(tuple)


@st.composite
def targets(draw: st.DrawFn) -> bytes:
    """Draw a path and query: mostly one that exists."""
    path = draw(st.sampled_from([*SINGLE, *BATCH, *BATCH, *OTHER]))
    if draw(st.integers(0, 9)) == 0:
        path += draw(
            st.sampled_from(["/", "//", "/..", "%00", "/%2e%2e/x", "%ff", "/" + "a" * 3000])
        )
    if path.startswith("/v1/pixel"):
        data = base64.urlsafe_b64encode(to_text(draw(events), ascii_only=True)).decode()
        path += "?data=" + draw(st.sampled_from([data, data.rstrip("="), data[:-3], "%%%", ""]))
    if draw(st.integers(0, 5)) == 0:
        query = draw(st.lists(st.tuples(texts, texts), max_size=3))
        path += "&" if "?" in path else "?"
        path += "&".join(
            f"{quote(name, errors='surrogatepass')}={quote(value, errors='surrogatepass')}"
            for name, value in query
        )
    return path.encode()


@st.composite
def event_requests(draw: st.DrawFn) -> RawRequest:
    """Draw one request to the event routes."""
    target = draw(targets())
    usual = b"GET" if target.startswith(LOOKS) else b"POST"
    method = draw(st.one_of(*[st.just(usual)] * 8, st.sampled_from(METHODS)))
    body, encoding = draw(encoded(draw(bodies())))
    headers = (draw(authorizations), *encoding, *draw(odd_headers))
    framing = None
    if draw(st.integers(0, 19)) == 0:
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        return RawRequest(method, target, headers, chunked, b"transfer-encoding: chunked")
    if draw(st.integers(0, 39)) == 0:
        framing = draw(
            st.sampled_from(
                [b"content-length: -1", b"content-length: x", b"content-length: 1\r\nx-a: \x00"]
            )
        )
    return RawRequest(method, target, headers, body, framing)
