"""Browsers and the Worker: the snippet, the visitor's cookie, and who wants nothing stored."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from headwater.api.browser_files import LONG, SCRIPT, SHORT, headers, snippet
from tests.edge.face import Face
from tests.server import WRITE_KEY

SAMPLE = Path(__file__).parent / "sample" / "analytics-next"
PAGE = {"host": "data.shop.test", "origin": "https://www.shop.test", "user-agent": "Mozilla/5.0"}


def page(message_id: str, **rest: Any) -> dict[str, Any]:
    """Answer a page event."""
    return {"type": "page", "messageId": message_id, **rest}


def posted(face: Face, event: dict[str, Any], **headers: str) -> Any:
    """Answer what a page's request is answered."""
    body = {"batch": [event], "writeKey": WRITE_KEY}
    return face.http.post("/v1/b", json=body, headers={**PAGE, **headers})


def test_the_snippet_is_served(face: Face) -> None:
    """The same script as locally, small, and cached."""
    answer = face.http.get("/hw.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.content == snippet()
    assert len(gzip.compress(answer.content, 9)) < 3072
    settings = face.http.get(f"/v1/projects/{WRITE_KEY}/settings").json()
    assert settings["integrations"]["Segment.io"]["apiKey"] == WRITE_KEY


def test_what_is_static_is_served_without_the_worker(face: Face) -> None:
    """Cloudflare answers by itself, with what the Worker would have said, and knows it again."""
    answer = face.http.get("/hw.js")
    told = answer.headers
    assert {name: told[name.decode()] for name, _ in headers(SCRIPT, SHORT)} == {
        name: value.decode() for name, value in headers(SCRIPT, SHORT)
    }
    # The Worker's own tags are shorter.
    assert len(told["etag"].strip('W/"')) == 32
    again = face.http.get("/hw.js", headers={"if-none-match": told["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_segments_own_sdk_is_served(face: Face) -> None:
    """Its entry under the address of a write key, by the Worker; its parts by Cloudflare."""
    entry = face.http.get(f"/analytics.js/v1/{WRITE_KEY}/analytics.min.js")
    assert (entry.status_code, entry.headers["content-type"]) == (200, SCRIPT.decode())
    assert entry.text == (SAMPLE / "standalone.js").read_text()
    part = face.http.get("/analytics-next/bundles/part.bundle.0123456789.js")
    assert part.text == (SAMPLE / "part.bundle.0123456789.js").read_text()
    assert part.headers["cache-control"] == LONG.decode()
    # As any address that is not known, which may be an admin's.
    assert face.http.get("/analytics-next/bundles/none.js").status_code == 401
    assert face.http.get("/analytics.js/v1/unknown/analytics.min.js").status_code == 401


def test_the_server_sets_the_visitors_cookie(face: Face) -> None:
    """With the attributes that Safari leaves alone, on the domain of page and server."""
    answer = posted(face, page("b1", anonymousId="visitor-1"), **{"x-forwarded-proto": "https"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["set-cookie"] == (
        "hw_anonymous_id=visitor-1; Max-Age=34560000; Path=/; SameSite=Lax;"
        " Domain=shop.test; Secure"
    )
    stranger = posted(face, page("b2", anonymousId="v"), origin="https://other.example")
    assert "set-cookie" not in stranger.headers


def test_who_wants_nothing_stored_is_one_visitor_for_the_day(face: Face) -> None:
    """The Worker names them by the day's secret, the same in each request; no cookie is set."""
    address = {"cf-connecting-ip": "203.0.113.7"}
    for number in (1, 2):
        event = page(f"c{number}", context={"cookieless": True})
        answer = posted(face, event, **address)
        assert answer.status_code == 200, answer.text
        assert "rejected" not in answer.json()
        assert "set-cookie" not in answer.headers


def test_bots_are_marked(face: Face) -> None:
    """A crawler's event is kept, with the reason why it does not count."""
    posted(face, page("d1", anonymousId="crawler"), **{"user-agent": "Googlebot/2.1"})
    (event,) = face.read("/v1/people/anonymous_id:crawler/events")["events"]
    assert event["context"]["bot"] == {"reason": "user_agent", "name": "Googlebot"}


def test_whoever_opens_the_address_sees_that_it_runs(face: Face) -> None:
    """A page for browsers and JSON for programs, without a key."""
    page = face.http.get("/", headers={"accept": "text/html"})
    told = face.http.get("/", headers={"accept": "application/json"})

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert f"curl -u WRITE_KEY: {face.url.rstrip('/')}/v1/track" in page.text
    assert told.json()["name"] == "Headwater"
