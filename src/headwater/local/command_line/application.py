"""All commands, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from headwater import __version__
from headwater.local.command_line import (
    ask,
    audiences,
    backing_up,
    certificates,
    computed_traits,
    configuration,
    deliveries,
    destinations,
    erasures,
    events,
    exporting,
    importing,
    jobs,
    keys,
    lake,
    language,
    mcp,
    people,
    rebuilding,
    rejected,
    replaying,
    serve,
    sources,
    sql,
    status,
    suppressions,
    tail,
    talk,
    workspaces,
)
from headwater.local.command_line.groups import Group
from headwater.local.command_line.options import with_examples

application = typer.Typer(
    name="headwater",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=with_examples(
        """Headwater: customer data platform and messaging engine in one.

        'headwater serve' runs a server; the other commands talk to one.

        Examples:
          headwater serve
          headwater status
          headwater who user_id:42
          headwater "user-123 signed up from Google Ads"
        """
    ),
)


def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _version(given: bool) -> None:  # noqa: FBT001 - as typer calls it
    if given:
        version()
        raise typer.Exit


@application.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Print the version."),
    ] = False,
) -> None:
    """Take what stands before a command."""


_COMMANDS: Mapping[str, Mapping[str, Callable[..., None] | typer.Typer]] = {
    "A server": {
        "serve": serve.serve,
        "status": status.status,
        "config": configuration.show,
        "jobs": jobs.application,
        "version": version,
    },
    "Events": {
        "track": events.track,
        "identify": events.identify,
        "page": events.page,
        "group": events.group,
        "alias": events.alias,
        "import": importing.import_file,
        "tail": tail.tail,
        "rejected": rejected.application,
    },
    "Plain language and questions": {
        "say": language.say,
        "talk": talk.talk,
        "mcp": mcp.mcp,
        "ask": ask.ask,
        "sql": sql.sql,
    },
    "People": {
        "who": people.who,
        "person": people.person,
        "audience": audiences.application,
        "trait": computed_traits.application,
        "merge": people.merge,
        "split": people.split,
        "erase": erasures.erase,
        "certificates": certificates.application,
        "suppress": suppressions.suppress,
        "unsuppress": suppressions.unsuppress,
    },
    "Where events come from and go to": {
        "source": sources.application,
        "destination": destinations.application,
        "deliveries": deliveries.application,
        "replay": replaying.replay,
        "workspace": workspaces.application,
        "key": keys.application,
    },
    "Files": {
        "lake": lake.application,
        "export": exporting.export,
        "backup": backing_up.backup,
        "backups": backing_up.backups,
        "restore": backing_up.restore,
        "rebuild": rebuilding.rebuild,
    },
}
"""What is typed, by the panel of the help that it stands in."""

for _panel, _entries in _COMMANDS.items():
    for _name, _entry in _entries.items():
        if isinstance(_entry, typer.Typer):
            application.add_typer(_entry, name=_name, rich_help_panel=_panel, cls=Group)
        else:
            application.command(_name, rich_help_panel=_panel)(_entry)
