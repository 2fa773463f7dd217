"""Listening, and the address that people are told."""

from __future__ import annotations

import socket

import pytest

from headwater.local.server import listen, url_of
from headwater.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:{port}"),
        ("0.0.0.0", "http://127.0.0.1:{port}"),
        ("localhost", "http://127.0.0.1:{port}"),
    ],
)
def test_port_0_takes_a_free_one(host: str, expected: str) -> None:
    """The real port is told, with an address that works on this machine."""
    with listen(Settings(host=host, port=0)) as listener:
        port = listener.getsockname()[1]

        assert port > 0
        assert url_of(listener) in {expected.format(port=port), f"http://[::1]:{port}"}


def test_a_port_in_use_is_an_error_that_helps() -> None:
    """It names the port, the reason and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"port {port}: Address already in use\. .*--port"):
            listen(Settings(port=port))


def test_an_address_of_another_machine_is_an_error_that_helps() -> None:
    """An address that is not this machine's cannot be listened on."""
    with pytest.raises(SettingsError, match=r"Cannot listen on 192\.0\.2\.1"):
        listen(Settings(host="192.0.2.1", port=0))
