"""Configurations are checked before they are stored, and shown without their secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from headwater.destinations.configuration import changed, created, hidden
from headwater.destinations.setting import HIDDEN
from headwater.errors import BadRequest
from headwater.workspace import DestinationConfig, EventType

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FixedRandom:
    """Counts instead of drawing."""

    def __init__(self) -> None:
        self._drawn = 0

    def uuid(self) -> str:
        self._drawn += 1
        return f"00000000-0000-4000-8000-{self._drawn:012x}"

    def uniform(self) -> float:
        return 0.5


def webhook(**settings: Any) -> DestinationConfig:
    """A webhook with these settings."""
    return DestinationConfig("d", "webhook", "Shop", {"url": "https://example.com/", **settings})


def test_new_one_is_complete() -> None:
    """Defaults are filled in, and a secret is made."""
    made = created(webhook(), FixedRandom())

    assert made.settings["format"] == "batch"
    assert made.settings["batch_size"] == 100
    assert made.settings["timeout"] == 15
    assert made.settings["headers"] == {}
    assert made.settings["secret"].startswith("whsec_")
    assert made.settings["previous_secret"] is None


def test_two_secrets_differ() -> None:
    """Each destination gets its own secret."""
    random = FixedRandom()

    one, other = created(webhook(), random), created(webhook(), random)

    assert one.settings["secret"] != other.settings["secret"]


def test_given_secret_is_kept() -> None:
    """A secret that is brought along is not replaced."""
    assert created(webhook(secret=SECRET), FixedRandom()).settings["secret"] == SECRET


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": None}, "'url' (URL) is missing"),
        ({"url": "example.com"}, "must be a full address"),
        ({"url": "ftp://example.com/"}, "must be a full address"),
        ({"url": "http://"}, "must be a full address"),
        ({"url": "http://a b/"}, "must be a full address"),
        ({"url": "http://example.com:99999/"}, "must be a full address"),
        ({"url": "http://[::1/"}, "must be a full address"),
        ({"url": "https://u:p@example.com/"}, "Authorization header"),
        ({"url": 5}, "must be a text"),
        ({"format": "xml"}, "must be one of batch, event"),
        ({"format": ["batch"]}, "must be one of batch, event"),
        ({"secret": "abc"}, "must be whsec_"),
        ({"secret": "whsec_%%%"}, "must be whsec_"),
        ({"secret": "whsec_YWJj"}, "24 to 64 bytes"),
        ({"previous_secret": "x"}, "must be whsec_"),
        ({"batch_size": 0}, "from 1 to 1000, not 0"),
        ({"batch_size": 1001}, "from 1 to 1000, not 1001"),
        ({"batch_size": "5"}, "must be a whole number"),
        ({"batch_size": True}, "must be a whole number"),
        ({"timeout": 61}, "from 1 to 60"),
        ({"headers": "a: b"}, "must be an object"),
        ({"headers": {"a b": "c"}}, "no header may have"),
        ({"headers": {"Host": "x"}}, "may not set Host"),
        ({"headers": {"Webhook-Signature": "x"}}, "may not set Webhook-Signature"),
        ({"headers": {"a": "b\r\nc: d"}}, "printable ASCII"),
        ({"headers": {"a": 5}}, "printable ASCII"),
        ({"ur": "https://example.com/"}, "did you mean 'url'"),
        ({"zzzzzz": 1}, "it has: batch_size"),
    ],
)
def test_wrong_setting_is_named(settings: dict[str, Any], told: str) -> None:
    """The error says which setting, and what it must be."""
    with pytest.raises(BadRequest) as raised:
        created(webhook(**settings), FixedRandom())

    assert told in raised.value.message


def test_error_does_not_repeat_a_secret() -> None:
    """A secret that was mistyped does not end up in logs."""
    with pytest.raises(BadRequest) as raised:
        created(webhook(secret="my-precious"), FixedRandom())

    assert "my-precious" not in raised.value.message


def test_unknown_type_names_those_there_are() -> None:
    """A type that is not in the table is refused."""
    with pytest.raises(BadRequest, match="webhook"):
        created(DestinationConfig("d", "webhok", "Shop"), FixedRandom())


def test_filter_and_types_are_checked() -> None:
    """What could never route is refused when it is stored, not when events come."""
    with pytest.raises(BadRequest, match="at character 8"):
        created(replace(webhook(), filter="type = "), FixedRandom())
    with pytest.raises(BadRequest, match="'click'"):
        created(replace(webhook(), types=(cast("EventType", "click"),)), FixedRandom())


def test_secrets_are_hidden_and_survive_a_round_trip() -> None:
    """What is shown holds no secret, and handed back it changes none."""
    made = created(webhook(secret=SECRET, headers={"Authorization": "Bearer x"}), FixedRandom())

    shown = hidden(made)
    again = changed(replace(shown, name="Other"), made)

    assert shown.settings["secret"] == HIDDEN
    assert shown.settings["headers"] == {"Authorization": HIDDEN}
    assert shown.settings["previous_secret"] is None
    assert shown.settings["url"] == "https://example.com/"
    assert again == replace(made, name="Other")


def test_secret_can_be_rotated() -> None:
    """A new secret takes the place of the old one, which goes on signing as the previous."""
    made = created(webhook(secret=SECRET), FixedRandom())
    fresh = created(webhook(), FixedRandom()).settings["secret"]

    rotated = changed(
        replace(made, settings={**made.settings, "secret": fresh, "previous_secret": SECRET}), made
    )

    assert rotated.settings["secret"] == fresh
    assert rotated.settings["previous_secret"] == SECRET


def test_settings_of_an_unknown_type_are_not_shown() -> None:
    """Of a type that this version does not know, nobody can tell what is secret."""
    assert hidden(DestinationConfig("d", "gone", "Old", {"token": "x"})).settings == {}
