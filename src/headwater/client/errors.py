"""Every error that the client raises at a call, or hands to `on_error`.

    ClientError
    ├── InvalidSettings        raised when the client is made (also a ValueError)
    ├── InvalidEvent           raised at the call (also a ValueError)
    ├── ClientClosed           raised at the call, after `close`
    ├── QueueFull              raised at the call, or handed to on_error: see `when_full`
    ├── Refused                on_error: the server said no, and would say so again
    │   └── KeyRefused         on_error: it does not accept the write key
    ├── EventRejected          on_error: the server took the batch, but not these events of it
    └── Undelivered            on_error: tried for long enough, and there is no spool to keep it

An error says what was wrong, where, and what to do about it. None of them quotes the contents of
an event, so that they can be logged.
"""

from __future__ import annotations


class ClientError(Exception):
    """Something went wrong in the Headwater client."""


class InvalidSettings(ClientError, ValueError):
    """A setting of the client is missing or out of range."""


class InvalidEvent(ClientError, ValueError):
    """An event cannot be sent as it is."""


class ClientClosed(ClientError):
    """The client was closed; make a new one."""


class QueueFull(ClientError):
    """Events are made faster than they can be sent, and the queue is at its limit."""


class Refused(ClientError):
    """The server refused events for good. `status` is the HTTP status of its answer."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class KeyRefused(Refused):
    """The server does not accept the write key."""


class EventRejected(ClientError):
    """The server refused single events of a batch. `code` is its reason, for programs."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Undelivered(ClientError):
    """Events could not be sent, and there is no spool that could keep them."""
