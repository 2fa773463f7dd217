"""Requests to the admin API, made from the OpenAPI document that the server itself gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from schemathesis import APIOperation, GenerationMode
from schemathesis import Case as AnyCase
from schemathesis.core.result import Ok

from tests.server import WRITE_KEY, Server

Case = AnyCase[Any]
Operation = APIOperation[Any, Any, Any, Any]
METHODS = {"get", "put", "post", "delete", "patch"}


@dataclass(frozen=True, slots=True)
class Role:
    """Who asks: a name for reports and the header that they send."""

    name: str
    authorization: str | None


@dataclass(slots=True)
class AdminApi:
    """The operations of a running server's admin API, and names that exist in it.

    Attributes:
        operations: label to its strategies of valid and of invalid cases.
        roles: every role that keys have, and none, and a stranger.
        known: values that path parameters may have, because something has them.
    """

    url: str
    operations: dict[str, list[st.SearchStrategy[Case]]] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, case: Case, role: Role, path_values: Sequence[str | None]) -> requests.Response:
        """Send one case as that role; `path_values` replace its path parameters, but for None."""
        for name, value in zip(list(case.path_parameters or {}), path_values, strict=False):
            if value is not None:
                case.path_parameters[name] = value
        keep_on_loopback(case.body)
        arguments: dict[str, Any] = case.as_transport_kwargs(base_url=self.url)
        headers = {
            name: value for name, value in arguments["headers"].items() if is_sendable(name, value)
        }
        headers.pop("Authorization", None)
        if role.authorization is not None:
            headers["Authorization"] = role.authorization
        arguments["headers"] = headers
        # Streamed, because the tail of events has no end.
        response = self.session.request(**arguments, timeout=30, allow_redirects=False, stream=True)
        if "event-stream" in response.headers.get("content-type", ""):
            response.close()
        else:
            response.content  # noqa: B018 - reading it frees the connection
        return response


def keep_on_loopback(body: Any) -> None:
    """Point every address in a body at this machine, where nobody listens.

    A destination may be tested by its own route; nothing may then leave this machine.
    """
    if isinstance(body, dict):
        for name, value in body.items():
            if name == "url" and isinstance(value, str) and "//" in value:
                body[name] = "http://127.0.0.1:9/"
            keep_on_loopback(value)
    elif isinstance(body, list):
        for value in body:
            keep_on_loopback(value)


def is_sendable(name: str, value: str) -> bool:
    """Tell whether the client's library lets such a header pass."""
    return name.isascii() and name.isprintable() and value.isprintable() and value.isascii()


def admin_api(server: Server) -> AdminApi:
    """Prepare people, keys of every role and a destination, and read the operations."""
    api = AdminApi(server.url)
    for number in range(3):
        event = {"userId": f"fuzz-{number}", "anonymousId": f"device-{number}", "event": "Seen"}
        assert server.send("/v1/track", event).status_code == 200
    api.roles = roles(server)
    destination = server.add_webhook("never reached", "http://127.0.0.1:9/hook")
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        api.operations[operation.label] = list(strategies(operation))
    assert api.operations, "the OpenAPI document names no operation"
    api.known = ["user_id:fuzz-0", "anonymous_id:device-1", "default", "user_id", destination]
    api.known += sorted(set(ids_in(server, schema.raw_schema)))
    return api


def strategies(operation: Operation) -> Iterator[st.SearchStrategy[Case]]:
    """Answer strategies of cases that fit the document, and of cases that do not."""
    yield operation.as_strategy()
    negative = operation.as_strategy(GenerationMode.NEGATIVE)
    try:
        negative.validate()
    except InvalidArgument:
        return
    if operation.body or operation.query:
        yield negative


def roles(server: Server) -> list[Role]:
    """Answer a role per kind of key; keys that must be made are made through the API."""
    made = []
    # Several of each, because each key has its own limit of requests a second. Admins come first,
    # because the first is drawn most.
    for role, count in {"admin": 8, "write": 2, "read": 2}.items():
        for _ in range(count):
            response = server.admin.post("/v1/keys", json={"name": f"fuzz {role}", "role": role})
            assert response.status_code == 201, response.text
            made.append(Role(role, f"Bearer {response.json()['key']}"))
    made.append(Role("nobody", None))
    made.append(Role("a stranger", "Bearer unknown"))
    made.append(Role("a source", f"Bearer {WRITE_KEY}"))
    return made


def ids_in(server: Server, document: Mapping[str, Any]) -> Iterator[str]:
    """Answer every `id` that the lists of the API show."""
    for path, item in document["paths"].items():
        # A key that is revoked would end the test; and the tail has no end.
        if "get" in item and "{" not in path and path not in {"/v1/keys", "/v1/tail"}:
            response: httpx.Response = server.admin.get(path)
            if "json" in response.headers.get("content-type", ""):
                yield from found_ids(response.json())


def found_ids(value: Any) -> Iterator[str]:
    """Answer the texts under `id` anywhere in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for inner in value.values():
            yield from found_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from found_ids(inner)


Asked = tuple[Case, Role, list[str | None]]
"""A case, who sends it, and what its path parameters become."""


@st.composite
def admin_requests(draw: st.DrawFn, api: AdminApi, strategy: st.SearchStrategy[Case]) -> Asked:
    """Draw a case of an operation, and by whom it is sent."""
    case = draw(strategy)
    role = draw(st.sampled_from(api.roles))
    if draw(st.integers(0, 9)) < 9:
        case.headers.pop("Headwater-Workspace", None)  # mostly names none that exists
    known = st.one_of(st.none(), st.sampled_from(api.known))
    return case, role, draw(st.lists(known, min_size=3, max_size=3))
