"""`destination`: where events go."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import print_fields, print_json, print_table, remark, say
from headwater.local.command_line.remote import Remote, segment
from headwater.local.command_line.trouble import REFUSED, USAGE, Trouble

application = typer.Typer(
    no_args_is_help=True, help="Make, list, change, test and remove destinations."
)

_COLUMNS = ["id", "type", "name", "on", "types", "events", "filter", "settings"]

DestinationId = Annotated[str, typer.Argument(metavar="ID", help="The destination's id, dst_…")]
OnlyTypes = Annotated[
    list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.")
]
Events = Annotated[
    list[str] | None, typer.Option("--event", help="Only tracks of this name; repeatable.")
]
Filter = Annotated[
    str | None, typer.Option("--filter", help="Only events for which this FQL is true.")
]


@with_server
def listed(server: Remote) -> None:
    """List destinations, and which events they get.

    Examples:
        headwater destination list
    """
    found = server.get("/v1/destinations")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        _COLUMNS,
        [_row(one) for one in found["destinations"]],
        empty="There are no destinations; 'headwater destination create' makes one.",
    )


@with_server
def types(server: Remote) -> None:
    """List the types of destinations, and the settings of each.

    Examples:
        headwater destination types
    """
    found = server.get("/v1/destination-types")
    if server.as_json:
        print_json(found)
        return
    print_table(
        None,
        ["type", "setting", "required", "secret", "what it is"],
        [
            [one["type"], setting["key"], setting["required"], setting["secret"], setting["label"]]
            for one in found["destination_types"]
            for setting in one["settings"]
        ],
    )


@with_server
def create(
    server: Remote,
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="As 'destination types' lists it.")],
    *,
    name: Annotated[str | None, typer.Option(help="A name for people; else the type.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be given again."),
    ] = None,
    only_types: OnlyTypes = None,
    events: Events = None,
    fql: Filter = None,
) -> None:
    """Switch a destination on.

    Examples:
        headwater destination create webhook --set url=https://example.com/hook
        headwater destination create webhook --set url=https://example.com/orders
        --type track --event "Order Completed" --filter 'properties.total > 100'
    """
    order = {
        "type": type_,
        "name": name or type_,
        "settings": dict(_pair(text) for text in setting or ()),
        "types": only_types or None,
        "events": events or None,
        "filter": fql,
    }
    made = server.post("/v1/destinations", order)
    if server.as_json:
        print_json(made)
        return
    say(f"Made {made['id']}.", style="green")
    print_fields(made["settings"])
    remark(f"Does it arrive? Try: headwater destination test {made['id']}")


@with_server
def change(
    server: Remote,
    destination: DestinationId,
    *,
    name: Annotated[str | None, typer.Option(help="Another name for people.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting; the others stay. null: the default."
        ),
    ] = None,
    only_types: OnlyTypes = None,
    events: Events = None,
    fql: Filter = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Choose by type, name and filter no longer.")
    ] = False,
    on: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Off: it gets no new events; what waits is kept."),
    ] = None,
) -> None:
    """Change a destination: its settings, which events it gets, or whether it is on.

    Examples:
        headwater destination change dst_1 --set url=https://example.com/new
        headwater destination change dst_1 --everything --type track
        headwater destination change dst_1 --off
    """
    cleared: dict[str, Any] = {"types": [], "events": [], "filter": "all"} if everything else {}
    given = {
        "name": name,
        "settings": dict(_pair(text) for text in setting) if setting else None,
        "types": only_types or None,
        "events": events or None,
        "filter": fql,
        "enabled": on,
    }
    order = cleared | {key: value for key, value in given.items() if value is not None}
    if not order:
        raise Trouble("Say what to change; see --help.", exit_code=USAGE)
    changed = server.patch(f"/v1/destinations/{segment(destination)}", order)
    if server.as_json:
        print_json(changed)
        return
    say(f"Changed {changed['id']} ({changed['name']}).", style="green")
    print_fields(dict(zip(_COLUMNS[3:], _row(changed)[3:], strict=True)))


@with_server
def test(server: Remote, destination: DestinationId) -> None:
    """Send one test event now, and tell what became of it.

    Examples:
        headwater destination test dst_1
    """
    outcome = server.post(f"/v1/destinations/{segment(destination)}/test")
    if server.as_json:
        print_json(outcome)
    else:
        print_fields(outcome)
    if outcome["outcome"] != "delivered":
        raise Trouble("The test event was not delivered.", exit_code=REFUSED)


@with_server
def remove(server: Remote, destination: DestinationId) -> None:
    """Remove a destination, and what waits for it.

    Examples:
        headwater destination remove dst_1
    """
    removed = server.delete(f"/v1/destinations/{segment(destination)}")
    if server.as_json:
        print_json(removed)
        return
    say(f"Removed {removed['id']} ({removed['name']}).")


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Trouble(f"--set {text}: write it as KEY=VALUE.", exit_code=USAGE)
    try:
        return key, json.loads(value)  # numbers, true, objects
    except json.JSONDecodeError:
        return key, value


def _row(one: dict[str, Any]) -> list[Any]:
    settings = ", ".join(f"{key}={value}" for key, value in one["settings"].items())
    return [
        one["id"],
        one["type"],
        one["name"],
        "yes" if one["enabled"] else "no",
        ", ".join(one["types"]) or "all",
        ", ".join(one["events"]) or "all",
        one["filter"],
        settings,
    ]


application.command("list")(listed)
application.command("types")(types)
application.command("create")(create)
application.command("change")(change)
application.command("test")(test)
application.command("remove")(remove)
