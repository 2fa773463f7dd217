"""`Headwater`: say it, and have it done, from Python.

    hw = Headwater()
    await hw("user-123 completed order #456 revenue $99.99")
    await hw("users who abandoned cart").notify("Still there?").wait("3 days").notify("10% off!")
    hw("active Pro users").count().run()          # without an event loop

What `hw(…)` answers is lazy: nothing is sent until it is awaited or run, and then all of its
steps travel as one plan in one request.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

import httpx

from headwater.client.agents import ForAgent
from headwater.client.asking import (
    Each,
    Saying,
    Shown,
    each_step,
    read_answer,
    refused,
    wait_step,
)
from headwater.client.errors import ClientError, InvalidEvent, InvalidSettings

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class Unreachable(ClientError):
    """The server was not reached, so nothing is known to have been done."""


class Ask:
    """Something said, not yet sent: await it, or `run` it where there is no event loop."""

    __slots__ = ("_handle", "_saying")

    def __init__(self, handle: Headwater, saying: Saying) -> None:
        self._handle = handle
        self._saying = saying

    def notify(self, text: str) -> Ask:
        """Then send each of them this text."""
        if not isinstance(text, str) or not text.strip():
            raise InvalidEvent("notify: give the text to send")
        return self._with({"notify": text})

    def wait(self, duration: str | float | timedelta) -> Ask:
        """Then wait: `3 days`, a number of seconds, or a timedelta."""
        return self._with(wait_step(duration))

    def map(self, made: Callable[[Each], Any]) -> Ask:
        """Then do for each of them what `made` says of one; a second map is for the outcomes."""
        return self._with(each_step(self._saying.steps, made, _saying_of))

    def each(self, made: Callable[[Each], Any]) -> Ask:
        """Do for each of them what `made` says of one; the same as `map`."""
        return self.map(made)

    def count(self) -> Ask:
        """Answer how many they are instead."""
        return self._with({"count": True})

    def plan(self) -> Ask:
        """Answer the plan (`Shown`) instead of carrying it out."""
        saying = self._saying
        shown = Saying(saying.text, saying.params, saying.steps, saying.visitor, dry_run=True)
        return Ask(self._handle, shown)

    def run(self) -> Any:
        """Send it now and answer what came of it; blocks.

        Raises:
            AskRefused: the server did not do it, and says why.
            Unreachable: the server was not reached.
        """
        return self._handle.say(self._saying)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._handle.say_async(self._saying).__await__()

    def _with(self, step: Mapping[str, Any]) -> Ask:
        return Ask(self._handle, self._saying.then(step))

    @property
    def saying(self) -> Saying:
        """What would be sent."""
        return self._saying

    def __repr__(self) -> str:
        steps = "".join(f".{next(iter(step))}(…)" for step in self._saying.steps)
        return f"<Ask {self._saying.text!r}{steps}>"


def _saying_of(said: Any) -> Saying:
    if not isinstance(said, Ask):
        raise InvalidEvent(
            "what is done for each is said with the handle: "
            'lambda user: hw("win back {user}", user=user)'
        )
    return said.saying


class Headwater:
    """A handle on a server's language.

    Args:
        host: the server's address; else `HEADWATER_URL`, else http://127.0.0.1:8080.
        key: an admin key; else `HEADWATER_ADMIN_KEY`.
        workspace: which one, for a key that opens several; else `HEADWATER_WORKSPACE`.
        transport: an httpx transport for `run`, for tests and for unusual networks.
        async_transport: the same for `await`.

    Raises:
        InvalidSettings: there is no key.
    """

    for_ = ForAgent()
    """`for_(agent)`: a handle on the agent's own workspace, which is made where there is none."""

    def __init__(
        self,
        host: str | None = None,
        key: str | None = None,
        *,
        workspace: str | None = None,
        transport: httpx.BaseTransport | None = None,
        async_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        environment = os.environ
        self.host = (host or environment.get("HEADWATER_URL") or "http://127.0.0.1:8080").rstrip(
            "/"
        )
        self._key = key or environment.get("HEADWATER_ADMIN_KEY") or ""
        if not self._key:
            raise InvalidSettings("key is missing: give an admin key, or set HEADWATER_ADMIN_KEY")
        self.workspace = workspace or environment.get("HEADWATER_WORKSPACE") or None
        self._transport = transport
        self._async_transport = async_transport
        self._is_made = True

    def __call__(
        self, said: Any, /, *, dry_run: bool = False, visitor: str | None = None, **params: Any
    ) -> Ask:
        """Say something: a text whose `{name}`s are bound to `params`, or a t-string.

        Args:
            said: the text.
            dry_run: answer the plan, and do nothing.
            visitor: who the current visitor is, where the text names nobody.
            params: values, which are never read as words.
        """
        return Ask(self, Saying.of(said, params, visitor=visitor, dry_run=dry_run))

    def in_workspace(self, workspace: str, *, make: bool = False) -> Headwater:
        """Answer a handle on another workspace; `make` it at the first use where there is none."""
        other = Headwater(
            self.host,
            self._key,
            workspace=workspace,
            transport=self._transport,
            async_transport=self._async_transport,
        )
        other._is_made = not make
        return other

    def carry_out(self, shown: Shown) -> Any:
        """Carry out exactly the plan that was shown; blocks."""
        return self._run({"plan": dict(shown.plan), "hash": shown.hash, "id": str(uuid4())})

    async def carry_out_async(self, shown: Shown) -> Any:
        """Carry out exactly the plan that was shown."""
        body = {"plan": dict(shown.plan), "hash": shown.hash, "id": str(uuid4())}
        return await self._run_async(body)

    def say(self, saying: Saying) -> Any:
        """Send what was said; see `Ask.run`."""
        return self._run(saying.body(order=str(uuid4())), plan=saying.dry_run)

    async def say_async(self, saying: Saying) -> Any:
        """Send what was said; see `Ask.run`."""
        return await self._run_async(saying.body(order=str(uuid4())), plan=saying.dry_run)

    def _run(self, body: Mapping[str, Any], *, plan: bool = False) -> Any:
        with httpx.Client(**self._settings(), transport=self._transport) as client:
            if not self._is_made:
                self._made(self._sent(lambda: client.post("/v1/workspaces", json=self._order())))
            where = self._where()
            return _read(
                self._sent(lambda: client.post(_path(plan=plan), json=body, headers=where))
            )

    async def _run_async(self, body: Mapping[str, Any], *, plan: bool = False) -> Any:
        async with httpx.AsyncClient(**self._settings(), transport=self._async_transport) as client:
            try:
                if not self._is_made:
                    self._made(await client.post("/v1/workspaces", json=self._order()))
                path, where = _path(plan=plan), self._where()
                return _read(await client.post(path, json=body, headers=where))
            except httpx.TransportError as error:
                raise self._unreached(error) from error

    def _settings(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._key}"}
        return {"base_url": self.host, "headers": headers, "timeout": _TIMEOUT}

    def _where(self) -> dict[str, str]:
        return {"headwater-workspace": self.workspace} if self.workspace else {}

    def _sent(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            return send()
        except httpx.TransportError as error:
            raise self._unreached(error) from error

    def _unreached(self, error: Exception) -> Unreachable:
        reason = str(error) or type(error).__name__
        return Unreachable(f"Cannot reach {self.host}: {reason}. Is the server running?")

    def _order(self) -> dict[str, str]:
        return {"id": self.workspace or "", "name": self.workspace or ""}

    def _made(self, response: httpx.Response) -> None:
        if response.is_error and response.status_code != 409:  # 409: it is there already
            raise refused(response.status_code, _json(response))
        self._is_made = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open between phrases."""


def _path(*, plan: bool) -> str:
    return "/v1/ask?plan=true" if plan else "/v1/ask"


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _read(response: httpx.Response) -> Any:
    body = _json(response)
    if response.is_error or not isinstance(body, dict) or "executed" not in body:
        raise refused(response.status_code, body)
    return read_answer(body)
