"""Makes the folder of files that Cloudflare serves by itself, without the Worker: `build/assets`.

What visitors' browsers fetch lies there: the snippet, under each address that wrangler.toml gives
it, and the files of analytics-next, where wrangler.toml names their folder. Such requests cost
nothing, and wait for no isolate. `_headers` has what is answered with them
(https://developers.cloudflare.com/workers/static-assets/headers/).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from headwater.api import browser_files
from headwater.settings import SettingsError, read_settings
from scripts.upload.worker import mirror

FOLDER = "build/assets"


def write(root: Path) -> None:
    """Make the folder of a tree hold what its wrangler.toml asks for.

    Raises:
        SettingsError: a variable there cannot be used; its words say which, and why.
    """
    wrangler = tomllib.loads((root / "wrangler.toml").read_text("utf-8"))
    mirror(files(root, _variables(wrangler)), root / FOLDER)


def files(root: Path, environments: Iterable[Mapping[str, str]]) -> dict[str, bytes]:
    """Answer the files by their names there, for all environments by their variables."""
    found: dict[str, bytes] = {}
    headers: dict[str, tuple[bytes, bytes]] = {}
    for variables in environments:
        settings = read_settings(flags={}, environment=variables, file={}).settings
        found[_inside(settings.script_path)] = browser_files.snippet()
        headers[settings.script_path] = (browser_files.SCRIPT, browser_files.SHORT)
        if settings.analytics_js:
            for path in _analytics_next(root / settings.analytics_js):
                found[f"{browser_files.BUNDLES[1:]}{path.name}"] = path.read_bytes()
            headers[f"{browser_files.BUNDLES}*"] = (browser_files.SCRIPT, browser_files.LONG)
    found["_headers"] = "".join(_rule(*one) for one in sorted(headers.items())).encode()
    return found


def _variables(wrangler: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Answer the variables of each environment; they are not inherited."""
    for one in (wrangler, *wrangler.get("env", {}).values()):
        yield {name: str(value) for name, value in one.get("vars", {}).items()}


def _inside(path: str) -> str:
    name = path.removeprefix("/")
    if name in {"_headers", "_redirects", ".assetsignore"} or ".." in name.split("/"):
        raise SettingsError(f"script_path: {path} has a meaning of its own; choose another name.")
    return name


def _analytics_next(folder: Path) -> list[Path]:
    scripts = sorted(folder.glob("*.js"))
    if not any(path.name == browser_files.ENTRY for path in scripts):
        raise SettingsError(
            f"analytics_js: {folder} has no {browser_files.ENTRY}; name the folder dist/umd of the"
            " npm package @segment/analytics-next."
        )
    return scripts


def _rule(path: str, kind: tuple[bytes, bytes]) -> str:
    lines = [f"  {name.decode()}: {value.decode()}" for name, value in browser_files.headers(*kind)]
    return "\n".join([path, *lines]) + "\n"
