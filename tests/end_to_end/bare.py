"""Python as `pip install headwater[local]` leaves it: what other extras bring is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
_HOOK = """
import sys

ABSENT = {absent!r}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ABSENT:
            raise ModuleNotFoundError(f"{{name}} is not in a bare installation", name=name)

sys.meta_path.insert(0, Absent())
"""


def bare_path(folder: Path) -> str:
    """Answer a PYTHONPATH under which only what the runtime extra brings can be imported."""
    folder.mkdir()
    hook = _HOOK.format(absent=absent_modules())
    (folder / "sitecustomize.py").write_text(hook, "utf-8")
    return f"{folder}:{ROOT / 'src'}"


def absent_modules() -> set[str]:
    """Answer the names of installed modules that no dependency of the runtime extra brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["local"]
    present = _closure(Requirement(one) for one in asked) | {"headwater"}
    return {
        module
        for module, brought_by in packages_distributions().items()
        if not {_canonical(one) for one in brought_by} & present
    }


def _closure(asked: Iterable[Requirement]) -> set[str]:
    """Answer the names of what is installed with requirements, theirs included."""
    waiting, found = [(one, "") for one in asked], set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for own in {"", *requirement.extras}:
            if (key := (_canonical(requirement.name), own)) not in found:
                found.add(key)
                waiting += [(one, own) for one in _requirements(requirement.name)]
    return {name for name, _ in found}


def _requirements(name: str) -> list[Requirement]:
    try:
        return [Requirement(one) for one in requires(name) or ()]
    except PackageNotFoundError:  # for another system or Python than this
        return []


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
