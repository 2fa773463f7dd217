"""`track`, `identify`, `page`, `group`, `alias`: one event from the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import typer

from headwater.client.errors import InvalidEvent
from headwater.client.event import build, encode
from headwater.client.retry import Accepted, Again
from headwater.local.command_line import properties
from headwater.local.command_line.intake import WriteKey, intake_settings, transport
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_json, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.trouble import UNREACHABLE, USAGE, Trouble

UserId = Annotated[str | None, typer.Option("--user-id", "-u", metavar="ID", help="Whose it is.")]
AnonymousId = Annotated[
    str | None, typer.Option("--anonymous-id", metavar="ID", help="Of somebody not logged in.")
]
At = Annotated[
    str | None, typer.Option(metavar="TIME", help="When it happened (ISO 8601), if not now.")
]
MessageId = Annotated[
    str | None, typer.Option(metavar="ID", help="Your own id for it; the same one counts once.")
]


@with_server
def track(
    server: Remote,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Its name.")],
    *,
    user_id: UserId = None,
    anonymous_id: AnonymousId = None,
    pairs: properties.Pairs = None,
    whole: properties.Whole = None,
    at: At = None,
    message_id: MessageId = None,
    write_key: WriteKey = None,
) -> None:
    """Say that a person did something.

    Examples:
        headwater track "Order Completed" -u user-1 -p revenue=99.99 -p currency=EUR
        headwater track "Signed Up" --anonymous-id v-1 --at 2026-11-01T09:30:00Z
    """
    fields = {"event": event, "properties": properties.read(pairs, whole)}
    who = {"userId": user_id, "anonymousId": anonymous_id}
    _send(server, "track", who, fields, at=at, message_id=message_id, write_key=write_key)


@with_server
def identify(
    server: Remote,
    user_id: Annotated[str | None, typer.Argument(metavar="ID", help="Who it is.")] = None,
    *,
    anonymous_id: AnonymousId = None,
    pairs: properties.Traits = None,
    whole: properties.Whole = None,
    at: At = None,
    message_id: MessageId = None,
    write_key: WriteKey = None,
) -> None:
    """Say who a person is: their traits.

    Examples:
        headwater identify user-1 -t email=ada@example.com -t plan=pro
        headwater identify user-1 --anonymous-id v-1
    """
    who = {"userId": user_id, "anonymousId": anonymous_id}
    fields = {"traits": properties.read(pairs, whole)}
    _send(server, "identify", who, fields, at=at, message_id=message_id, write_key=write_key)


@with_server
def page(
    server: Remote,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The page's name.")] = None,
    *,
    category: Annotated[str | None, typer.Option(help="The page's category.")] = None,
    user_id: UserId = None,
    anonymous_id: AnonymousId = None,
    pairs: properties.Pairs = None,
    whole: properties.Whole = None,
    at: At = None,
    message_id: MessageId = None,
    write_key: WriteKey = None,
) -> None:
    """Say that a person saw a page.

    Examples:
        headwater page Pricing -u user-1 -p url=https://example.com/pricing
    """
    who = {"userId": user_id, "anonymousId": anonymous_id}
    fields = {"name": name, "category": category, "properties": properties.read(pairs, whole)}
    _send(server, "page", who, fields, at=at, message_id=message_id, write_key=write_key)


@with_server
def group(
    server: Remote,
    group_id: Annotated[str, typer.Argument(metavar="ID", help="The account.")],
    *,
    user_id: UserId = None,
    anonymous_id: AnonymousId = None,
    pairs: properties.Traits = None,
    whole: properties.Whole = None,
    at: At = None,
    message_id: MessageId = None,
    write_key: WriteKey = None,
) -> None:
    """Say that a person belongs to an account, and what is known of the account.

    Examples:
        headwater group initech -u user-1 -t name=Initech -t seats=12
    """
    who = {"userId": user_id, "anonymousId": anonymous_id, "groupId": group_id}
    fields = {"traits": properties.read(pairs, whole)}
    _send(server, "group", who, fields, at=at, message_id=message_id, write_key=write_key)


@with_server
def alias(
    server: Remote,
    previous_id: Annotated[str, typer.Argument(metavar="OLD", help="The old id.")],
    user_id: Annotated[str, typer.Argument(metavar="NEW", help="The new one.")],
    *,
    at: At = None,
    message_id: MessageId = None,
    write_key: WriteKey = None,
) -> None:
    """Say that two ids are one person.

    Examples:
        headwater alias visitor-7 user-1
    """
    who = {"previousId": previous_id, "userId": user_id}
    _send(server, "alias", who, {}, at=at, message_id=message_id, write_key=write_key)


def _send(
    server: Remote,
    call: str,
    who: Mapping[str, str | None],
    fields: Mapping[str, Any],
    *,
    at: str | None,
    message_id: str | None,
    write_key: str | None,
) -> None:
    if who.get("userId") is None and who.get("anonymousId") is None:
        raise Trouble("Whose is it? Give --user-id or --anonymous-id.", exit_code=USAGE)
    try:
        event = build(
            call,
            now=datetime.now(UTC),
            message_id=message_id or str(uuid4()),
            timestamp=at,
            context={"library": {"name": "headwater-cli"}},
            identifiers=who,
            fields=fields,
        )
        body = encode(event)
    except InvalidEvent as error:
        raise Trouble(str(error), exit_code=USAGE) from error
    sender = transport(server, intake_settings(server, write_key))
    try:
        verdict = sender.send([body], retries=0)
    finally:
        sender.close()
    if isinstance(verdict, Again):
        raise Trouble(f"{verdict.reason}. Try again later.", exit_code=UNREACHABLE)
    if not isinstance(verdict, Accepted):
        raise Trouble(str(verdict.error))
    if verdict.rejected:
        raise Trouble(verdict.rejected[0].message)
    if server.as_json:
        print_json({"messageId": event["messageId"]})
        return
    name = f" {fields['event']!r}" if "event" in fields else ""
    say(f"Stored {call}{name} of {who.get('userId') or who.get('anonymousId')}.", style="green")
