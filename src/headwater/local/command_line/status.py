"""`status`: how a server and its workspace are."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import age, plain, print_fields, print_json, say
from headwater.local.command_line.remote import Remote
from headwater.quantities import size_of


@with_server
def status(server: Remote) -> None:
    """Show how the server is: state, counts, what waits.

    Examples:
        headwater status
        headwater status --url https://cdp.example.com --json
    """
    found = server.get("/v1/status")
    if server.as_json:
        print_json(found)
        return
    state = Text(found["state"], style="bold green" if found["state"] == "ready" else "yellow")
    print_fields(
        {
            "server": server.address.url,
            "state": state,
            "version": found["version"],
            "running for": age(found["started_at"]),
            "workspace": found["workspace"],
            "sources": found["sources"],
            "destinations": found["destinations"],
            "waiting for delivery": found["waiting"],
            "dead letters": plain(
                found["dead_letters"], style="red" if found["dead_letters"] else ""
            ),
            **{
                name.replace("_", " "): _figure(name, value)
                for name, value in found["figures"].items()
            },
        }
    )
    for what, why in found.get("troubles", {}).items():  # not of an older server
        say(f"{what}: {why}", style="red")


def _figure(name: str, value: float) -> Any:
    if name.endswith("_bytes"):
        return size_of(int(value))
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}"
