"""All commands, in one table."""

from __future__ import annotations

import typer

from headwater import __version__
from headwater.local.command_line import (
    ask,
    audiences,
    backing_up,
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


application.command("serve")(serve.serve)
application.command("config")(configuration.show)
application.command("status")(status.status)
application.command("tail")(tail.tail)
application.command("ask")(ask.ask)
application.command("say")(language.say)
application.command("talk")(talk.talk)
application.command("mcp")(mcp.mcp)
application.command("export")(exporting.export)
application.command("replay")(replaying.replay)
application.command("rebuild")(rebuilding.rebuild)
application.command("backup")(backing_up.backup)
application.command("backups")(backing_up.backups)
application.command("restore")(backing_up.restore)
application.command("sql")(sql.sql)
application.command("who")(people.who)
application.command("person")(people.person)
application.command("track")(events.track)
application.command("identify")(events.identify)
application.command("page")(events.page)
application.command("group")(events.group)
application.command("alias")(events.alias)
application.command("import")(importing.import_file)
application.command("merge")(people.merge)
application.command("split")(people.split)
application.add_typer(lake.application, name="lake")
application.command("erase")(erasures.erase)
application.command("suppress")(suppressions.suppress)
application.command("unsuppress")(suppressions.unsuppress)
application.add_typer(jobs.application, name="jobs")
application.add_typer(deliveries.application, name="deliveries")
application.add_typer(rejected.application, name="rejected")
application.add_typer(sources.application, name="source")
application.add_typer(destinations.application, name="destination")
application.add_typer(audiences.application, name="audience")
application.add_typer(computed_traits.application, name="trait")
application.add_typer(workspaces.application, name="workspace")
application.add_typer(keys.application, name="key")
application.command("version")(version)
