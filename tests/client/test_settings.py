"""What a client can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headwater.client.errors import InvalidSettings
from headwater.client.settings import Options, Settings, settings

HOME = {"HOME": "/home/ada"}


def read(
    write_key: str | None = "wk",
    host: str | None = None,
    environ: dict[str, str] | None = None,
    **options: Any,
) -> Settings:
    """Answer the settings in force."""
    given: Options = options  # type: ignore[assignment]  # wrong ones are part of the tests
    return settings(write_key, host, options=given, environ=HOME | (environ or {}))


def test_what_is_given_wins_over_the_environment() -> None:
    """Then the environment, then the default."""
    environ = {"HEADWATER_WRITE_KEY": "env", "HEADWATER_HOST": "https://env.example"}

    assert (read("wk", "http://h", environ).write_key, read("wk", "http://h").host) == (
        "wk",
        "http://h",
    )
    assert read(None, None, environ).write_key == "env"
    assert read(None, None, environ).host == "https://env.example"
    assert read("wk").host == "http://localhost:8080"


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_missing_key_says_where_to_get_one(key: str | None) -> None:
    """The first thing that goes wrong for a newcomer."""
    with pytest.raises(InvalidSettings, match="HEADWATER_WRITE_KEY"):
        read(key)


@pytest.mark.parametrize("key", ["a:b", "schlüssel", "a\nb"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    """A colon would end the user name of Basic authentication."""
    with pytest.raises(InvalidSettings, match="write key"):
        read(key)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("http://h", "http://h/v1/batch"),
        ("http://h:8080/", "http://h:8080/v1/batch"),
        ("https://h/events", "https://h/events/v1/batch"),
        ("https://h/v1", "https://h/v1/batch"),
        ("https://h/v1/batch/", "https://h/v1/batch"),
    ],
)
def test_a_host_becomes_the_address_of_batches(host: str, url: str) -> None:
    """With or without a path, and as other clients want it."""
    assert read("wk", host).url == url


@pytest.mark.parametrize(
    "host",
    ["localhost:8080", "ftp://h", "http://", "", "http://u:p@h", "http://h?a=1", "http://[x"],
)
def test_what_is_no_address_is_refused(host: str) -> None:
    """A user in the address would end up in logs."""
    with pytest.raises(InvalidSettings, match="host"):
        read("wk", host)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 2501),
        ("batch_size", 1.5),
        ("batch_size", True),
        ("batch_bytes", 475_001),
        ("interval", -1),
        ("interval", "1"),
        ("interval", float("nan")),
        ("max_queue", 0),
        ("when_full", "wait"),
        ("timeout", 0),
        ("spool", 7),
        ("spool_bytes", 1),
    ],
)
def test_a_setting_out_of_range_is_named(name: str, value: Any) -> None:
    """With what it is, and what it may be."""
    with pytest.raises(InvalidSettings, match=name):
        read(**{name: value})


def test_an_unknown_setting_is_named_with_the_known_ones() -> None:
    """A typing mistake is found at once."""
    with pytest.raises(InvalidSettings, match="no setting 'flush_at'; there are: batch_size"):
        read(flush_at=20)


def test_the_spool_is_apart_for_every_key_and_host() -> None:
    """Events never go to another place than they were meant for, and the key is not in the name."""
    folders = [
        read("wk_secret", "http://a", spool="/spool").spool,
        read("wk_secret", "http://b", spool="/spool").spool,
        read("wk_other", "http://a", spool="/spool").spool,
    ]

    assert len(set(folders)) == 3
    assert {folder.parent for folder in folders if folder} == {Path("/spool")}
    assert not any("wk_" in str(folder) for folder in folders)
    assert read("wk_secret", "http://a/", spool="/spool").spool == folders[0]


def test_the_spool_is_in_the_users_state_folder() -> None:
    """As the XDG specification has it; None switches it off."""
    default = read("wk").spool
    moved = read("wk", environ={"XDG_STATE_HOME": "/state"}).spool

    assert default is not None
    assert default.parent == Path("/home/ada/.local/state/headwater/spool")
    assert moved is not None
    assert moved.parent == Path("/state/headwater/spool")
    assert read("wk", spool=None).spool is None
