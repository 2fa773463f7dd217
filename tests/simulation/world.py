"""What simulations are made of: an empty database, events, and a story of people who collide."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from headwater.actors.identity_storage import schema
from headwater.collect.arrival import Arrival
from tests.databases import Database, database_with

WORKSPACE = "w"


class Crash(Exception):
    """The process dies here, before its transaction is committed."""


def database() -> Database:
    """Answer an empty database with the actors' tables."""
    return database_with(schema())


def arrival(message_id: str, kind: str, identifiers: tuple[str, ...], **event: Any) -> Arrival:
    """Answer an event that arrives; its number in `message_id` is its time, if it has one."""
    at = event.pop("at", None) or int("".join(filter(str.isdigit, message_id)) or 1) * 1000
    body = {"type": kind, "messageId": message_id, **event}
    return Arrival(WORKSPACE, identifiers, message_id, kind, at, at, json.dumps(body))


@dataclass
class Story:
    """Random events of a few people, who share some of their identifiers."""

    random: random.Random
    identifiers: dict[str, list[str]] = field(default_factory=dict)
    number: int = 0

    def event(self) -> Arrival:
        """Answer the next event: one to three identifiers, strongest first."""
        self.number += 1
        kinds = sorted(
            self.random.sample(sorted(self.identifiers), self.random.randint(1, 3)),
            key=list(self.identifiers).index,
        )
        chosen = tuple(f"{kind}:{self.random.choice(self.identifiers[kind])}" for kind in kinds)
        if self.random.random() < 0.05 and len(self.identifiers["user_id"]) > 1:
            first, second = self.random.sample(self.identifiers["user_id"], 2)
            return arrival(
                f"m{self.number}",
                "alias",
                (f"user_id:{first}", f"user_id:{second}", f"anonymous_id:{second}"),
                previousId=second,
            )
        kind = self.random.choice(["track", "page", "identify"])
        traits = {"traits": {"n": self.number}} if kind == "identify" else {}
        return arrival(f"m{self.number}", kind, chosen, **traits)
