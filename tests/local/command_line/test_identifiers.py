"""Identifiers as commands take them."""

from __future__ import annotations

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from headwater.local.command_line.identifiers import checked


@given(st.text(min_size=1).filter(lambda text: ":" not in text), st.text(min_size=1))
def test_what_is_written_as_one_stays_as_it_is(type_: str, value: str) -> None:
    """A value may hold anything, colons too; the server says what types there are."""
    assert checked(f"{type_}:{value}") == f"{type_}:{value}"
    assert checked([f"{type_}:{value}"]) == [f"{type_}:{value}"]


@pytest.mark.parametrize("given", [None, []])
def test_none_is_none(given: list[str] | None) -> None:
    """What may be left out may be."""
    assert checked(given) is given


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("42", "user_id:42"),
        ("ada@example.com", "email:ada@example.com"),
        ("email:", "email:42"),
        (":7", "user_id:7"),
        ("", "user_id:42"),
    ],
)
def test_a_bare_value_is_refused_with_what_is_near(given: str, near: str) -> None:
    """Nothing is guessed, and how to write it is said."""
    with pytest.raises(typer.BadParameter, match=f"such as {near}."):
        checked(["user_id:1", given])
