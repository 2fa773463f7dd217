"""The identity actor: the single-threaded owner of one external id and, if a root, of a person.

It is driven by calls and never calls anybody itself:

- `receive` takes events; an actor that forwards answers where to go instead.
- `requests` answers what a root wants to ask of other actors now; whoever drives the actors
  carries each request to `answer` at its actor, and the reply back to `settle`.

Each call is one transaction in one actor. Any call may be repeated, and any reply lost: requests
are made anew from stored state until their reply has been acted on. One class serves both
runtimes: on the edge a database holds one actor, locally one file holds all, and a batch of
events for many actors costs one statement a table.

The union-find is Tarjan's (1975) with actors for nodes; see docs/identity.md for the protocol.
"""

from __future__ import annotations

from headwater.actors.identity_joining import advance, answer_join, settle_join
from headwater.actors.identity_messages import (
    Account,
    Accounted,
    Adopt,
    Adopted,
    Drop,
    Dropped,
    Join,
    JoinAnswer,
    Page,
    Pull,
    Reply,
    Repoint,
    Repointed,
    Request,
)
from headwater.actors.identity_moving import (
    answer_adopt,
    answer_drop,
    answer_pull,
    answer_repoint,
    settle_adopted,
    settle_dropped,
    settle_page,
    settle_repointed,
)
from headwater.actors.identity_receiving import Policy, Received, receive
from headwater.actors.identity_state import NEVER, Root
from headwater.actors.identity_state import Account as AccountState
from headwater.actors.identity_storage import Turn
from headwater.commands import Command
from headwater.profiles import traits

__all__ = ["Policy", "Received", "account_actor", "answer", "receive", "requests", "settle"]


def account_actor(workspace: str, group: str) -> str:
    """Answer the name of a group's actor; no identifier type can have the `=`."""
    return f"{workspace}/=account:{group}"


def requests(turn: Turn, policy: Policy, actor: str) -> list[Request]:
    """Answer what a root wants of other actors now; nothing if it is none, or is settled."""
    root = turn.state(actor)
    if not isinstance(root, Root):
        return []
    workspace = actor.partition("/")[0]
    wanted: list[Request] = []
    if join := advance(turn, policy.limits, actor):
        wanted.append(join)
    for parcel, cursor in root.imports.items():
        source = parcel.rpartition("#")[0]
        if cursor is None:
            wanted.append(Drop(to=source, actor=actor, parcel=parcel))
        else:
            wanted.append(Pull(to=source, actor=actor, parcel=parcel, cursor=cursor))
    if root.leaving:
        wanted.append(
            Adopt(to=f"{workspace}/{root.leaving.root}", actor=actor, leaving=root.leaving)
        )
    wanted.extend(
        Repoint(to=f"{workspace}/{identifier}", actor=actor, number=root.talks)
        for identifier in root.repoint
    )
    wanted.extend(
        Account(to=account_actor(workspace, update.group), actor=actor, update=update)
        for update in root.accounts
    )
    return wanted


def answer(turn: Turn, policy: Policy, request: Request) -> Reply:
    """Do at `request.to` what is asked of it, and answer what came of it."""
    match request:
        case Join():
            return answer_join(turn, policy.limits, request)
        case Pull():
            return answer_pull(turn, request)
        case Drop():
            return answer_drop(turn, request)
        case Adopt():
            return answer_adopt(turn, request)
        case Repoint():
            return answer_repoint(turn, request)
        case Account():
            return _answer_account(turn, request)


def settle(turn: Turn, actor: str, reply: Reply) -> list[Command]:
    """Act on a reply at the root that asked; one that comes late or twice changes nothing."""
    root = turn.state(actor)
    if not isinstance(root, Root):
        return []
    match reply:
        case JoinAnswer():
            return settle_join(turn, actor, reply)
        case Page():
            settle_page(turn, actor, reply)
        case Dropped():
            settle_dropped(turn, actor, reply)
        case Adopted():
            settle_adopted(turn, actor, reply)
        case Repointed():
            settle_repointed(turn, actor, reply)
        case Accounted():
            root.accounts = [
                update for update in root.accounts if update.message_id != reply.message_id
            ]
            turn.put(actor, root)
    return []


def _answer_account(turn: Turn, request: Account) -> Reply:
    """Let a group call shape its account: the account's traits, members and timeline."""
    update = request.update
    state = turn.state(request.to)
    account = state if isinstance(state, AccountState) else AccountState()
    stamp = (update.timestamp, update.message_id)
    turn.add_member(request.to, update.member, update.timestamp)
    if not turn.known([(request.to, update.message_id)]):
        row = (request.to, update.message_id, update.timestamp, update.member, "group", update.body)
        turn.add([row])
        if traits.write(account.traits, update.traits, stamp):
            turn.audiences.accounts[request.to] = None
        if account.first == NEVER or stamp < account.first:
            account.first = stamp
        account.last = max(account.last, stamp)
    turn.put(request.to, account)
    return Accounted(message_id=update.message_id)
