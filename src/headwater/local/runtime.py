"""A server on this machine, from its first look at the disk to its last."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headwater.local.application import application
from headwater.local.clock import SystemClock
from headwater.local.data_directory import Connection, DataDirectory
from headwater.local.first_start import Keys, prepare
from headwater.local.lake.buckets import check_address
from headwater.local.migrations import open_database
from headwater.local.open_files import raise_limit
from headwater.local.parts import running
from headwater.local.random import SystemRandom
from headwater.local.rewriting import remove_copies
from headwater.local.server import Server, listen, url_of
from headwater.local.sql import Database
from headwater.local.workspaces import configs, drop_unconfigured
from headwater.settings import Settings
from headwater.workspace import WorkspaceConfig

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """What people are told once requests are answered."""

    url: str
    keys: Keys
    data: Path


async def run(settings: Settings, *, announce: Callable[[Started], None]) -> None:
    """Serve until a signal, then drain and return.

    Args:
        settings: those in force.
        announce: called once requests are answered.

    Raises:
        SettingsError: the address cannot be listened on, or the lake's is none.
        DataDirectoryError: the data directory cannot be used.
        HeadwaterError: a preset key cannot be used.
        sqlite3.Error: the database cannot be opened.
    """
    asyncio.get_running_loop().set_exception_handler(_log_loop_error)
    raise_limit()
    check_address(settings.lake)  # first: a key is shown once, by the first start that succeeds
    with DataDirectory(Path(settings.data)) as directory:
        listener = listen(settings)
        try:
            await _serve(settings, directory, listener, announce)
        finally:
            listener.close()


async def _serve(
    settings: Settings,
    directory: DataDirectory,
    listener: socket.socket,
    announce: Callable[[Started], None],
) -> None:
    remove_copies(directory.database)
    database = open_database(directory.database)
    keys, present = _prepared(database, settings, directory)
    started = Started(url_of(listener), keys, directory.path)

    def tell() -> None:
        directory.save_connection(Connection(started.url, keys.command_line_key))
        _logger.info("Requests are answered.", extra={"port": listener.getsockname()[1]})
        announce(started)

    async with running(settings, database, directory.database, present) as parts:
        app, drain = application(parts, settings)
        # What was made until now stays: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        # Of what requests make, next to nothing is in cycles, and a turn holds thousands of values
        # at a time: at the usual 700 the collector would look at them over and over.
        gc.set_threshold(100_000, 50, 100)
        server = Server(app, listener, grace=settings.shutdown_grace, started=tell, draining=drain)
        await server.run_until_signal()
    gc.unfreeze()  # what stays frozen at the end DuckDB complains of as leaked
    _logger.info("Ended; everything that was answered is on the disk.")


def _prepared(
    database: Database, settings: Settings, directory: DataDirectory
) -> tuple[Keys, Sequence[WorkspaceConfig]]:
    random = SystemRandom()
    try:
        saved = directory.saved_connection()
        keys = prepare(
            database,
            settings,
            clock=SystemClock(),
            random=random,
            command_line_key=saved.admin_key if saved else None,
        )
        present = configs(database, random=random)
        drop_unconfigured(database, present)
    except BaseException:
        database.close()
        raise
    return keys, present


def _log_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody awaited, without the texts that may quote personal data."""
    error = context.get("exception")
    places = [
        f"{place.filename}:{place.lineno} in {place.name}"
        for place in traceback.extract_tb(getattr(error, "__traceback__", None))
    ]
    _logger.error(
        "A task failed and nobody waited for it.",
        extra={"error": type(error).__name__, "places": places},
    )
