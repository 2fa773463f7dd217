"""Events that come as the address of a picture, as mail and pages without scripts send them."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from headwater.api.pixel import GIF
from headwater.errors import Unavailable
from tests.api.memory_intake import EVENT, Site


def data(event: Any, encode: Any = base64.b64encode) -> str:
    """Answer a pixel's query string."""
    raw = event if isinstance(event, bytes) else json.dumps(event).encode()
    return "data=" + quote(encode(raw).decode())


@pytest.mark.parametrize(
    "query",
    [
        data({**EVENT, "writeKey": "wk", "x": "ÿ>?>"}),
        data({**EVENT, "writeKey": "wk", "x": "ÿ>?>"}, base64.urlsafe_b64encode),
        data({**EVENT, "writeKey": "wk"}).rstrip("%3D"),
        "data=" + base64.b64encode(json.dumps({**EVENT, "writeKey": "wk"}).encode()).decode(),
        "writeKey=wk&userId=u&event=E&messageId=m&properties.subject=Hello+you&properties.a.b=%2B",
    ],
)
async def test_pixels(site: Site, query: str) -> None:
    """An event in an address, answered by a picture that nobody caches."""
    agent = {"User-Agent": "Mozilla/5.0"}

    answer = await site.ask(f"/v1/pixel/track?{query}", method="GET", headers=agent)

    assert (answer.status, answer.body) == (200, GIF)
    assert answer.headers["content-type"] == "image/gif"
    assert "no-store" in answer.headers["cache-control"]
    (arrival,) = site.intake.arrivals
    assert arrival.identifiers == ("user_id:u",)
    assert arrival.event["context"]["ip"] == "198.51.100.1"
    assert arrival.event["context"]["userAgent"] == "Mozilla/5.0"


async def test_dotted_pixel_fields_become_objects(site: Site) -> None:
    """Names may go as deep as a person would write them; a name that is taken stays."""
    query = "writeKey=wk&userId=u&event=E&properties.a.b=%2B1+2&properties.c=1&properties.c.d=2"

    await site.ask(f"/v1/pixel/track?{query}", method="GET")

    assert site.intake.arrivals[0].event["properties"] == {"a": {"b": "+1 2"}, "c": "1"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "data=!!!",
        "data=a",
        data(b"no json"),
        data({"writeKey": "nobody"}),
        data({"writeKey": "wk"}),
        "writeKey=wk&" + "a." * 5000 + "b=1",
        "&".join(f"a{number}=1" for number in range(600)),
    ],
)
async def test_a_pixel_is_a_picture_whatever_is_wrong(site: Site, query: str) -> None:
    """An email does not show a broken picture because of us."""
    answer = await site.ask(f"/v1/pixel/track?{query}", method="GET")

    assert (answer.status, answer.body) == (200, GIF)
    assert site.intake.arrivals == []


async def test_a_pixel_that_is_not_stored_says_so(site: Site) -> None:
    """200 is durable, for pictures too."""
    site.intake.failure = Unavailable("full")

    query = data({**EVENT, "writeKey": "wk"})
    answer = await site.ask(f"/v1/pixel/track?{query}", method="GET")

    assert answer.status == 503


async def test_looking_whether_a_picture_is_there_records_nothing(site: Site) -> None:
    """HEAD comes from proxies and scanners of mail, and nobody has seen anything yet."""
    answer = await site.ask("/v1/pixel/track?writeKey=wk&userId=u&event=Opened", method="HEAD")

    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert site.intake.arrivals == []
