"""`headwater audience`: lists that are longer than the server answers at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from headwater.local.command_line.application import application
from tests.loopback import Loopback, Reply, Request

PEOPLE = [f"user_id:{number:04}" for number in range(2500)]


async def answer(request: Request) -> Reply:
    """Answer a page of members, as the admin API does."""
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


def shown(url: str, *arguments: str) -> str:
    """Answer what the command prints."""
    environment = {"HEADWATER_URL": url, "HEADWATER_ADMIN_KEY": "k"}
    command = ["audience", "members", "large", *arguments]
    done = CliRunner().invoke(application, command, env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


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
