"""Whatever the admin API is asked, by whomever, the answer is no 5xx."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.admin_api import (
    METHODS,
    AdminApi,
    Case,
    Role,
    admin_api,
    admin_requests,
)
from tests.server import Server

LONGEST_ADDRESS = 60_000
"""Longer ones may be refused by the HTTP parser (httptools: 64 KB), in its own words."""


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[AdminApi]:
    """The operations of the running server."""
    prepared = admin_api(server)
    yield prepared
    prepared.session.close()


def assert_answered_well(response: requests.Response, role: Role) -> None:
    """No 5xx; an error is JSON that says what was wrong; strangers get nothing."""
    sent = response.request
    said = f"{response.status_code} to {role.name}: {sent.method} {sent.url} {sent.body!r}"
    assert response.status_code < 500, said
    if len(str(sent.url)) > LONGEST_ADDRESS:
        assert response.status_code >= 400, said
    elif response.status_code >= 400:
        assert response.headers.get("content-type") == "application/json", (
            f"{said}: {response.headers} {response.content[:200]!r}"
        )
        answer = response.json()
        # Segment's Profile API wraps it, and its Public API lists them and says `type`.
        (answer,) = answer.get("errors", [answer.get("error", answer)])
        assert isinstance(answer.get("code") or answer["type"], str), said
        assert isinstance(answer["message"], str), said


def ask(api: AdminApi, strategy: st.SearchStrategy[Case], cases: int) -> None:
    """Ask so many things of one operation, as anybody."""

    # Not shrunk: with so many parts to a request that takes minutes, and the message tells it
    # whole. A run for each strategy: what schemathesis draws from one depends on what it drew from
    # others before, which hypothesis takes for a fault where they are of one run.
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(data=st.data())
    def ask_one(data: st.DataObject) -> None:
        case, role, path_values = data.draw(admin_requests(api, strategy))
        assert_answered_well(api.send(case, role, path_values), role)

    ask_one()


# Hypothesis describes a strategy where it discards a case, and the one of a definition is long.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("cases", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_no_request_is_answered_with_a_server_error(api: AdminApi, cases: int) -> None:
    """Cases that fit the document and cases that do not, from every role: never a 5xx."""
    for label in sorted(api.operations):
        for strategy in api.operations[label]:
            ask(api, strategy, cases)


@pytest.mark.parametrize("who", ["nobody", "a stranger", "a source"])
def test_every_operation_refuses_strangers(api: AdminApi, server: Server, who: str) -> None:
    """No operation of the document answers anybody without an admin key."""
    role = next(each for each in api.roles if each.name == who)
    headers = {"authorization": role.authorization} if role.authorization else {}
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            address = server.url + path.replace("{", "").replace("}", "")
            response = requests.request(method, address, headers=headers, json={}, timeout=30)

            assert response.status_code in {401, 403}, f"{method} {path}: {response.status_code}"


def test_the_server_is_well_afterwards(server: Server, api: AdminApi) -> None:
    """After all that the admin key still works, and no error was logged."""
    assert api.operations
    assert server.person("user_id:fuzz-0")
    assert "Traceback" not in server.log.read_text(errors="replace")
