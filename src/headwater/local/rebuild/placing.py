"""Where rows belong, by the states of the identity actors: at the root that has their `via`."""

from __future__ import annotations

from collections import OrderedDict

from headwater.actors.identity import account_actor
from headwater.actors.identity_network import follow
from headwater.actors.identity_state import Root, Standing, decode
from headwater.actors.identity_storage import Turn
from headwater.ports import Sql

_KEPT = 200_000


class Placing:
    """Answers where rows of one workspace belong; states must not change meanwhile."""

    def __init__(self, sql: Sql, workspace: str) -> None:
        self._sql = sql
        self._workspace = workspace
        self._known: OrderedDict[str, str | None] = OrderedDict()

    def actor(self, via: str) -> str | None:
        """Answer the actor that holds an identifier's rows; None where it is nobody's."""
        if via in self._known:
            return self._known[via]
        turn = Turn(self._sql)
        actor = follow(turn, f"{self._workspace}/{via}")
        found = actor if isinstance(turn.state(actor), Root) else None
        self._known[via] = found
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def standing(self, actor: str, person: str) -> Standing | None:
        """Answer the standing that a person had who is part of an actor now; None: unknown.

        Where two people who become one had a message in common, the winner's copy stays; and
        the winner is who has the lower standing.
        """
        root = Turn(self._sql).state(actor)
        if not isinstance(root, Root):
            return None
        name = actor.partition("/")[2]
        return root.standing if person == name else root.former.get(person)


def untold(sql: Sql, workspace: str) -> frozenset[tuple[str, str]]:
    """Answer the group calls that accounts have still to be told of: account, message id.

    Those accounts take their own copies, and what the call says of them, when they are told.
    """
    rows = sql.execute(
        "SELECT body FROM identity WHERE pending = 1 AND actor > ? AND actor < ?",
        (f"{workspace}/", f"{workspace}0"),
    )
    return frozenset(
        (account_actor(workspace, update.group), update.message_id)
        for (body,) in rows
        if isinstance(state := decode(body), Root)
        for update in state.accounts
    )
