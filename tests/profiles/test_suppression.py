"""Suppressed identifiers: known by hash alone, wherever a text may name them."""

from __future__ import annotations

import pytest

from headwater.profiles.suppression import SuppressionCheck, hash_of
from headwater.workspace import Suppression, WorkspaceConfig

SALT = "a-salt"


def check(*identifiers: str) -> SuppressionCheck:
    """Answer a check by which these are suppressed."""
    hashes = frozenset(hash_of(SALT, one) for one in identifiers)
    return SuppressionCheck(WorkspaceConfig("default", suppression=Suppression(SALT, hashes)))


def test_one_of_several_is_enough() -> None:
    """An event is of everybody it names."""
    assert check("email:ada@example.com").covers(["user_id:1", "email:ada@example.com"])
    assert not check("email:ada@example.com").covers(["user_id:1", "user_id:ada@example.com"])


def test_nobody_is_suppressed_by_an_empty_list() -> None:
    """Where nobody is suppressed, the check says so, and needs not be asked."""
    assert not check()
    assert not check().names_any(b'{"userId":"1"}')


def test_another_salt_gives_another_hash() -> None:
    """The same person in two workspaces cannot be told to be the same."""
    assert hash_of("one", "user_id:1") != hash_of("other", "user_id:1")
    assert len(hash_of(SALT, "user_id:1")) == 32


@pytest.mark.parametrize(
    "body",
    [
        b'{"userId":"77","event":',
        b'{"userId":77',
        b'[{"a":{"x":"ADA@example.com "}}',
        b'\xff{"traits":{"email":"ada@EXAMPLE.com"}}',
    ],
    ids=["cut", "number", "other_form", "no_utf8"],
)
def test_a_text_that_is_no_event_is_searched(body: bytes) -> None:
    """Whatever was refused must not bring back who is suppressed."""
    assert check("user_id:77", "email:ada@example.com").names_any(body)


def test_other_texts_are_left() -> None:
    """Only whole values count: a longer one names somebody else."""
    assert not check("user_id:77").names_any(b'{"userId":"778","n":7.7}')
