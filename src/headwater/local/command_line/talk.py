"""`talk`: a prompt for plain language, with history and completion."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import typer

from headwater.local.command_line.language import CONFIRMED, carry_out, confirm, save_person
from headwater.local.command_line.options import with_server
from headwater.local.command_line.output import complain, say
from headwater.local.command_line.remote import Remote
from headwater.local.command_line.spoken import print_spoken
from headwater.local.command_line.trouble import UNREACHABLE, Trouble

_KEPT = 1000
_HELP = (
    "Say what happened, whom you mean or what you want to know. 'examples' shows some; Ctrl-D ends."
)


@with_server
def talk(server: Remote) -> None:
    """Talk to a server in plain language, line by line.

    Arrow keys bring back earlier lines; the tab key completes words. What would send, merge,
    erase or route is shown first, and done once you say yes. Lines from a pipe are read too.

    Examples:
        headwater talk
        headwater talk < facts.txt
    """
    is_terminal = sys.stdin.isatty()
    keep_history = _history() if is_terminal else None
    if is_terminal:
        say(_HELP, style="dim")
    failed = False
    for line in _lines(is_terminal=is_terminal):
        if line in {"examples", "help", "?"}:
            _examples()
            continue
        try:
            _answer(server, line)
        except Trouble as trouble:
            if trouble.exit_code == UNREACHABLE:
                raise
            complain(str(trouble))
            failed = True
    if keep_history is not None:
        keep_history()
    elif failed:
        raise typer.Exit(1)


def _answer(server: Remote, line: str) -> None:
    order = {"text": line}
    shown = server.ask("POST", "/v1/ask", parameters={"plan": "true"}, body=order)
    if shown["effect"] in CONFIRMED and shown["missing"] is None:
        confirm(shown, yes=False)
    if shown["plan"]["do"] == "export_person":
        save_person(server, shown, None)
    else:
        print_spoken(carry_out(server, shown, None))


def _lines(*, is_terminal: bool) -> Iterable[str]:
    while True:
        try:
            line = input("headwater> " if is_terminal else "").strip()
        except EOFError:
            if is_terminal:
                say("")
            return
        if line in {"exit", "quit", "bye"}:
            return
        if line:
            yield line


def _examples() -> None:
    from headwater.local.command_line.talk_words import examples  # noqa: PLC0415 - a large grammar

    for example in examples():
        say(f"  {example}", style="dim")


def completions(text: str, known: Iterable[str]) -> list[str]:
    """Answer the words that begin like a text."""
    return [word for word in known if text and word.startswith(text.lower())]


def _history() -> Callable[[], None] | None:
    """Read the history and bind the tab key; answer what keeps the history in the end."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    from headwater.local.command_line.talk_words import words  # noqa: PLC0415 - a large grammar

    path = history_file()
    with suppress(OSError):
        readline.read_history_file(path)
    known = words()

    def complete(text: str, state: int) -> str | None:
        found = completions(text, known)
        return f"{found[state]} " if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,:?")
    readline.parse_and_bind("tab: complete")

    def keep() -> None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(_KEPT)
            readline.write_history_file(path)
            path.chmod(0o600)  # what was said may name people

    return keep


def history_file() -> Path:
    """Answer where the history is kept (XDG Base Directory Specification 0.8)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "headwater" / "talk_history"
