"""Segment's tracking API on the wire."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.api.collect_routes import ROUTES
from headwater.api.collect_settings import CollectSettings
from headwater.errors import Unavailable
from headwater.workspace import Source, WorkspaceConfig, WriteKey
from tests.api.memory_intake import EVENT, KEY, NOW, Site, basic, cut, exchange


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/v1/{name}", kind)
        for kind in ("track", "identify", "page", "screen", "group", "alias")
        for name in (kind, kind[0], f"{kind}/")
    ],
)
async def test_single_calls(site: Site, path: str, kind: str) -> None:
    """Six calls, by word and by letter, with a trailing slash too; never a redirect."""
    answer = await site.ask(path, EVENT, headers=KEY)

    assert (answer.status, answer.json()) == (200, {"success": True})
    assert answer.headers["content-type"] == "application/json"
    (arrival,) = site.intake.arrivals
    assert arrival.type == kind
    assert arrival.event["sourceId"] == "s1"
    assert arrival.received_at == NOW


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b", "/v1/b/", "/beacon/v1/batch"])
async def test_batches(site: Site, path: str) -> None:
    """All events of a batch are handed over together, in their order."""
    events = [{**EVENT, "messageId": f"m{number}"} for number in range(3)]

    answer = await site.ask(path, {"batch": events}, headers=KEY)

    assert (answer.status, answer.body) == (200, b'{"success":true}')
    assert [each.message_id for each in site.intake.arrivals] == ["m0", "m1", "m2"]


async def test_a_host_set_with_a_slash_at_its_end(site: Site) -> None:
    """Some SDKs then ask for two slashes in front; a refusal would lose all they send."""
    answer = await site.ask("//v1/batch", {"batch": [EVENT]}, headers=KEY)

    assert (answer.status, answer.body) == (200, b'{"success":true}')
    assert len(site.intake.arrivals) == 1


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
async def test_a_request_without_a_body_is_told_so(site: Site, path: str) -> None:
    """Rather than what a parser makes of nothing."""
    answer = await site.ask(path, b" \n", headers=KEY)

    assert answer.status == 400
    assert answer.json()["message"] == "The body is empty; send an event as JSON."


async def test_an_unreadable_body_of_a_token_is_kept(site: Site) -> None:
    """Its sender can find it, as with every key that stands outside of the body."""
    await site.ask("/v1/track", b"{", headers={"Authorization": "Bearer wk"})
    await site.ask("/v1/track", b"{", headers={"Authorization": "Bearer nobody"})

    assert [each.code for _, _, each in site.intake.rejections] == ["malformed_json"]


async def test_an_empty_batch_is_a_success(site: Site) -> None:
    """There is nothing wrong with having nothing to say."""
    assert (await site.ask("/v1/batch", {"batch": []}, headers=KEY)).status == 200


async def test_metrics_of_the_browser_sdk_are_taken_and_ignored(site: Site) -> None:
    """`/v1/m` has no key; an error would only make the SDK try again."""
    answer = await site.ask("/v1/m", {"series": []})

    assert (answer.status, answer.json()) == (200, {"success": True})
    assert site.intake.arrivals == []


@pytest.mark.parametrize(
    ("headers", "query", "extra"),
    [
        (basic("wk:"), "", {}),
        (basic("wk"), "", {}),
        ({"Authorization": "basic " + base64.b64encode(b"wk:").decode().rstrip("=")}, "", {}),
        ({}, "", {"writeKey": "wk"}),
        ({"Authorization": "Bearer token"}, "", {"writeKey": "wk"}),
        ({"Authorization": "Basic ???"}, "", {"writeKey": "wk"}),
        (basic("wk:"), "", {"writeKey": "wk"}),
        ({}, "?writeKey=wk", {}),
        ({"Authorization": "Bearer wk"}, "", {}),
        ({"Authorization": "bearer  wk "}, "", {}),
    ],
)
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
async def test_write_keys(site: Site, path: str, headers: Any, query: str, extra: Any) -> None:
    """Basic with and without colon, in the body, beside a Bearer token, in the query, as one."""
    body = {**({"batch": [EVENT]} if path == "/v1/batch" else EVENT), **extra}

    answer = await site.ask(path + query, body, headers=headers)

    assert answer.status == 200, answer.body
    assert len(site.intake.arrivals) == 1


async def test_a_write_key_may_stand_in_every_event_of_a_batch(site: Site) -> None:
    """As analytics.js has it in `/v1/b`."""
    answer = await site.ask("/v1/b", {"batch": [{**EVENT, "writeKey": "wk"}]})

    assert answer.status == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "code", "words"),
    [
        ({}, EVENT, 401, "unauthorized", "no write key"),
        (basic("nobody:"), EVENT, 401, "unauthorized", "not known"),
        (basic("old:"), EVENT, 401, "unauthorized", "not known"),
        ({}, {**EVENT, "writeKey": "nobody"}, 401, "unauthorized", "not known"),
        ({"Authorization": "Bearer nobody"}, EVENT, 401, "unauthorized", "not known"),
        ({"Authorization": "Bearer "}, EVENT, 401, "unauthorized", "no write key"),
        (basic("hw_admin:"), EVENT, 401, "unauthorized", "admin key"),
        (
            {"Authorization": "Bearer wk"},
            {**EVENT, "writeKey": "nobody"},
            401,
            "unauthorized",
            "not known",
        ),
        ({}, {**EVENT, "writeKey": ["wk"]}, 401, "unauthorized", "no write key"),
        (basic("off:"), EVENT, 403, "source_disabled", "switched off"),
    ],
)
async def test_keys_that_open_nothing(
    site: Site, headers: Any, body: Any, status: int, code: str, words: str
) -> None:
    """The message says what is wrong with the key; nothing is stored."""
    answer = await site.ask("/v1/track", body, headers=headers)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert words in answer.json()["message"]
    assert site.intake.arrivals == []


async def test_a_changed_configuration_counts_from_the_next_request(site: Site) -> None:
    """The compiled rules belong to one version of the configuration."""
    await site.ask("/v1/track", EVENT, headers=KEY)
    site.directory.put(
        WorkspaceConfig("default", version=2, sources=(Source("new", "New", (WriteKey("wk"),)),))
    )

    await site.ask("/v1/track", EVENT, headers=KEY)

    assert [each.event["sourceId"] for each in site.intake.arrivals] == ["s1", "new"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", None]
)
@pytest.mark.parametrize("encoding", ["gzip", None])
@pytest.mark.parametrize("chunks", [1, 3])
async def test_bodies_are_json_whatever_they_are_called(
    site: Site, content_type: str | None, encoding: str | None, chunks: int
) -> None:
    """text/plain beacons, RudderStack's gzip as a form, and bodies that come in pieces."""
    headers = dict(KEY)
    if content_type:
        headers["Content-Type"] = content_type
    raw = json.dumps({"batch": [EVENT]}).encode()
    if encoding:
        headers["Content-Encoding"] = encoding
        raw = gzip.compress(raw)

    answer = await site.ask("/v1/batch", raw, headers=headers, chunks=chunks)

    assert answer.status == 200
    assert len(site.intake.arrivals) == 1


async def test_rejected_events_of_a_batch_are_named_and_kept(site: Site) -> None:
    """200, since the others are stored and the SDK must not send them again."""
    bad = {"type": "track", "userId": "u", "messageId": "bad"}

    answer = await site.ask("/v1/batch", {"batch": [EVENT, bad]}, headers=KEY)

    assert answer.status == 200
    assert answer.json() == {
        "success": True,
        "rejected": [
            {
                "index": 1,
                "messageId": "bad",
                "code": "missing_event",
                "message": "event is missing in a track call; "
                "say what happened, such as 'Order Completed'.",
            }
        ],
    }
    assert [each.message_id for each in site.intake.arrivals] == ["m"]
    ((workspace, source, rejection),) = site.intake.rejections
    assert (workspace, source) == ("default", "s1")
    assert json.loads(rejection.body) == bad


async def test_a_single_invalid_event_is_refused_and_kept(site: Site) -> None:
    """400 with the reason; the event can be seen and replayed."""
    answer = await site.ask("/v1/track", {"userId": "u", "messageId": "bad"}, headers=KEY)

    assert (answer.status, answer.json()["code"]) == (400, "missing_event")
    assert [each.message_id for _, _, each in site.intake.rejections] == ["bad"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/track", b"", 400, "malformed_json"),
        ("/v1/track", b"{", 400, "malformed_json"),
        ("/v1/track", b" " * 40_000, 400, "event_too_large"),
        ("/v1/track", b" " * 600_000, 413, "body_too_large"),
        ("/v1/track", gzip.compress(b" " * 5_000_000, mtime=0), 413, "body_too_large"),
        ("/v1/track", gzip.compress(b"{}", mtime=0)[:-3], 400, "invalid_gzip"),
        ("/v1/track", b"[" * 1000, 400, "too_deep"),
        ("/v1/batch", b"{", 400, "malformed_json"),
        ("/v1/batch", b"[]", 400, "invalid_batch"),
        ("/v1/batch", b" " * 600_000, 413, "body_too_large"),
        ("/v1/batch", b" " * 9_000_000, 413, "body_too_large"),
        ("/v1/batch", b'{"batch":[' + b"{}," * 2500 + b"{}]}", 400, "too_many_events"),
        ("/v1/batch", b"[" * 100_000, 400, "too_deep"),
    ],
)
@pytest.mark.parametrize("chunks", [1, 7])
async def test_bodies_that_are_refused(
    site: Site, path: str, body: bytes, status: int, code: str, chunks: int
) -> None:
    """Each limit has its code, and the answer the two keys that every SDK can read."""
    answer = await site.ask(path, body, headers=KEY, chunks=chunks)

    assert answer.status == status
    assert answer.json()["code"] == code
    assert set(answer.json()) == {"code", "message"}
    assert site.intake.arrivals == []


async def test_a_body_without_known_key_is_refused_but_not_kept(site: Site) -> None:
    """Strangers cannot fill anybody's list of refused events."""
    await site.ask("/v1/track", b"{")
    await site.ask("/v1/track", b"{", headers=basic("nobody:"))
    assert site.intake.rejections == []

    await site.ask("/v1/track", b"{", headers=KEY)
    assert [each.code for _, _, each in site.intake.rejections] == ["malformed_json"]


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [("/v1/track", "GET", "POST"), ("/v1/batch", "PUT", "POST"), ("/v1/pixel/page", "POST", "GET")],
)
async def test_other_methods(site: Site, path: str, method: str, allowed: str) -> None:
    """405 names the method that is meant."""
    answer = await site.ask(path, method=method)

    assert (answer.status, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == f"{allowed}, OPTIONS"


@pytest.mark.parametrize("path", ["/", "/v1/people", "/v1/tracks", "/v1/pixel/other", "/health"])
async def test_other_addresses_go_to_the_next_app(site: Site, path: str) -> None:
    """The collector answers only what is its own."""
    assert (await site.ask(path)).status == 418


async def test_other_protocols_go_to_the_next_app(site: Site) -> None:
    """Lifespan and websockets have no path here."""
    assert (await exchange(site.app, {"type": "lifespan"}, [])).status == 418


async def test_too_many_events_wait_for_whole_seconds(site: Site) -> None:
    """429 with Retry-After as the SDKs read it; later the same request passes."""
    batch = {"batch": [EVENT] * 30}
    assert (await site.ask("/v1/batch", batch, headers=basic("slow:"))).status == 200

    refused = await site.ask("/v1/batch", batch, headers=basic("slow:"))

    assert (refused.status, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == refused.headers["x-ratelimit-reset"] == "3"
    assert len(site.intake.arrivals) == 30
    site.clock.time += 3000
    assert (await site.ask("/v1/batch", batch, headers=basic("slow:"))).status == 200


async def test_one_keys_rate_is_not_anothers(site: Site) -> None:
    """Nobody waits for somebody else's flood."""
    for _ in range(3):
        await site.ask("/v1/batch", {"batch": [EVENT] * 30}, headers=basic("slow:"))

    assert (await site.ask("/v1/track", EVENT, headers=KEY)).status == 200


async def test_while_draining_requests_are_sent_elsewhere_for_now(site: Site) -> None:
    """503 with Retry-After: every SDK tries again; other addresses are not touched."""
    site.app.drain()

    answer = await site.ask("/v1/track", EVENT, headers=KEY)

    assert (answer.status, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["connection"] == "close"
    assert (await site.ask("/health")).status == 418


async def test_storage_that_cannot_take_more_is_503(site: Site) -> None:
    """Nothing is promised, and the sender is told when to come back."""
    site.intake.failure = Unavailable("The disk is full.", retry_after=7)

    answer = await site.ask("/v1/track", EVENT, headers=KEY)

    assert (answer.status, answer.headers["retry-after"]) == (503, "7")


async def test_a_mistake_in_the_server_is_500_without_personal_data(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer and the log share a request id; neither has what the exception said."""
    site.intake.failure = KeyError("ada@example.com")

    with caplog.at_level(logging.ERROR):
        answer = await site.ask("/v1/track", EVENT, headers=KEY)

    assert (answer.status, answer.json()["code"]) == (500, "internal_error")
    request_id = answer.headers["x-request-id"]
    assert request_id in answer.json()["message"]
    assert request_id in caplog.text
    assert "KeyError" in caplog.text
    assert "ada@example.com" not in caplog.text + str(answer.body)


async def test_a_client_that_goes_away_is_not_answered(site: Site) -> None:
    """Half an event is no event."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/v1/track",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    first_half = {**cut(b"{}", 1)[0], "more_body": True}

    assert (await exchange(site.app, scope, [first_half])).status == 0
    assert (await exchange(site.app, scope, [])).status == 0


@settings(max_examples=300, deadline=None)
@given(
    path=st.sampled_from(sorted(ROUTES)),
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD"]),
    body=st.binary(max_size=100)
    | st.text(max_size=60).map(
        lambda text: b'{"batch":[{"type":"page","userId":"%b"}]}' % text.encode()
    )
    | st.binary(max_size=60).map(lambda part: b'{"userId":"u","event":"' + part + b'"}'),
    query=st.text(alphabet="abdt=&.%0+_writeKy", max_size=40),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                ["Authorization", "Content-Encoding", "Origin", "User-Agent", "X-Forwarded-For"]
            ),
            st.sampled_from(["", "Basic d2s6", "gzip", "Mozilla/5.0", "1.2.3.4,", "\u00ff"]),
        ),
        max_size=4,
    ),
)
async def test_no_request_is_a_mistake_of_the_server(
    path: str, method: str, body: bytes, query: str, headers: Any
) -> None:
    """Whatever comes, the answer is a success or an error below 500 that says why."""
    site = Site(CollectSettings(trusted_proxies=("0.0.0.0/0",)))

    answer = await site.ask(
        f"{path}?{query}", body, method=method, headers=[*KEY.items(), *headers]
    )

    assert 200 <= answer.status < 500
    if answer.status >= 400:
        assert answer.json()["message"]
