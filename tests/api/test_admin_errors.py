"""Bad requests to the admin API: each has a code, and a message that says what to do."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from headwater.api.admin import admin_app, admin_routes
from headwater.api.patterns import IN_WORDS
from headwater.errors import Unavailable
from tests.api.conftest import Clients
from tests.api.twins import World

JSON = {"content-type": "application/json"}

# method, path, body as sent, headers, status, code, what the message says
BAD: list[tuple[str, str, bytes | None, dict[str, str], int, str, str]] = [
    ("GET", "/v1/nothing", None, {}, 404, "not_found", "/v1/nothing"),
    ("GET", "/", None, {}, 404, "not_found", "GET /openapi.json lists every path"),
    ("GET", "/v1/sources/", None, {}, 404, "not_found", "There is no /v1/sources/"),
    ("PUT", "/v1/sources", b"", {}, 405, "method_not_allowed", "use GET, POST"),
    ("TRACE", "/v1/status", None, {}, 405, "method_not_allowed", "use GET"),
    ("GET", "/v1/status", None, {"accept": "text/html"}, 406, "not_acceptable", "'text/html'"),
    ("GET", "/v1/status", None, {"accept": "*/*;q=0"}, 406, "not_acceptable", "application/json"),
    ("GET", "/v1/tail", None, {"accept": "image/*"}, 406, "not_acceptable", "text/event-stream"),
    ("POST", "/v1/keys", b" " * 65_537, JSON, 413, "too_large", "over 65536 bytes"),
    (
        "POST",
        "/v1/keys",
        b"{}",
        {"content-type": "text/plain"},
        415,
        "unsupported_media_type",
        "send JSON",
    ),
    ("POST", "/v1/keys", b"{}", {"content-type": ""}, 415, "unsupported_media_type", "send JSON"),
    (
        "POST",
        "/v1/keys",
        b"x",
        {**JSON, "content-encoding": "gzip"},
        415,
        "unsupported_media_type",
        "'gzip'",
    ),
    ("POST", "/v1/keys", b"", JSON, 422, "invalid_field", "body: it is required"),
    ("POST", "/v1/keys", b"{", JSON, 422, "invalid_field", "not valid JSON"),
    ("POST", "/v1/keys", b"\xff", JSON, 400, "invalid_request", "cannot be read as JSON"),
    ("POST", "/v1/keys", b"[" * 60_000, JSON, 400, "invalid_request", "nested 60000 deep"),
    ("POST", "/v1/keys", b'{"role":"read"}', JSON, 422, "invalid_field", "name: it is required"),
    (
        "POST",
        "/v1/keys",
        b'{"role":"root","name":"x"}',
        JSON,
        422,
        "invalid_field",
        "role: 'root' is not valid",
    ),
    (
        "POST",
        "/v1/keys",
        b'{"role":"read","name":"x","nam":1}',
        JSON,
        422,
        "invalid_field",
        "nam: there is no such field",
    ),
    (
        "POST",
        "/v1/audiences",
        b'{"name":"x","key":"a b","condition":{}}',
        JSON,
        422,
        "invalid_field",
        "key: 'a b' is not valid: should be 1 to 100 letters (a to z), digits, _ and -",
    ),
    (
        "POST",
        "/v1/keys",
        b'{"role":"read","name":""}',
        JSON,
        422,
        "invalid_field",
        "name: '' is not valid: should have at least 1 character.",
    ),
    (
        "POST",
        "/v1/keys",
        b'{"role":"read","name":"' + b"x" * 201 + b'"}',
        JSON,
        422,
        "invalid_field",
        "… is not valid: should have at most 200 characters.",
    ),
    ("POST", "/v1/keys", b'{"role":"read","name":"\\ud800"}', JSON, 422, "invalid_field", "name: "),
    (
        "POST",
        "/v1/keys",
        b'{"role":"read","name":"x","workspace":"nowhere"}',
        JSON,
        404,
        "not_found",
        "'nowhere'",
    ),
    ("POST", "/v1/keys", b'{"role":"read","name":1e999}', JSON, 422, "invalid_field", "name: inf"),
    (
        "POST",
        "/v1/keys",
        b'{"role":"read","name":' + b"9" * 5000 + b"}",
        JSON,
        400,
        "invalid_request",
        "cannot be read",
    ),
    ("GET", "/v1/people/42", None, {}, 422, "invalid_field", "should be written as type:value"),
    ("GET", "/v1/people/user_id:", None, {}, 422, "invalid_field", "such as user_id:42"),
    ("GET", "/v1/people/:42", None, {}, 422, "invalid_field", "type:value"),
    ("GET", "/v1/people/user_id:%ff", None, {}, 422, "invalid_field", "percent-encoded UTF-8"),
    ("GET", "/v1/people/user_id:x", None, {}, 404, "not_found", "Nobody is known by 'user_id:x'"),
    (
        "GET",
        "/v1/people/user_id:bob/events?limit=0",
        None,
        {},
        422,
        "invalid_field",
        "query limit: '0'",
    ),
    ("GET", "/v1/people/user_id:bob/events?limit=1001", None, {}, 422, "invalid_field", "1000"),
    (
        "GET",
        "/v1/people/user_id:bob/events?since=yesterday",
        None,
        {},
        422,
        "invalid_field",
        "ISO 8601",
    ),
    (
        "GET",
        "/v1/people/user_id:bob/events?type=click",
        None,
        {},
        422,
        "invalid_field",
        "query type.0: 'click'",
    ),
    ("GET", "/v1/people/user_id:bob/events?order=up", None, {}, 422, "invalid_field", "newest"),
    (
        "GET",
        "/v1/people/user_id:bob/events?cursor=%C3%BC",
        None,
        {},
        400,
        "invalid_request",
        "cursor",
    ),
    ("GET", "/v1/dead-letters/x", None, {}, 422, "invalid_field", "path letter: 'x'"),
    ("GET", "/v1/dead-letters?cursor=x", None, {}, 422, "invalid_field", "query cursor: 'x'"),
    ("POST", "/v1/dead-letters/replay", b"{}", JSON, 400, "invalid_request", '{"all": true}'),
    (
        "POST",
        "/v1/dead-letters/discard",
        b'{"dry_run":true}',
        JSON,
        400,
        "invalid_request",
        '{"all": true}',
    ),
    ("POST", "/v1/rejected/replay", b'{"body":{}}', JSON, 400, "invalid_request", '{"all": true}'),
    ("POST", "/v1/workspaces", b'{"id":"A B"}', JSON, 422, "invalid_field", "id: 'A B'"),
    ("POST", "/v1/workspaces", b'{"id":"default"}', JSON, 409, "conflict", "already"),
    (
        "POST",
        "/v1/destinations",
        b'{"type":"webhok","name":"x"}',
        JSON,
        400,
        "invalid_request",
        "there are: webhook",
    ),
    (
        "POST",
        "/v1/destinations",
        b'{"type":"webhook","name":"x","settings":{"url":1e999}}',
        JSON,
        422,
        "invalid_field",
        "NaN or Infinity",
    ),
    ("PUT", "/v1/identity-rules", b'{"types":[]}', JSON, 422, "invalid_field", "types: []"),
    (
        "PUT",
        "/v1/identity-rules",
        b'{"types":[{"name":"a"},{"name":"a"}]}',
        JSON,
        400,
        "invalid_request",
        "twice",
    ),
]


async def test_bad_requests_say_what_to_do(admin: httpx.AsyncClient) -> None:
    """Each with its status and code, and the field, the value and the fix in its message."""
    wrong = []
    for method, path, body, headers, status, code, says in BAD:
        response = await admin.request(method, path, content=body, headers=headers)
        content: dict[str, Any] = response.json()
        is_right = (
            response.status_code == status
            and content.get("code") == code
            and says in content.get("message", "")
            and set(content) == {"code", "message"}
            and response.headers["content-type"] == "application/json"
        )
        if not is_right:
            wrong.append((method, path, (body or b"")[:60], response.status_code, content))

    assert wrong == []


async def test_405_says_what_is_allowed(admin: httpx.AsyncClient) -> None:
    """As RFC 9110, section 15.5.6, wants it."""
    response = await admin.put("/v1/sources")

    assert {one.strip() for one in response.headers["allow"].split(",")} == {"GET", "POST"}


async def test_every_answer_has_a_request_id(admin: httpx.AsyncClient) -> None:
    """So that a caller can say which one they mean."""
    ids = [(await admin.get(path)).headers["request-id"] for path in ("/v1/status", "/nothing")]

    assert len(set(ids)) == 2


@pytest.fixture
def broken(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose people cannot be read."""

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("ada@example.com is in the way")

    monkeypatch.setattr(world.people, "person", fail)
    return world


async def test_a_mistake_in_the_server_shows_nothing_of_itself(
    broken: World, clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with an id that the log has too; neither tells personal data or places to the caller."""
    with caplog.at_level(logging.ERROR, logger="headwater.api"):
        response = await clients("*:admin").get("/v1/people/user_id:bob")
        segment = await clients("*:admin").get(
            "/v1/spaces/default/collections/users/profiles/user_id:bob/traits"
        )

    assert response.status_code == segment.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert segment.json()["error"]["code"] == "internal_error"
    assert response.headers["request-id"] in response.json()["message"]
    assert response.headers["request-id"] in caplog.text
    for text in (response.text, segment.text, caplog.text):
        assert "ada@example.com" not in text
    assert "Traceback" not in response.text


async def test_a_full_server_says_when_to_come_back(
    world: World, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After."""

    async def fail(*_: object, **__: object) -> None:
        raise Unavailable("The server is shutting down; try again shortly.", retry_after=7)

    monkeypatch.setattr(world.people, "person", fail)
    response = await clients("*:admin").get("/v1/people/user_id:bob")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "7"


async def test_a_client_that_goes_away_is_not_answered(world: World) -> None:
    """Its body never came; nothing is sent, and nothing is logged as a mistake."""
    key = world.keys["*:admin"].encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/keys",
        "raw_path": b"/v1/keys",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + key)],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await admin_app(world.services())(scope, receive, send)

    assert sent == []


async def test_values_with_odd_characters_are_shown(world: World, clients: Clients) -> None:
    """Half a surrogate pair in a trait is escaped, as it was sent."""
    from dataclasses import replace

    from headwater.profiles.people import Trait
    from tests.api.memory_people import BOB

    odd = replace(BOB, traits={"mood": Trait("\ud83d", 0, "m", "user_id:bob")})
    world.people.people["default"]["user_id:bob"] = odd
    for path in (
        "/v1/people/user_id:bob?verbose=true",
        "/v1/spaces/default/collections/users/profiles/user_id:bob/traits",
    ):
        response = await clients("*:admin").get(path)

        assert response.status_code == 200, response.text
        assert json.loads(response.text)["traits"] == {"mood": "\ud83d"}


def test_every_pattern_has_words(world: World) -> None:
    """No caller is shown a regular expression."""
    document = admin_routes(world.services()).openapi()
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(pattern := value.get("pattern"), str):
                found.add(pattern)
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(document)
    assert found
    assert found <= IN_WORDS.keys()
