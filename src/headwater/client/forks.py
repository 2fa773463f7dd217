"""Clients survive `os.fork`: the child starts empty, the parent goes on."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """A client, as far as a fork is concerned."""

    def start_over(self) -> None:
        """Forget, in a child, what the parent has queued, locked and connected."""
        ...


class _Forks:
    """The clients of this process. Hooks cannot be taken back, so there is one for all."""

    def __init__(self) -> None:
        self._clients: weakref.WeakSet[Forkable] = weakref.WeakSet()
        self._is_hooked = False

    def watch(self, client: Forkable) -> None:
        """Have the client start over in every child that this process forks from now on."""
        self._clients.add(client)
        if not self._is_hooked and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)
            self._is_hooked = True

    def _in_child(self) -> None:
        for client in list(self._clients):
            client.start_over()


watch = _Forks().watch
