"""What one module imports, from its text."""

from __future__ import annotations

import pytest

from scripts.upload.imports import imports_of

CASES = [
    ("import a.b", {"a.b"}),
    ("import a.b as c\nc.d()", {"a.b", "a.b.d"}),
    ("import a\na.b.c", {"a", "a.b.c", "a.b"}),
    ("from a import b, c", {"a.b", "a.c"}),
    ("from a import *", {"a"}),
    ("from . import b", {"here.within.b"}),
    ("from .b import c", {"here.within.b.c"}),
    ("from .. import b", {"here.b"}),
    ("def f():\n    from a import b", {"a.b"}),
    ("try:\n    import a\nexcept ImportError:\n    a = None", {"a"}),
    ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", {"b"}),
    ("if not TYPE_CHECKING:\n    import a", {"a"}),
    ("import typing\nif typing.TYPE_CHECKING:\n    import a", {"typing", "typing.TYPE_CHECKING"}),
    ("class A:\n    if DEEP:\n        import a", {"a"}),
]


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[case[0] for case in CASES])
def test_imports_are_found_wherever_they_stand(source: str, expected: set[str]) -> None:
    """At the top, in functions, in a try; not what type checkers alone see."""
    assert imports_of(source, "here.within.module", is_package=False).names == expected


def test_a_package_is_where_its_own_imports_begin() -> None:
    """`from . import b` in an `__init__` means a module beside it."""
    assert imports_of("from . import b", "here", is_package=True).names == {"here.b"}


def test_what_type_checkers_see_is_kept_apart() -> None:
    """A package with a `__getattr__` imports it when it is asked; it says under which name."""
    source = "if TYPE_CHECKING or not lazy():\n    from .b import c as d\n    from .e import *"
    found = imports_of(source, "here", is_package=True)

    assert found.names == set()
    assert found.lazy == {"d": ["here.b.c"], "*": ["here.e"]}


def test_what_a_module_defines_is_told() -> None:
    """Classes, functions and values at its top; not what is inside of them."""
    source = "class A:\n    b = 1\ndef c():\n    d = 1\ne: int = 2\nf = g = 3"

    assert imports_of(source, "here", is_package=False).defined == {"A", "c", "e", "f", "g"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import_module(name)", True),
        ("importlib.import_module(name)", True),
        ("__import__(name)", True),
        ("entry_points(group='a')", True),
        ("module(name)", False),
    ],
)
def test_imports_by_computed_names_are_noticed(source: str, *, expected: bool) -> None:
    """Whoever puts modules together must be told what those may be."""
    assert imports_of(source, "here", is_package=False).by_name is expected


def test_what_is_not_python_is_refused() -> None:
    """Nothing is known of its imports."""
    with pytest.raises(SyntaxError):
        imports_of("def", "here", is_package=False)
