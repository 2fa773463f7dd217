"""Which modules a main module reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import vendoring
from scripts.upload import reached as rules
from scripts.upload.reached import UnknownImports, path_of, reached


def tree(folder: Path, **sources: str) -> dict[str, Path]:
    """Write modules, `a__b` for a.b, and answer where each top-level one lies."""
    for name, source in sources.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    for path in list(folder.rglob("*")):
        if path.is_dir() and not (path / "__init__.py").exists():
            (path / "__init__.py").touch()
    return {path.name.partition(".")[0]: folder for path in folder.iterdir()}


def test_all_that_may_be_imported_is_reached(tmp_path: Path) -> None:
    """Modules, the packages above them, and what those import; nothing else."""
    places = tree(
        tmp_path,
        main="from one.two import three\ndef f():\n    import late",
        one__two="from . import beside\nthree = 3",
        one__beside="",
        one__not_asked_for="",
        late="import absent, json",
        other="",
    )

    assert reached(["main"], places) == {"main", "one", "one.two", "one.beside", "late"}


def test_a_name_given_when_asked_is_followed_to_its_module(tmp_path: Path) -> None:
    """As with pydantic and anyio: the package names it to type checkers, and imports it late."""
    places = tree(
        tmp_path,
        main="from lazy import Asked\nimport lazy\nlazy.by_attribute",
        lazy__asked="class Asked: ...",
        lazy__starred="by_attribute = 1",
        lazy__never="class Never: ...",
    )
    (tmp_path / "lazy" / "__init__.py").write_text(
        "if TYPE_CHECKING:\n"
        "    from .asked import Asked\n    from .never import Never\n    from .starred import *\n"
    )

    assert reached(["main"], places) == {"main", "lazy", "lazy.asked", "lazy.starred"}


def test_a_circle_ends(tmp_path: Path) -> None:
    """Modules that import each other are reached once."""
    assert reached(["one"], tree(tmp_path, one="import two", two="import one")) == {"one", "two"}


def test_computed_names_have_to_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a module would be missing in production, in the one case that needs it."""
    places = tree(tmp_path, main="import_module(name)", named="", many__one="", many__two="")

    with pytest.raises(UnknownImports, match=r"main import modules by computed names: write into"):
        reached(["main"], places)

    monkeypatch.setattr(rules, "BY_NAME", {"main": ("named", "many.*")})

    assert reached(["main"], places) == {"main", "named", "many", "many.one", "many.two"}


def test_compiled_modules_have_a_file_too(tmp_path: Path) -> None:
    """A module in C is found by the name that its Python gives it."""
    tree(tmp_path, package__module="")
    compiled = tmp_path / "package" / "_core.cpython-314-wasm32-emscripten.so"
    compiled.touch()
    places = {"package": tmp_path}

    assert path_of("package._core", places) == compiled
    assert path_of("package", places) == tmp_path / "package" / "__init__.py"
    assert path_of("package.absent", places) is None
    assert path_of("elsewhere", places) is None


def test_what_is_written_down_is_there() -> None:
    """No line in the rules is about a module that has gone from our own tree."""
    named = {*rules.BY_NAME, *rules.LEFT_OUT}
    ours = {name for name in named if name.startswith("headwater.")}
    places = {"headwater": vendoring.ROOT / "src"}

    assert {name for name in ours if path_of(name, places) is None} == set()
