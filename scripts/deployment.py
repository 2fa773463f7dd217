"""Deploys Headwater to Cloudflare step by step, through wrangler; see `scripts/deploy`."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

KEYS = {
    "HEADWATER_WRITE_KEY": ("wk_", 16, "opens workspace `default` for events; public in browsers"),
    "HEADWATER_ADMIN_KEY": ("hw_", 32, "opens the admin API, and everything in it; keep it secret"),
}


class Stopped(Exception):
    """The deployment did not go on; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Wrangler:
    """Cloudflare's own tool.

    Attributes:
        command: how it is called here.
        environment: the environment of wrangler.toml that it works on; empty for the top level.
    """

    command: tuple[str, ...]
    environment: str

    def ask(self, *arguments: str) -> str:
        """Answer what it prints; one that fails stops the deployment with its own words."""
        done = subprocess.run(
            [*self.command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Stopped(
                f"wrangler {' '.join(arguments[:2])} failed:\n{done.stderr or done.stdout}"
            )
        return done.stdout

    def tell(self, *arguments: str, typed: str | None = None) -> None:
        """Have it do something, its output shown as it comes; `typed` is its standard input."""
        command = [*self.command, *arguments, *self.of_environment()]
        done = subprocess.run(command, cwd=ROOT, input=typed, text=True, check=False)
        if done.returncode:
            raise Stopped(f"wrangler {arguments[0]} failed; what it said is above.")

    def of_environment(self) -> list[str]:
        """Answer the flag that names the environment."""
        return ["--env", self.environment] if self.environment else ["--env="]


def found_wrangler() -> tuple[str, ...]:
    """Answer how to call wrangler: the one on the path, or by npx.

    Raises:
        Stopped: there is no Node.
    """
    if own := shutil.which("wrangler"):
        return (own,)
    if npx := shutil.which("npx"):
        return (npx, "--yes", "wrangler@4")
    raise Stopped(
        "wrangler needs Node 22 or newer, and no npx was found.\n"
        "Install Node (https://nodejs.org), then run this again."
    )


def settings(environment: str) -> dict[str, Any]:
    """Answer wrangler.toml's settings of an environment.

    Raises:
        Stopped: there is none of that name.
    """
    whole = tomllib.loads((ROOT / "wrangler.toml").read_text("utf-8"))
    if not environment:
        return whole
    named: dict[str, Any] | None = whole.get("env", {}).get(environment)
    if named is None:
        there = ", ".join(whole.get("env", {})) or "none"
        raise Stopped(f"wrangler.toml has no [env.{environment}]; it has: {there}.")
    return named


def queues(of: dict[str, Any]) -> list[str]:
    """Answer the queues that settings name, those for what failed among them."""
    declared = of.get("queues", {})
    names = [one["queue"] for one in declared.get("producers", [])]
    for one in declared.get("consumers", []):
        names += [one["queue"], one.get("dead_letter_queue")]
    return list(dict.fromkeys(name for name in names if name))


def buckets(of: dict[str, Any]) -> list[str]:
    """Answer the R2 buckets that settings name."""
    return [one["bucket_name"] for one in of.get("r2_buckets", [])]


class Deployment:
    """The steps, each of which finds out first what is there already."""

    def __init__(self, wrangler: Wrangler, *, is_asking: bool) -> None:
        self._wrangler = wrangler
        self._is_asking = is_asking
        self._new: dict[str, str] = {}

    def run(self) -> None:
        """Go through all of them."""
        of = settings(self._wrangler.environment)
        self._logged_in()
        self._make_queues(queues(of))
        self._make_buckets(buckets(of))
        self._deploy()
        self._set_keys()
        self._tell()

    def _agreed(self, question: str) -> bool:
        if not self._is_asking:
            return True
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}

    def _logged_in(self) -> None:
        print("==> Looking for your Cloudflare account", flush=True)
        told = self._wrangler.ask("whoami")
        if "not authenticated" in told.lower():
            raise Stopped("Not logged in to Cloudflare. Run `npx wrangler login`, then this again.")

    def _make_queues(self, names: Sequence[str]) -> None:
        self._make(
            "queue",
            names,
            by=("queues",),
            cost="Queues need the Workers paid plan; a million operations a month are included.",
            without="Nothing was changed. Headwater cannot run without its queues.",
        )

    def _make_buckets(self, names: Sequence[str]) -> None:
        self._make(
            "bucket",
            names,
            by=("r2", "bucket"),
            cost="R2, where the lake is, charges by what is stored and done beyond 10 GB and a "
            "million writes a month.",
            without="No bucket was made. Without a lake, take it out of wrangler.toml first.",
        )

    def _make(
        self, thing: str, names: Sequence[str], *, by: Sequence[str], cost: str, without: str
    ) -> None:
        """Make what wrangler's command `by` does not list, once that is agreed to."""
        listed = self._wrangler.ask(*by, "list")
        words = set(listed.replace("│", " ").replace("|", " ").split())
        missing = [name for name in names if name not in words]
        if not missing:
            print(f"==> Each {thing} is there", flush=True)
            return
        print(f"To be made, each a {thing}: {', '.join(missing)}.")
        print(cost)
        if not self._agreed("Make what is missing?"):
            raise Stopped(without)
        for name in missing:
            print(f"==> Making {thing} {name}", flush=True)
            self._wrangler.ask(*by, "create", name)

    def _deploy(self) -> None:
        print("Durable Objects, requests and rows written are charged by use beyond what your plan")
        print("includes; docs/edge.md has the figures for an event.")
        if not self._agreed("Deploy the Worker?"):
            raise Stopped("Not deployed. Queues and bucket stay; empty they cost nothing.")
        self._wrangler.tell("deploy")

    def _set_keys(self) -> None:
        listed = self._wrangler.ask("secret", "list", *self._wrangler.of_environment())
        present = {one["name"] for one in json.loads(listed[listed.index("[") :])}
        for name, (prefix, length, meaning) in KEYS.items():
            if name in present:
                print(f"==> {name} is set", flush=True)
                continue
            print(f"{name} {meaning}.")
            if not self._agreed(f"Make a new {name}?"):
                continue
            self._new[name] = prefix + secrets.token_hex(length)
            self._wrangler.tell("secret", "put", name, typed=self._new[name])

    def _tell(self) -> None:
        print("\nDeployed.")
        for name, key in self._new.items():
            print(f"{name}  {key}  (shown this once; keep it)")
        print("The URL is in wrangler's output above; with your own domain, the route's.")


def main(arguments: list[str] | None = None) -> int:
    """Deploy; answer the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/deploy",
        description="Guide a first deployment to Cloudflare; again, it adds what is missing.",
        epilog="Examples: scripts/deploy; scripts/deploy --env staging; scripts/deploy --yes",
    )
    parser.add_argument("--env", default="", metavar="NAME", help="an environment of wrangler.toml")
    parser.add_argument("--yes", action="store_true", help="ask nothing: for automation")
    options = parser.parse_args(arguments)
    try:
        wrangler = Wrangler(found_wrangler(), options.env)
        Deployment(wrangler, is_asking=not options.yes).run()
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nStopped; what was made stays, and is found again next time.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
