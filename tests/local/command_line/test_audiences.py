"""`headwater audience`: lists longer than the server answers at once, and words for audiences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.loopback import Loopback, Reply, Request

PEOPLE = [f"user_id:{number:04}" for number in range(2500)]

BOTH: dict[str, Any] = {"type": "and", "conditions": [{"type": "audience", "audience": "aud_1"}]}
AUDIENCES = [
    {"id": f"aud_{number}", "key": key, "name": key, "enabled": True, "condition": condition}
    for number, (key, condition) in enumerate([("all", {"type": "everyone"}), ("buyers", BOTH)])
]
EXPLAINED = {
    "person": "user_id:1",
    "member": True,
    "since": None,
    "looks_again_at": None,
    "clause": {
        "condition": {"type": "and"},
        "true": True,
        "why": "all of 1 must be true",
        "events": [],
        "clauses": [
            {
                "condition": BOTH["conditions"][0],
                "true": True,
                "why": "the person is a member",
                "events": [],
                "clauses": [],
            }
        ],
    },
}


async def answer(request: Request) -> Reply:
    """Answer audiences, an explanation or a page of members, as the admin API does."""
    path = urlsplit(request.path).path
    if path == "/v1/audiences" or "/explain/" in path:
        found = {"audiences": AUDIENCES} if path == "/v1/audiences" else EXPLAINED
        kind = {"content-type": "application/json"}
        return Reply(headers=kind, body=json.dumps(found).encode())
    asked = parse_qs(urlsplit(request.path).query)
    limit = int(asked["limit"][0])
    assert limit <= 1000
    begin = PEOPLE.index(asked["cursor"][0]) + 1 if "cursor" in asked else 0
    page = PEOPLE[begin : begin + limit]
    following = page[-1] if begin + limit < len(PEOPLE) else None
    members = [{"person": one, "since": "2026-11-23T10:00:00.000Z"} for one in page]
    body = json.dumps({"members": members, "next": following}).encode()
    return Reply(headers={"content-type": "application/json"}, body=body)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server with one large audience."""
    with Loopback(answer) as service:
        yield service.url


def printed(url: str, *arguments: str) -> str:
    """Answer what a command prints."""
    environment = {"HEADWATER_URL": url, "HEADWATER_ADMIN_KEY": "k"}
    done = CliRunner().invoke(application, ["audience", *arguments], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def shown(url: str, *arguments: str) -> str:
    """Answer the members that are printed."""
    return printed(url, "members", "large", *arguments)


def test_audiences_inside_of_others_have_their_keys(url: str) -> None:
    """In lists and in explanations, which hold ids that nobody knows by heart."""
    assert "people in audience 'buyers'" in printed(url, "list")
    explained = printed(url, "explain", "buyers", "user_id:1").splitlines()
    assert explained[-2].split("  ")[:2] == ["yes all of these", "all of 1 must be true"]
    assert explained[-1].strip() == "yes in audience 'buyers'  the person is a member"


def test_fifty_are_listed_and_more_are_told(url: str) -> None:
    """With how to see them."""
    lines = shown(url).splitlines()

    assert len(lines) == 1 + 50 + 1
    assert lines[1].split() == ["user_id:0000", "2026-11-23", "10:00:00"]
    assert lines[-1] == "There are more: --limit lists so many, --csv all of them."


def test_as_many_as_one_wants_are_listed(url: str) -> None:
    """Over pages, and where the next would begin."""
    found = json.loads(shown(url, "--limit", "1200", "--json"))

    assert [one["person"] for one in found["members"]] == PEOPLE[:1200]
    assert found["next"] == PEOPLE[1199]


def test_csv_has_everybody_unless_told_otherwise(url: str) -> None:
    """Under one line of names."""
    lines = shown(url, "--csv").splitlines()

    assert lines[0] == "person,since"
    assert [line.partition(",")[0] for line in lines[1:]] == PEOPLE
    assert len(shown(url, "--csv", "--limit", "3").splitlines()) == 4
