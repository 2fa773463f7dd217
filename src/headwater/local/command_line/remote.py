"""How commands talk to a server: over its admin API, with a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from headwater.local.command_line.trouble import REFUSED, UNREACHABLE, USAGE, Trouble
from headwater.local.configuration import configure
from headwater.local.data_directory import DataDirectory
from headwater.settings import SettingsError

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and the key that opens it."""

    url: str
    admin_key: str


def find_server(
    *,
    url: str | None,
    key: str | None,
    data: Path | None,
    environment: Mapping[str, str],
) -> Address:
    """Answer what flags say, else the environment, else what the server here wrote down.

    Raises:
        Trouble: there is no key to be found, or the settings cannot be read.
    """
    url = url or environment.get("HEADWATER_URL") or None
    key = key or environment.get("HEADWATER_ADMIN_KEY")
    if not (url and key):
        directory = _data_directory(data, environment)
        saved = DataDirectory(directory).saved_connection()
        # A saved key is for the server that saved it, and goes to no other address.
        if saved is not None and (url is None or url.rstrip("/") == saved.url):
            url, key = url or saved.url, key or saved.admin_key
        elif not key and url is not None:
            raise Trouble(
                f"No admin key was given for {url}. Give one with --key (HEADWATER_ADMIN_KEY); the "
                "server showed it at its first start, and 'headwater key create' makes another.",
                exit_code=USAGE,
            )
        elif not key:
            raise Trouble(
                f"No server was found in {directory} and no admin key was given. Start one with "
                "'headwater serve', name its folder with --data, or give --url and --key "
                "(HEADWATER_URL, HEADWATER_ADMIN_KEY).",
                exit_code=USAGE,
            )
    return Address((url or "http://127.0.0.1:8080").rstrip("/"), key or "")


def _data_directory(data: Path | None, environment: Mapping[str, str]) -> Path:
    if data is not None:
        return data
    try:
        return Path(configure({}, environment).settings.data)
    except SettingsError as error:
        raise Trouble(str(error), exit_code=USAGE) from error


@dataclass(slots=True)
class Remote:
    """A server's admin API, and how the command should print.

    Attributes:
        as_json: print what the API answers, for scripts.
    """

    address: Address
    workspace: str | None = None
    as_json: bool = False
    transport: httpx.BaseTransport | None = None
    _client: httpx.Client | None = field(default=None, repr=False)

    def get(self, path: str, /, **parameters: Any) -> Any:
        """Answer what GET answers; parameters that are None are left out."""
        return self.ask("GET", path, parameters=parameters)

    def post(self, path: str, body: Mapping[str, Any] | None = None, /) -> Any:
        """Answer what POST answers; fields that are None are left out."""
        return self.ask("POST", path, body=body or {})

    def patch(self, path: str, body: Mapping[str, Any], /) -> Any:
        """Answer what PATCH answers."""
        return self.ask("PATCH", path, body=body)

    def delete(self, path: str, /) -> Any:
        """Answer what DELETE answers."""
        return self.ask("DELETE", path)

    def ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Make one request and answer its JSON; `timeout` is in seconds, where it takes long.

        Raises:
            Trouble: the server was not reached, or refused.
        """
        with self._reaching():
            response = self.client.request(
                method,
                path,
                params=_present(parameters or {}),
                json=None if body is None else _present(body),
                timeout=_TIMEOUT if timeout is None else httpx.Timeout(timeout, connect=5.0),
            )
        if response.is_error:
            raise refusal(response)
        try:
            return response.json()
        except ValueError as error:
            raise refusal(response) from error

    @contextmanager
    def stream(self, path: str, /, **parameters: Any) -> Iterator[Iterator[str]]:
        """Give the lines of an answer that goes on."""
        timeout = httpx.Timeout(60.0, connect=5.0)  # a heartbeat comes every 15 seconds
        headers = {"accept": "text/event-stream"}
        with (
            self._reaching(),
            self.client.stream(
                "GET", path, params=_present(parameters), timeout=timeout, headers=headers
            ) as response,
        ):
            if response.is_error:
                response.read()
                raise refusal(response)
            yield response.iter_lines()

    def pieces(self, path: str, /, *, after: int = 0) -> Iterator[bytes]:
        """Answer a file's bytes, those after the first `after`, piece by piece.

        Raises:
            Trouble: the server was not reached, or refused.
        """
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if after:
            headers["range"] = f"bytes={after}-"
        with (
            self._reaching(),
            self.client.stream("GET", path, headers=headers, timeout=_TIMEOUT) as response,
        ):
            if response.is_error:
                response.read()
                raise refusal(response)
            yield from response.iter_bytes(1024 * 1024)

    @property
    def client(self) -> httpx.Client:
        """The client behind all requests, made at the first."""
        if self._client is None:
            headers = {"authorization": f"Bearer {self.address.admin_key}"}
            if self.workspace:
                headers["headwater-workspace"] = self.workspace
            self._client = httpx.Client(
                base_url=self.address.url,
                headers=headers,
                timeout=_TIMEOUT,
                transport=self.transport,
            )
        return self._client

    def close(self) -> None:
        """Close what was opened."""
        if self._client is not None:
            self._client.close()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            message = (
                f"{self.address.url} is no address of a server, such as http://127.0.0.1:8080."
            )
            raise Trouble(message, exit_code=USAGE) from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise Trouble(
                f"Cannot reach {self.address.url}: {reason}. Is the server running? "
                "Name another one with --url.",
                exit_code=UNREACHABLE,
            ) from error


def refusal(response: httpx.Response) -> Trouble:
    """Answer the trouble that an error response tells of."""
    try:
        content = response.json()
    except ValueError:
        content = None
    if isinstance(content, dict) and isinstance(content.get("message"), str):
        return Trouble(content["message"], exit_code=REFUSED, content=content)
    message = f"The server answered {response.status_code}, and not as Headwater does."
    return Trouble(f"{message} Is {response.url} the right address?", exit_code=REFUSED)


def segment(name: str) -> str:
    """Write a name as one segment of a path."""
    return quote(name, safe="")


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
