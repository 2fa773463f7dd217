"""A thousand people with canaries in every field, merged and split; half of them are erased."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.local.test_erasure_served import admin, canary, ended, seen, send, story
from tests.loopback import Loopback, Reply, Request
from tests.s3_server import BUCKET, S3Server
from tests.server import Server

CANARY = re.compile(rb"canary(\d{4})([a-z]+[0-9]?zq)?")
"""Whole, or what compression or the end of a page has left of one."""

PATIENCE = 900.0  # seconds
PEOPLE = 1_000
PEOPLE_IN_BUCKET = 100


async def refuse(_: Request) -> Reply:
    """Answer that an event cannot be taken, ever."""
    return Reply(status=400)


def canaries(folders: Iterable[Path]) -> dict[int, set[str]]:
    """Answer whose canaries are in any byte of any file, or in Parquet's decoded rows: the whole.

    Of who has none whole, but a part of one, the answer is that there are none.
    """
    found: dict[int, set[str]] = {}
    for folder in folders:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data += str(pq.read_table(path, partitioning=None).to_pydict()).encode()
            for one in CANARY.finditer(data):
                texts = found.setdefault(int(one[1]), set())
                if one[2]:
                    texts.add(one[0].decode())
    return found


def until_in_lake(server: Server) -> None:
    """Return once the lake has everything."""
    deadline = time.monotonic() + PATIENCE
    while server.read("/v1/status").json()["figures"].get("lake_waiting", 1):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def link_of(server: Server, name: str) -> str:
    """Answer the link that an order of a merge has made."""
    links = admin(server, "GET", f"/v1/people/{name}/links")["links"]
    (link,) = [one["id"] for one in links if one["reason"] == "merge"]
    found: str = link
    return found


def tell(server: Server, people: int, draw: random.Random) -> list[set[int]]:
    """Have people come, merge and part; answer who is one person in the end."""
    for start in range(0, people, 25):
        batch = [one for person in range(start, start + 25) for one in story(person)]
        send(server, *batch)
    until_in_lake(server)
    groups: list[set[int]] = []
    order = list(range(people))
    draw.shuffle(order)
    while order:
        first = order.pop()
        if not order or draw.random() < 0.6:
            groups.append({first})
            continue
        second = order.pop()
        names = [f"user_id:{canary(one, 'user')}" for one in (first, second)]
        admin(server, "POST", "/v1/people/merge", {"first": names[0], "second": names[1]})
        send(server, *[one | {"messageId": f"{one['messageId']}again"} for one in story(first)[:2]])
        if draw.random() < 0.5:
            admin(
                server, "POST", f"/v1/people/{names[0]}/split", {"link": link_of(server, names[0])}
            )
            groups += [{first}, {second}]
        else:
            groups.append({first, second})
        if draw.random() < 0.02:
            until_in_lake(server)
    until_in_lake(server)
    return groups


@dataclass
class FolderLake:
    """A lake in a folder."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Answer what the server is to know of it."""
        return {"HEADWATER_LAKE": str(self.folder)}

    def files(self) -> Path:
        """Answer where its files lie."""
        return self.folder


@dataclass
class BucketLake:
    """A lake in a bucket; its objects are fetched to be looked through."""

    s3: S3Server
    folder: Path
    fetched: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """Answer what the server is to know of it."""
        return {"HEADWATER_LAKE": f"s3://{BUCKET}/shop", **self.s3.environment()}

    def files(self) -> Path:
        """Answer a folder with all objects of the bucket as they are now."""
        self.fetched += 1
        folder = self.folder / str(self.fetched)
        client = self.s3.client()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for one in page.get("Contents", ()):
                path = folder / one["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                answer = client.get_object(Bucket=BUCKET, Key=one["Key"])
                path.write_bytes(answer["Body"].read())
        client.close()
        assert any(folder.rglob("*.parquet"))
        return folder


@pytest.mark.slow
def test_no_byte_is_left_of_half_and_every_one_of_the_others(tmp_path: Path) -> None:
    """In the data folder and the lake's; while dead letters, refused events and exports lie there.

    What is shown of the others is the same, byte by byte, and every text of theirs is still there.
    """
    erase_half(tmp_path / "data", FolderLake(tmp_path / "bucket"), people=PEOPLE)


@pytest.mark.slow
def test_no_byte_is_left_in_a_bucket(tmp_path: Path) -> None:
    """The same where the lake is in a bucket: in no object of it, and in no copy of one."""
    with S3Server(tmp_path / "s3") as s3:
        erase_half(tmp_path / "data", BucketLake(s3, tmp_path / "objects"), people=PEOPLE_IN_BUCKET)


def erase_half(data: Path, lake: FolderLake | BucketLake, *, people: int) -> None:
    """Let people come, erase half of them, and look for both halves in every byte."""
    environment = {"HEADWATER_LAKE_FLUSH_SECONDS": "1", **lake.environment}
    draw = random.Random(11)
    with Loopback(refuse) as sink, Server(data, environment=environment) as server:
        server.add_webhook("Sink", sink.url)
        condition = {"type": "trait", "path": "n", "operator": "exists"}
        admin(server, "POST", "/v1/audiences", {"name": "Counted", "condition": condition})
        groups = tell(server, people, draw)
        erased = draw.sample(groups, len(groups) // 2)
        gone = {one for group in erased for one in group}
        others = sorted(set(range(people)) - gone)
        job = admin(server, "POST", "/v1/exports", {"format": "jsonl"})
        assert ended(server, job["id"], patience=PATIENCE)["state"] == "done"
        before = {one: seen(server, one) for one in others}
        had = canaries([data, lake.files()])
        assert set(had) == set(range(people))

        kinds = [("user_id", "user"), ("anonymous_id", "anonymous"), ("device_id", "device")]
        names = []
        for group in erased:  # one of their identifiers is enough
            kind, what = draw.choice(kinds)
            names.append(f"{kind}:{canary(draw.choice(sorted(group)), what)}")
        began = time.monotonic()
        job = admin(server, "POST", "/v1/erasures", {"identifiers": names})
        assert ended(server, job["id"], patience=PATIENCE)["state"] == "done"
        print(f"erased {len(gone)} of {people} in {time.monotonic() - began:.1f} s")

        left = canaries([data, lake.files()])
        assert gone.isdisjoint(left)
        assert {one: seen(server, one) for one in others} == before
        # An export went, and with it nothing that is not elsewhere.
        assert {one: left[one] ^ had[one] for one in others if left[one] != had[one]} == {}
        certificate: dict[str, Any] = admin(server, "GET", f"/v1/erasures/{job['id']}")
        assert certificate["statement"]["rescan"]["bytes_found"] == 0
        server.stop()
        assert gone.isdisjoint(canaries([data, lake.files()]))
        server.start()
        assert {one: seen(server, one) for one in others[:50]} == dict(list(before.items())[:50])
