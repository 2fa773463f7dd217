"""Plain language on the Worker: the same grammar, plans and hashes inside of workerd."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.edge.face import Face
from tests.edge.workerd import Workerd, application
from tests.loopback import Loopback, Reply, Request
from tests.server import ADMIN_KEY


def ask(face: Face, *, only_plan: bool = False, **order: Any) -> tuple[int, dict[str, Any]]:
    """Send an order to /v1/ask; answer the status and the answer."""
    path = "/v1/ask?plan=true" if only_plan else "/v1/ask"
    answer = face.http.post(path, json=order, headers=face.admin)
    return answer.status_code, answer.json()


def test_a_fact_is_recorded_and_asked_for(face: Face) -> None:
    """What is said becomes an event of the person, who can be shown."""
    said, done = ask(face, text="user-771 completed order #456 revenue $99.99", id="edge-1")
    shown, person = ask(face, text="who is user-771?")

    assert (said, done["executed"]) == (200, True)
    assert shown == 200
    assert [one["event"] for one in person["result"]["events"]] == ["Order Completed"]
    assert person["result"]["events"][0]["properties"]["revenue"] == 99.99


def test_a_plan_is_carried_out_with_its_hash(face: Face) -> None:
    """A merge is shown, and done by the plan with its hash, whichever isolate answers."""
    for number, who in enumerate(("user-881", "user-882")):
        ask(face, text="{who} signed up", params={"who": who}, id=f"edge-m{number}")
    _, shown = ask(face, only_plan=True, text="merge user-881 with user-882")
    status, done = ask(face, plan=shown["plan"], hash=shown["hash"])

    assert (shown["effect"], shown["executed"]) == ("merges", False)
    assert (status, done["executed"]) == (200, True)
    assert len(done["result"]["person"]["identifiers"]) == 2


def test_routes_are_changed_by_words(face: Face) -> None:
    """Events are kept from a destination, and sent to it again."""
    hook = face.add_webhook("http://127.0.0.1:9/")
    _, stopped = ask(face, text="stop sending purchases to Hook")
    _, again = ask(face, text="send purchases to Hook")
    face.remove(hook)

    assert "Order Completed" in stopped["result"]["stopped"][0]["filter"]
    assert again["result"]["routed"][0]["filter"] is None


def test_what_is_not_understood_is_refused_alike(face: Face) -> None:
    """The refusal quotes the part, as on a server of one's own."""
    status, answer = ask(face, text="colorless green ideas sleep furiously")

    assert (status, answer["code"]) == (400, "not_understood")
    assert answer["nearest"]


def test_a_model_may_propose_what_the_grammar_does_not_know(
    installed: None, tmp_path: Path
) -> None:
    """The endpoint that is set is asked, and its plan shown, as by the local server."""
    plan = {"do": "identify", "who": "{who}", "traits": {"to_call": True}}

    async def answer(request: Request) -> Reply:
        assert request.headers["authorization"] == "Bearer model-key"
        choices = {"choices": [{"message": {"content": json.dumps(plan)}}]}
        return Reply(200, body=json.dumps(choices).encode())

    with Loopback(answer) as endpoint:
        made = application(
            HEADWATER_ADMIN_KEY=ADMIN_KEY,
            HEADWATER_ALLOW_PRIVATE_NETWORKS="127.0.0.0/8",
            HEADWATER_MODEL_URL=f"{endpoint.url}/v1",
            HEADWATER_MODEL_NAME="small",
            HEADWATER_MODEL_KEY="model-key",
        )
        with Workerd(made, state=tmp_path / "edge") as worker, closing(Face(worker)) as face:
            text = "please flag {who} as somebody whom we should ring"
            status, shown = ask(face, text=text, params={"who": "user-77"})
            _, done = ask(face, plan=shown["plan"], hash=shown["hash"])

    assert (status, shown["proposed"], shown["executed"]) == (200, True, False)
    assert done["executed"] is True
