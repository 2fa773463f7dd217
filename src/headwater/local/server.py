"""Uvicorn, made to listen where we say, to say when it does, and to end when it should."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, cast

import uvicorn

from headwater.local.known_head_protocol import KnownHeadProtocol
from headwater.local.known_heads import KnownHeads
from headwater.local.stalled_connections import PATIENCE, StalledConnections
from headwater.quantities import counted
from headwater.settings import Settings, SettingsError

_BACKLOG = 2048
_TICKS_BETWEEN_SWEEPS = 50  # five seconds

_logger = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """One ASGI server on one socket; SIGTERM and SIGINT drain it, a second one cuts it short."""

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        *,
        grace: float,
        started: Callable[[], None],
        draining: Callable[[], None],
        patience: float = PATIENCE,
    ) -> None:
        """Prepare.

        Args:
            app: the ASGI app.
            listener: bound; closed when the server ends.
            grace: seconds that requests under way get to finish when draining.
            started: called once requests are answered.
            draining: called when the first signal arrives, before anything is closed.
            patience: seconds after which a connection is closed whose client stopped sending.
        """
        config = uvicorn.Config(
            app,
            http=cast("Any", partial(KnownHeadProtocol, known=KnownHeads())),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # collect reads them itself, from trusted proxies only
            backlog=_BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, round(grace)),
        )
        super().__init__(config)
        self._stalled = StalledConnections(patience=patience)
        self._listener = listener
        self._started = started
        self._draining = draining

    async def run_until_signal(self) -> None:
        """Serve until a signal, then drain and return."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            await self.serve(sockets=[self._listener])
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Begin to drain; when called again, do not wait for what is under way."""
        if self.should_exit:
            self.force_exit = True
        else:
            self._draining()
            self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell."""
        await super().startup(sockets=sockets)
        self._started()

    async def on_tick(self, counter: int) -> bool:
        """Do what is done ten times a second, and look after stalled connections now and then."""
        if counter % _TICKS_BETWEEN_SWEEPS == 0:
            connections = cast("set[KnownHeadProtocol]", self.server_state.connections)
            closed = self._stalled.sweep(connections, monotonic())
            if closed:
                _logger.info("Closed %s whose clients had stopped.", counted(closed, "connection"))
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `run_until_signal`: uvicorn would die of SIGTERM in the end."""
        yield


def listen(settings: Settings) -> socket.socket:
    """Bind the address and port of the settings.

    Raises:
        SettingsError: they cannot be bound; it says why, and what to do.
    """
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"Cannot listen on {host}: {error.strerror}. Change --host.") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another with --port; 0 takes a free one."
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Answer the address to give to clients on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
