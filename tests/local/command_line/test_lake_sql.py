"""`headwater sql --lake`: the tables that a server shows, out of its lake alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from headwater.local.command_line.application import application
from tests.s3_server import BUCKET, S3Server
from tests.server import Server

ALIKE = (
    "SELECT message_id, person, via, name, properties->>'n' FROM events ORDER BY message_id",
    "SELECT person, traits::VARCHAR, first_seen, last_seen FROM people ORDER BY person",
    "SELECT identifier, person FROM identifiers ORDER BY identifier",
)


def told(server: Server) -> list[Any]:
    """Have a server's people merge, split and end up in its lake; answer what its SQL says."""
    for number in range(6):
        call = {"userId": f"u{number % 3}", "messageId": f"m{number}", "event": "Played"}
        server.send("/v1/track", {**call, "properties": {"n": number}})
    server.send("/v1/identify", {"userId": "u1", "messageId": "i1", "traits": {"plan": "pro"}})
    server.send("/v1/page", {"anonymousId": "a", "messageId": "p1"})
    server.send("/v1/identify", {"userId": "u2", "anonymousId": "a", "messageId": "i2"})
    for order in ({"first": "user_id:u0", "second": "user_id:u1"},):
        merged = server.admin.post("/v1/people/merge", json=order)
        assert merged.status_code == 200, merged.text
    links = server.admin.get("/v1/people/user_id:u2/links").json()["links"]
    split = server.admin.post("/v1/people/user_id:u2/split", json={"link": links[-1]["id"]})
    assert split.status_code == 200, split.text
    answers = [server.admin.post("/v1/sql", json={"sql": sql}) for sql in ALIKE]
    return [one.json()["rows"] for one in answers]


def sql(*arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> Result:
    """Run the command."""
    return CliRunner().invoke(application, ["sql", *arguments], env=dict(environment))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Any]]:
    """A lake whose server has ended, and what that server's SQL said."""
    folder = tmp_path_factory.mktemp("lake-sql")
    with Server(folder / "data", environment={"HEADWATER_LAKE": "auto"}) as server:
        rows = told(server)
    return str(folder / "data" / "lake"), rows


def test_a_lake_shows_what_its_server_showed(stored: tuple[str, list[Any]]) -> None:
    """Events with who they belong to after every merge and split, people, identifiers."""
    lake, rows = stored

    found = [sql(one, "--lake", lake, "--json") for one in ALIKE]

    assert [json.loads(one.stdout)["rows"] for one in found] == rows
    assert rows[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("SELECT 1", "--workspace", "elsewhere"), 1, "no workspace 'elsewhere'; it has default"),
        (("SELECT * FROM read_csv('/etc/passwd')",), 1, "read_csv() is not available"),
        (("COPY events TO 'x.csv'",), 1, "Only statements that read"),
        (("SELECT * FROM nothing",), 1, "events, people, identifiers"),
    ],
    ids=["workspace", "files", "writing", "table"],
)
def test_what_cannot_be_done_is_said(
    stored: tuple[str, list[Any]], arguments: tuple[str, ...], code: int, said: str
) -> None:
    """The locks are those of a server's sandbox; a mistake ends with one line."""
    found = sql(*arguments, "--lake", stored[0])

    assert (found.exit_code, found.stdout) == (code, "")
    assert said in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr


def test_no_lake_is_no_new_lake(tmp_path: Path) -> None:
    """A folder that is not there is not made; a bucket's address is looked at."""
    nowhere = sql("SELECT 1", "--lake", str(tmp_path / "x"))
    no_address = sql("SELECT 1", "--lake", "ftp://x/y")

    assert nowhere.exit_code == no_address.exit_code == 2
    assert "There is no lake in" in nowhere.stderr
    assert not (tmp_path / "x").exists()
    assert "no address of a bucket" in no_address.stderr


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server of S3."""
    with S3Server(tmp_path_factory.mktemp("s3")) as one:
        yield one


def contents(s3: S3Server) -> list[tuple[str, str]]:
    """Answer the key of each object, and what tells whether it was written anew."""
    client = s3.client()
    listed = client.list_objects_v2(Bucket=BUCKET)["Contents"]
    client.close()
    return [(one["Key"], one["ETag"]) for one in listed]


def test_a_lake_in_a_bucket_is_read_and_not_written(s3: S3Server, tmp_path: Path) -> None:
    """Copies of what is no part of it any more go; a server rebuilt from it has its own lake."""
    address = f"s3://{BUCKET}/shop"
    environment = {**s3.environment(), "HEADWATER_LAKE": address}
    with Server(tmp_path / "data", environment=environment) as server:
        rows = told(server)
    cache = tmp_path / "cache"
    (cache / "default").mkdir(parents=True)
    stale = cache / "default" / "0123.parquet"
    stale.write_bytes(b"of somebody who was erased")
    before = contents(s3)

    flags = ("--lake", address, "--json", "--cache", str(cache))
    found = [sql(one, *flags, environment=s3.environment()) for one in ALIKE]

    made = CliRunner().invoke(
        application,
        ["rebuild", "--lake", address, "--data", str(tmp_path / "made"), "--read-only"],
        env=s3.environment(),
    )

    assert [json.loads(one.stdout)["rows"] for one in found] == rows
    assert made.exit_code == 0, made.output
    assert contents(s3) == before
    with Server(tmp_path / "made", environment={"HEADWATER_LAKE": "auto"}) as server:
        again = [server.admin.post("/v1/sql", json={"sql": one}).json()["rows"] for one in ALIKE]
    assert again == rows
    assert not stale.exists()
    assert len(list((cache / "default").glob("*.parquet"))) >= 2
