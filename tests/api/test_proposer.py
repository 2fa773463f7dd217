"""A model behind an OpenAI-compatible endpoint on loopback proposes; nothing is done unasked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Loopback, Reply, Request
from tests.server import Server

SENTENCE = "please flag {who} as somebody whom we should ring"
PROPOSED = {"do": "identify", "who": "{who}", "traits": {"to_call": True}}


class FakeModel:
    """Answers chat completions with whatever the test says."""

    def __init__(self) -> None:
        self.content: Any = PROPOSED
        self.status = 200
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []

    async def __call__(self, request: Request) -> Reply:
        """Answer one request."""
        assert request.path == "/v1/chat/completions"
        self.bodies.append(json.loads(request.body))
        self.keys.append(request.headers["authorization"])
        answer = {"choices": [{"message": {"content": json.dumps(self.content)}}]}
        return Reply(self.status, body=json.dumps(answer).encode())


@pytest.fixture(scope="module")
def model() -> FakeModel:
    """The model."""
    return FakeModel()


@pytest.fixture(scope="module")
def server(model: FakeModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server that may ask it."""
    directory: Path = tmp_path_factory.mktemp("proposer") / "data"
    with Loopback(model) as endpoint:
        environment = {
            "HEADWATER_MODEL_URL": f"{endpoint.url}/v1",
            "HEADWATER_MODEL_NAME": "small",
            "HEADWATER_MODEL_KEY": "model-key",
        }
        with Server(directory, environment=environment) as running:
            yield running


def ask(server: Server, **body: Any) -> Any:
    """Send an order."""
    return server.admin.post("/v1/ask", json=body)


def test_a_proposal_is_shown_and_done_by_its_hash(server: Server, model: FakeModel) -> None:
    """It is marked, nothing happens, and the hash does exactly it; the value never left."""
    value = "user-77, a secret"
    shown = ask(server, text=SENTENCE, params={"who": value}).json()

    assert (shown["proposed"], shown["executed"]) == (True, False)
    assert shown["notes"] == ["proposed by small; send its hash to have it done"]
    assert value not in json.dumps(model.bodies)
    assert model.keys == ["Bearer model-key"]
    assert server.read(f"/v1/people/user_id:{value}").status_code == 404
    assert ask(server, hash=shown["hash"]).json()["executed"] is True
    assert server.person(f"user_id:{value}")["traits"] == {"to_call": True}


def test_what_the_grammar_knows_is_not_asked(server: Server, model: FakeModel) -> None:
    """A model is for what is left over."""
    before = len(model.bodies)
    assert ask(server, text="user-1 signed up").json()["proposed"] is False
    assert ask(server, text="users from Acme").json()["code"] == "ambiguous"

    assert len(model.bodies) == before


@pytest.mark.parametrize("content", [{"do": "erase", "who": "user_id:1"}, {"do": "none"}, "x"])
def test_a_bad_proposal_is_the_grammars_refusal(
    server: Server, model: FakeModel, content: Any
) -> None:
    """What may not be proposed leaves the text not understood, and says both."""
    model.content = content
    answer = ask(server, text="zap the flurb").json()
    model.content = PROPOSED

    assert answer["code"] == "not_understood"
    assert "'zap the flurb' is not understood" in answer["message"]
    assert "model" in answer["message"].lower()


def test_an_endpoint_that_fails_is_told(server: Server, model: FakeModel) -> None:
    """It answers 500; the text is not understood, and that is why."""
    model.status = 500
    answer = ask(server, text="zap the flurb").json()
    model.status = 200

    assert answer["code"] == "not_understood"
    assert "answered 500" in answer["message"]
