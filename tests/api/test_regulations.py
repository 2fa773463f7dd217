"""Segment's deletion and suppression on the wire: golden requests and answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from headwater.actors import jobs
from headwater.actors.workspace import WorkspaceActor
from headwater.profiles.suppression import hash_of
from tests.api.conftest import Clients
from tests.api.memory_people import NOW
from tests.api.twins import World

AT = "2025-11-24T16:00:00.000Z"


def order(type_: str, *subjects: str, kind: str = "USER_ID") -> dict[str, Any]:
    """Answer a body as Segment's client sends it."""
    return {"regulationType": type_, "subjectType": kind, "subjectIds": list(subjects)}


async def created(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    """Create a regulation and answer its id."""
    answer = await client.post("/regulations", json=body)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["data"]
    assert list(answer.json()["data"]) == ["regulateId"]
    id_: str = answer.json()["data"]["regulateId"]
    return id_


def hashed(world: World, *identifiers: str) -> list[str]:
    """Answer salted hashes, as they are kept."""
    config = world.services().config("default")
    assert config is not None
    salt = config.suppression.salt
    if not salt:
        salt = str(world.database.execute("SELECT salt FROM suppression_salts")[0][0])
    return [hash_of(salt, one) for one in identifiers]


async def test_a_suppression_is_finished_at_once(world: World, clients: Clients) -> None:
    """All identifiers of the person are suppressed; the regulation names none of them."""
    client = clients("default:admin")
    id_ = await created(client, order("SUPPRESS_ONLY", "ada/l+1"))

    shown = (await client.get(f"/regulations/{id_}")).json()
    listed = (await client.get("/suppressions", params={"pagination[count]": 50})).json()

    assert shown == {
        "data": {
            "regulation": {
                "id": id_,
                "workspaceId": "default",
                "overallStatus": "FINISHED",
                "createdAt": AT,
                "finishedAt": AT,
                "streamStatus": [],
            }
        }
    }
    assert listed["data"]["suppressed"] == [
        {"subjectType": "USER_ID", "subjectIds": hashed(world, "user_id:ada/l+1")}
    ]
    assert listed["data"]["pagination"] == {"current": "MA==", "totalEntries": 1}
    kept = (await client.get("/v1/suppressions")).json()["suppressions"]
    assert {one["type"] for one in kept} == {"user_id", "email"}


async def test_unsuppress_lifts_it(clients: Clients) -> None:
    """As `/v1/suppressions/lift` does."""
    client = clients("default:admin")
    await created(client, order("SUPPRESS_ONLY", "a-7", kind="ANONYMOUS_ID"))
    assert len((await client.get("/v1/suppressions")).json()["suppressions"]) == 1

    await created(client, order("UNSUPPRESS", "a-7", kind="ANONYMOUS_ID"))

    assert (await client.get("/v1/suppressions")).json()["suppressions"] == []


@pytest.mark.parametrize(
    "type_",
    ["SUPPRESS_WITH_DELETE", "SUPPRESS_WITH_DELETE_INTERNAL", "DELETE_ONLY", "DELETE_INTERNAL"],
)
async def test_a_deletion_is_the_job_of_an_erasure(
    world: World, clients: Clients, type_: str
) -> None:
    """Its status is the job's; what destinations cannot delete is told where they were asked."""
    client = clients("default:admin")
    hook = {"type": "webhook", "name": "Hook", "settings": {"url": "https://x.example/"}}
    destination = (await client.post("/v1/destinations", json=hook)).json()["id"]
    id_ = await created(client, order(type_, "ada/l+1", "bob"))

    (job,) = await world.jobs.jobs("default", kinds=["erase"])
    assert job.parameters == {
        "identifiers": ["user_id:ada/l+1", "user_id:bob"],
        "suppress": type_.startswith("SUPPRESS"),
    }
    statuses = [(await client.get(f"/regulations/{id_}")).json()["data"]["regulation"]]
    jobs.begin(world.database, job.id, now=NOW)
    statuses.append((await client.get(f"/regulations/{id_}")).json()["data"]["regulation"])
    jobs.finish(world.database, job.id, {}, now=NOW + 1000)
    statuses.append((await client.get(f"/regulations/{id_}")).json()["data"]["regulation"])

    assert [one["overallStatus"] for one in statuses] == ["INITIALIZED", "RUNNING", "FINISHED"]
    assert ["finishedAt" in one for one in statuses] == [False, False, True]
    streams = statuses[-1]["streamStatus"]
    told = [one["destinationStatus"] for one in streams]
    assert [[(one["id"], one["status"]) for one in some] for some in told] == (
        [[(destination, "NOT_SUPPORTED")]] if not type_.endswith("INTERNAL") else []
    )


async def test_a_deletion_stays_as_its_certificate_says(world: World, clients: Clients) -> None:
    """When it ended, and of which destinations, also once its job is shown no more."""
    client = clients("default:admin")
    id_ = await created(client, order("DELETE_ONLY", "bob"))
    (job,) = await world.jobs.jobs("default", kinds=["erase"])
    jobs.begin(world.database, job.id, now=NOW)
    jobs.finish(world.database, job.id, {}, now=NOW + 1000)
    then = {"id": "dst_then", "type": "webhook", "answer": "not asked"}
    statement = {"physically_gone_by": "2025-11-24T16:00:07.000Z", "destinations": [then]}
    text = json.dumps({"statement": statement})
    actor = WorkspaceActor.keep_certificate
    await world.services().workspaces.write("default", actor, job.id, text, now=NOW)
    hook = {"type": "webhook", "name": "Later", "settings": {"url": "https://x.example/"}}
    assert (await client.post("/v1/destinations", json=hook)).status_code < 300

    async def shown() -> tuple[list[str], list[str]]:
        one = (await client.get(f"/regulations/{id_}")).json()["data"]["regulation"]
        (listed,) = (await client.get("/regulations")).json()["data"]["regulations"]
        (stream,) = one["streamStatus"]
        told = [each["id"] for each in stream["destinationStatus"]]
        return told, [one["finishedAt"], listed["finishedAt"], listed["status"]]

    assert await shown() == (["dst_then"], ["2025-11-24T16:00:01.000Z"] * 2 + ["FINISHED"])
    world.database.execute("DELETE FROM job")
    assert await shown() == (["dst_then"], ["2025-11-24T16:00:07.000Z"] * 2 + ["FINISHED"])


async def test_of_one_source_there_are_none(clients: Clients) -> None:
    """Segment's client may list them; what would make one is refused."""
    client = clients("default:admin")
    listed = await client.get("/regulations/sources/src_1", params={"pagination[count]": 5})

    assert listed.json()["data"] == {
        "regulations": [],
        "pagination": {"current": "MA==", "totalEntries": 0},
    }


async def test_regulations_are_listed_in_pages(world: World, clients: Clients) -> None:
    """The latest first, in Segment's envelope, by status and type."""
    client = clients("default:admin")
    ids = [
        await created(client, order(type_, f"u{number}"))
        for number, type_ in enumerate(["SUPPRESS_ONLY", "DELETE_ONLY", "UNSUPPRESS"])
    ]
    first = (await client.get("/regulations?pagination%5Bcount%5D=2")).json()["data"]
    cursor = first["pagination"]["next"]
    second = await client.get(
        "/regulations", params={"pagination[count]": 2, "pagination[cursor]": cursor}
    )
    running = await client.get("/regulations", params={"status": "INITIALIZED"})
    typed = await client.get("/regulations", params={"regulationTypes[0]": "UNSUPPRESS"})

    assert [one["id"] for one in first["regulations"]] == [ids[2], ids[1]]
    assert first["pagination"] == {"current": "MA==", "next": "Mg==", "totalEntries": 3}
    assert second.json()["data"] == {
        "regulations": [
            {
                "id": ids[0],
                "subjectType": "USER_ID",
                "subjects": hashed(world, "user_id:u0"),
                "status": "FINISHED",
                "createdAt": AT,
                "regulationType": "SUPPRESS_ONLY",
                "finishedAt": AT,
            }
        ],
        "pagination": {"current": "Mg==", "previous": "MA==", "totalEntries": 3},
    }
    assert [one["id"] for one in running.json()["data"]["regulations"]] == [ids[1]]
    assert [one["id"] for one in typed.json()["data"]["regulations"]] == [ids[2]]


async def test_a_deletion_that_has_not_begun_is_taken_back(world: World, clients: Clients) -> None:
    """The job is cancelled and the regulation gone; one that is done stays, and the error says."""
    client = clients("default:admin")
    deletion = await created(client, order("DELETE_ONLY", "u1"))
    done = await created(client, order("SUPPRESS_ONLY", "u1"))

    taken = await client.delete(f"/regulations/{deletion}")
    kept = await client.delete(f"/regulations/{done}")

    assert taken.json() == {"data": {"status": "SUCCESS"}}
    (job,) = await world.jobs.jobs("default", kinds=["erase"])
    assert job.state == "cancelled"
    assert (await client.get(f"/regulations/{deletion}")).status_code == 404
    assert kept.status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/regulations", order("DELETE_ONLY", "x", kind="OBJECT_ID"), 400, "USER_ID"),
        ("POST", "/regulations", order("BURN", "x"), 422, "regulationType"),
        ("POST", "/regulations", order("DELETE_ONLY"), 422, "subjectIds"),
        ("POST", "/regulations/sources/s1", order("DELETE_ONLY", "x"), 400, "whole workspace"),
        ("GET", "/regulations/nope", None, 404, "GET /regulations"),
        ("GET", "/regulations?pagination[cursor]=x", None, 400, "pagination[cursor]"),
        ("GET", "/regulations?regulationTypes[0]=x", None, 400, "regulationTypes"),
        ("GET", "/regulations?pagination[count]=0", None, 422, "pagination[count]"),
    ],
)
async def test_errors_have_segments_envelope(
    clients: Clients, method: str, path: str, body: Any, status: int, says: str
) -> None:
    """`{"errors": [{"type", "message", "status"}]}`, and the message says what to do."""
    accept = {"accept": "application/vnd.segment.v1+json"}
    answer = await clients("default:admin").request(method, path, json=body, headers=accept)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"]) == (status, status)
    assert says in error["message"]
    assert error["type"]


async def test_regulations_need_the_role_admin(clients: Clients) -> None:
    """A reading key may look, and do nothing."""
    client = clients("default:read")

    assert (await client.post("/regulations", json=order("DELETE_ONLY", "x"))).status_code == 403
    assert (await client.get("/regulations")).status_code == 200
    assert (await clients("").get("/regulations")).status_code == 401
