"""Erasure at a real server: canaries in every field, people merged and split, half erased."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidSignature

from headwater.collect.times import write_time
from headwater.local.certificate import verify
from tests.server import ADMIN_KEY, WRITE_KEY, Server

PEOPLE = 16


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with a lake that is flushed every second."""
    environment = {"HEADWATER_LAKE": "auto", "HEADWATER_LAKE_FLUSH_SECONDS": "1"}
    with Server(tmp_path / "data", environment=environment) as made:
        yield made


def canary(person: int, what: str) -> str:
    """Answer a text that is nobody else's."""
    return f"canary{person:04d}{what}zq"


def send(server: Server, *events: dict[str, Any]) -> None:
    """Send a batch."""
    answer = httpx.post(
        f"{server.url}/v1/batch", auth=(WRITE_KEY, ""), json={"batch": events}, timeout=30
    )
    assert answer.status_code == 200, answer.text


def admin(server: Server, method: str, path: str, body: Any = None, **more: str) -> Any:
    """Ask the admin API and answer its JSON."""
    headers = {"authorization": f"Bearer {ADMIN_KEY}"} | more
    answer = httpx.request(
        method, f"{server.url}{path}", headers=headers, json=body, timeout=30, verify=False
    )
    assert answer.status_code < 300, answer.text
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


def story(person: int) -> list[dict[str, Any]]:
    """Answer a person's events, with a canary in every field."""
    who = {"userId": canary(person, "user"), "anonymousId": canary(person, "anonymous")}
    context = {
        "ip": canary(person, "ip"),
        "page": {"url": f"https://shop.example/{canary(person, 'url')}"},
        "device": {"id": canary(person, "device")},
    }
    return [
        {
            "type": "identify",
            **who,
            "messageId": canary(person, "message1"),
            "traits": {"email": f"{canary(person, 'mail')}@example.com", "n": canary(person, "t")},
            "context": context,
        },
        {
            "type": "track",
            "event": canary(person, "event"),
            **who,
            "messageId": canary(person, "message2"),
            "properties": {"deep": [{"a": canary(person, "property")}]},
        },
        {
            "type": "group",
            "groupId": "acme",
            **who,
            "messageId": canary(person, "message3"),
            "traits": {"plan": "pro"},
        },
        # Refused, and kept with its text.
        {"type": "track", "userId": canary(person, "user"), "messageId": canary(person, "refused")},
    ]


def found_in(folder: Path, person: int) -> list[str]:
    """Answer the files in whose bytes, or decoded rows, a person's canaries are."""
    wanted = f"canary{person:04d}".encode()
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        with suppress(FileNotFoundError):  # the server has replaced it since it was listed
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data += str(pq.read_table(path, partitioning=None).to_pydict()).encode()
            if wanted in data:
                found.append(str(path.relative_to(folder)))
    return found


def seen(server: Server, person: int) -> Any:
    """Answer what is shown of a person."""
    name = f"user_id:{canary(person, 'user')}"
    timeline = admin(server, "GET", f"/v1/people/{name}/events")["events"]
    return json.dumps([admin(server, "GET", f"/v1/people/{name}"), timeline], sort_keys=True)


def ended(server: Server, job: str, *, patience: float = 180) -> dict[str, Any]:
    """Answer a job once it has ended; a request that a kill cuts short is made again."""
    deadline = time.monotonic() + patience
    found: dict[str, Any] = {}
    while found.get("state") not in {"done", "failed", "cancelled"}:
        assert time.monotonic() < deadline, found or server.last_words()
        time.sleep(0.1)
        with suppress(httpx.TransportError):
            found = admin(server, "GET", f"/v1/jobs/{job}")
    return found


def erase(server: Server, *people: int) -> dict[str, Any]:
    """Erase people by one of their identifiers; answer the certificate."""
    names = [f"anonymous_id:{canary(one, 'anonymous')}" for one in people]
    job = admin(server, "POST", "/v1/erasures", {"identifiers": names})
    done = ended(server, job["id"])
    assert done["state"] == "done", done
    certificate: dict[str, Any] = admin(server, "GET", f"/v1/erasures/{job['id']}")
    return certificate


def test_nothing_is_left_of_half_of_the_people_and_all_of_the_others(server: Server) -> None:
    """In no byte of the data folder, nor in decoded files; what others are shown is the same."""
    draw = random.Random(7)
    for person in range(PEOPLE):
        send(server, *story(person))
    # Pairs are merged, and some parted again.
    pairs = [(one, one + 1) for one in range(0, PEOPLE, 4)]
    for first, second in pairs:
        names = [f"user_id:{canary(one, 'user')}" for one in (first, second)]
        admin(server, "POST", "/v1/people/merge", {"first": names[0], "second": names[1]})
        send(server, *[one | {"messageId": f"{one['messageId']}again"} for one in story(first)[:2]])
        if draw.random() < 0.5:
            time.sleep(1.2)  # so that the lake has them as one
            links = admin(server, "GET", f"/v1/people/{names[0]}/links")["links"]
            (link,) = [one["id"] for one in links if one["reason"] == "merge"]
            admin(server, "POST", f"/v1/people/{names[0]}/split", {"link": link})
    time.sleep(1.5)
    groups = [{first, second} for first, second in pairs]
    together = {one: group for group in groups for one in group}
    parted = [group for group in groups if len({admin_id(server, one) for one in group}) == 2]
    gone: set[int] = set()
    for person in range(0, PEOPLE, 2):
        group = together.get(person, {person})
        gone |= {person} if group in parted or person not in together else group
    others = sorted(set(range(PEOPLE)) - gone)
    before = {one: seen(server, one) for one in others}
    assert parted, "the story has nobody who was parted"
    assert others
    assert found_in(server.directory, min(gone))

    certificate = erase(server, *sorted(gone))

    left = {person: found_in(server.directory, person) for person in sorted(gone)}
    assert {person: files for person, files in left.items() if files} == {}
    assert {one: seen(server, one) for one in others} == before
    assert admin(server, "GET", "/v1/accounts/acme/members")["members"]
    verify(certificate)
    assert certificate["statement"]["rescan"]["rows_found"] == 0
    certificate["statement"]["rescan"]["rows_found"] = 1
    with pytest.raises(InvalidSignature):
        verify(certificate)
    server.stop()
    left = {person: found_in(server.directory, person) for person in sorted(gone)}
    assert {person: files for person, files in left.items() if files} == {}
    server.start()
    assert {one: seen(server, one) for one in others} == before


def admin_id(server: Server, person: int) -> str:
    """Answer the root of a person."""
    found: str = admin(server, "GET", f"/v1/people/user_id:{canary(person, 'user')}")["id"]
    return found


@pytest.mark.slow
def test_an_erasure_ends_after_a_kill_and_while_events_arrive(server: Server) -> None:
    """Killed at several moments; what is sent of them meanwhile does not come back."""
    for person in range(6):
        send(server, *story(person))
    time.sleep(1.5)
    names = [f"user_id:{canary(one, 'user')}" for one in range(3)]
    job = admin(server, "POST", "/v1/erasures", {"identifiers": names})
    stopping = threading.Event()

    def keep_sending() -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            for person in range(6):
                late = {
                    "type": "track",
                    "event": "Late",
                    "userId": canary(person, "user"),
                    "messageId": f"late{number}of{person}",
                }
                try:
                    send(server, late)
                except (httpx.HTTPError, AssertionError):
                    time.sleep(0.05)

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        for moment in (0.05, 0.5):
            time.sleep(moment)
            server.kill()
            server.start()
        assert ended(server, job["id"])["state"] == "done"
    finally:
        stopping.set()
        sender.join()
    admin(server, "GET", f"/v1/erasures/{job['id']}")
    assert [found_in(server.directory, one) for one in range(3)] == [[], [], []]
    for person in range(3, 6):
        assert '"identify": 1' in seen(server, person)


def test_a_deletion_alone_lets_people_come_anew(server: Server) -> None:
    """Segment's `DELETE_ONLY`: all of before is gone, what comes after is kept as of somebody new.

    Who was suppressed before stays so.
    """
    send(server, *story(1), *story(2))
    shut = {"identifiers": [f"user_id:{canary(2, 'user')}"]}
    admin(server, "POST", "/v1/suppressions", shut)
    order: dict[str, Any] = {"regulationType": "DELETE_ONLY", "subjectType": "USER_ID"}
    order["subjectIds"] = [canary(1, "user"), canary(2, "user")]
    id_ = admin(server, "POST", "/regulations", order)["data"]["regulateId"]
    deadline = time.monotonic() + 90
    while True:
        shown = admin(server, "GET", f"/regulations/{id_}")["data"]["regulation"]
        if shown["overallStatus"] == "FINISHED":
            break
        assert shown["overallStatus"] in {"INITIALIZED", "RUNNING"}, shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.1)
    assert [found_in(server.directory, one) for one in (1, 2)] == [[], []]

    send(server, *story(1), *story(2))

    assert admin(server, "GET", f"/v1/people/user_id:{canary(1, 'user')}")["counts"]["track"] == 1
    gone = server.admin.get(f"/v1/people/user_id:{canary(2, 'user')}")
    assert gone.status_code == 404


def test_nobody_was_shown_after_the_certificate_says_so(server: Server) -> None:
    """`unreadable_from` is when the last of it had gone, not when its going began."""
    send(server, *story(1))
    path = f"/v1/people/user_id:{canary(1, 'user')}"
    asked: list[int] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            began = time.time_ns() // 1_000_000
            if server.admin.get(path).status_code == 200:
                asked.append(began)

    looking = threading.Thread(target=look)
    looking.start()
    deadline = time.monotonic() + 60
    try:
        while not asked:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        statement = erase(server, 1)["statement"]
    finally:
        is_over.set()
        looking.join()
    assert write_time(asked[-1]) <= statement["unreadable_from"]
    assert statement["unreadable_from"] <= statement["physically_gone_by"]


def test_a_certificate_names_nobody_and_is_a_page_too(server: Server) -> None:
    """Signed JSON for programs, a page for people; an unknown one is told of."""
    send(server, *story(1))

    certificate = erase(server, 1)

    id_ = certificate["statement"]["erasure"]
    shown = admin(server, "GET", f"/v1/erasures/{id_}", accept="text/html")
    assert "<h1>Certificate of erasure" in shown
    assert "canary" not in shown + json.dumps(certificate)
    assert admin(server, "GET", "/v1/erasures")["erasures"][0]["id"] == id_
    assert "canary" not in json.dumps(admin(server, "GET", "/v1/jobs"))
