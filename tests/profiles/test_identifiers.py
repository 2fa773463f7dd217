"""Which identifiers an event carries, by a workspace's rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequest
from headwater.profiles.identifiers import IdentifierReader, parse
from headwater.profiles.normalise import BLOCKED, is_blocked
from headwater.workspace import DEFAULT_IDENTIFIER_TYPES, IdentifierType, IdentityRules

READER = IdentifierReader(IdentityRules())


def test_identifiers_are_read_strongest_first() -> None:
    """In the order of the rules, whatever the order in the event."""
    event = {
        "anonymousId": "a1",
        "context": {"device": {"id": "d1"}, "traits": {"phone": "+49 170 1234567"}},
        "traits": {"email": " Ada@Example.COM "},
        "userId": "42",
    }

    assert READER.read(event) == (
        "user_id:42",
        "email:ada@example.com",
        "phone:+491701234567",
        "device_id:d1",
        "anonymous_id:a1",
    )


def test_each_identifier_is_named_once() -> None:
    """The same email in two places is one."""
    event = {"traits": {"email": "A@b.co"}, "context": {"traits": {"email": "a@B.co"}}}

    assert READER.read(event) == ("email:a@b.co",)


def test_different_emails_of_one_event_are_all_there() -> None:
    """Both belong to whom the event is about."""
    event = {"traits": {"email": "a@b.co"}, "context": {"traits": {"email": "c@d.co"}}}

    assert READER.read(event) == ("email:a@b.co", "email:c@d.co")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada@Example.com", "email:ada@example.com"),
        ("ada+tag@example.co.uk", "email:ada+tag@example.co.uk"),
        ("ünïcode@exämple.de", "email:ünïcode@exämple.de"),
        ("u\u0308@example.de", "email:ü@example.de"),
        ("ada", None),
        ("ada@", None),
        ("@example.com", None),
        ("ada@example", None),
        ("ada@example..com", None),
        ("ada@.example.com", None),
        ("a@b@example.com", None),
        ("Ada <ada@example.com>", None),
        ("ada @example.com", None),
        ("a@b.co, c@d.co", None),
        ("x" * 65 + "@example.com", None),
        ("x@" + "y" * 250 + ".com", None),
        (["ada@example.com"], None),
        ({"a": 1}, None),
        (True, None),
        (5, None),
        ("", None),
    ],
)
def test_emails(value: Any, expected: Any) -> None:
    """Trimmed and in lower case; what cannot be an address is no identifier."""
    assert READER.read({"traits": {"email": value}}) == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("value", "region", "expected"),
    [
        ("+1 (555) 010-0999", None, "+15550100999"),
        ("+49 (0)170 1234567", None, "+491701234567"),
        ("00491701234567", None, None),
        ("0170 1234567", None, None),
        ("0170 1234567", "DE", "+491701234567"),
        (491701234567, None, None),
        ("+123", None, None),
        ("+49170123456789012345", None, None),
        ("call me", "DE", None),
        ("+1 555 010 0999 ext. 5", None, None),
        ("0170 1234567", "??", None),
        ("123", "DE", None),
        ("112", "DE", None),
        ("+683 4002", None, "+6834002"),
    ],
)
def test_phones(value: Any, region: Any, expected: Any) -> None:
    """E.164, or no identifier; a number without country needs the workspace's region."""
    reader = IdentifierReader(IdentityRules(phone_region=region))

    found = reader.read({"traits": {"phone": value}})

    assert found == ((f"phone:{expected}",) if expected else ())


@pytest.mark.parametrize(
    "value",
    [
        *sorted(BLOCKED),
        *("NULL", " Undefined ", "0", "000", "-", "---", "0-0", "", " "),
        *("00000000-0000-0000-0000-000000000000", -1, 0, False, True, None, [], {}),
    ],
)
@pytest.mark.parametrize("name", ["userId", "anonymousId"])
def test_placeholders_are_nobody(name: Any, value: Any) -> None:
    """Otherwise all who send one would become one person."""
    assert READER.read({name: value}) == ()


@pytest.mark.parametrize("value", ["10", "-10", "01", "nullable", "none@x", "0x"])
def test_ids_that_only_look_a_little_like_placeholders_count(value: Any) -> None:
    """Blocking compares whole values."""
    assert not is_blocked(value)
    assert READER.read({"userId": value}) == (f"user_id:{value}",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x" * 500, "x" * 500), ("x" * 501, None), (42, "42"), (42.0, "42"), (4.5, "4.5")],
)
def test_lengths_and_numbers(value: Any, expected: Any) -> None:
    """Up to 500 characters; a number is the text of it."""
    assert READER.read({"userId": value}) == ((f"user_id:{expected}",) if expected else ())


def test_a_types_own_blocked_values_are_compared_in_lower_case() -> None:
    """On top of those that are blocked for every type."""
    types = (IdentifierType("user_id", paths=("userId",), blocked=frozenset({"guest"})),)
    reader = IdentifierReader(IdentityRules(types=types))

    assert reader.read({"userId": "Guest"}) == ()
    assert reader.read({"userId": "guest1"}) == ("user_id:guest1",)


def test_custom_types_are_read_from_their_paths() -> None:
    """A workspace may name any dotted path."""
    types = (
        *DEFAULT_IDENTIFIER_TYPES,
        IdentifierType("crm_id", paths=("context.traits.crm.id", "properties.crm")),
    )
    reader = IdentifierReader(IdentityRules(types=types))

    found = reader.read(
        {"context": {"traits": {"crm": {"id": 7}}}, "properties": {"crm": "x"}, "userId": "u"}
    )

    assert found == ("user_id:u", "crm_id:7", "crm_id:x")


def external(type_: Any, id_: Any, **rest: Any) -> Any:
    """Answer an event with one external id."""
    return {"userId": "u", "context": {"externalIds": [{"type": type_, "id": id_, **rest}]}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (external("crm", "7"), "crm:7"),
        (external("CRM Id", 7), "crm_id:7"),
        (external("ga_client_id", "G.1", collection="users", encoding="none"), "ga_client_id:G.1"),
        (external("email", "A@b.co"), "email:a@b.co"),
        (external("email", "no email"), None),
        (external("crm", "null"), None),
        (external("crm", "7", collection="accounts"), None),
        (external("crm", "7", encoding="base64"), None),
        (external("crm", "7", collection=["users"]), None),
        (external("group_id", "7"), None),
        (external("", "7"), None),
        (external(5, "7"), None),
        ({"userId": "u", "context": {"externalIds": "x"}}, None),
        ({"userId": "u", "context": {"externalIds": ["x", None]}}, None),
    ],
)
def test_external_ids(event: Any, expected: Any) -> None:
    """`context.externalIds` of the collection users, normalised as their type is."""
    assert READER.read(event) == (("user_id:u", expected) if expected else ("user_id:u",))


def test_external_ids_rank_where_their_type_does_and_unknown_ones_last_by_name() -> None:
    """Known types keep their place; the others follow in alphabetical order."""
    entries = [
        {"type": "zeta", "id": "1"},
        {"type": "alpha", "id": "2"},
        {"type": "user_id", "id": "3"},
        {"type": "email", "id": "a@b.co"},
    ]
    expected = ("user_id:3", "email:a@b.co", "anonymous_id:a", "alpha:2", "zeta:1")

    for order in itertools.permutations(entries):
        event = {"anonymousId": "a", "context": {"externalIds": list(order)}}

        assert READER.read(event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"userId": "u", "previousId": "p"}, ("user_id:u", "user_id:p", "anonymous_id:p")),
        ({"userId": "u", "previousId": "p", "anonymousId": "p"}, ("user_id:u", "anonymous_id:p")),
        (
            {"userId": "u", "previousId": "p", "anonymousId": "a"},
            ("user_id:u", "user_id:p", "anonymous_id:p", "anonymous_id:a"),
        ),
        ({"userId": "u", "previousId": "u"}, ("user_id:u", "anonymous_id:u")),
        ({"userId": "u", "previousId": "null"}, ()),
        ({"userId": "0", "previousId": "p"}, ()),
    ],
)
def test_alias_names_both_of_its_ids(event: Any, expected: Any) -> None:
    """The former id may be a user id or an anonymous one: it is read as both."""
    assert READER.read({"type": "alias", **event}) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("email:Foo@X.com", "email:foo@x.com"),
        ("user_id: 42 ", "user_id:42"),
        ("USER_ID:Ab:c", "user_id:Ab:c"),
        ("phone:+49 170 1234567", "phone:+491701234567"),
        ("crm:7", "crm:7"),
    ],
)
def test_identifiers_that_people_write_are_normalised_as_events_are(
    written: Any, expected: Any
) -> None:
    """So that a reader finds what an event created."""
    assert parse(IdentityRules(), written) == expected


@pytest.mark.parametrize(
    "written", ["", ":", "42", "user_id:", ":42", "email:foo", "user_id:null", "phone:12"]
)
def test_what_is_no_identifier_is_refused_with_an_example(written: Any) -> None:
    """The message says what would be one, or why this is none."""
    with pytest.raises(BadRequest, match=r"such as|cannot be") as raised:
        parse(IdentityRules(), written)

    assert raised.value.code == "invalid_identifier"


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.emails()


@given(values, values, st.lists(st.dictionaries(st.sampled_from(["type", "id"]), values)))
def test_identifiers_are_stable(user: Any, email: Any, entries: Any) -> None:
    """What was read is read the same again, and nothing makes reading fail."""
    event = {"userId": user, "traits": {"email": email}, "context": {"externalIds": entries}}

    for identifier in READER.read(event):
        assert READER.parse(identifier) == identifier


@pytest.mark.parametrize("value", ["4711", "x" * 127, "x" * 300])
def test_each_workspace_reads_by_its_own_rules(value: Any) -> None:
    """What one workspace blocks, or where it is at home, is nothing to another."""
    types = (
        IdentifierType("user_id", paths=("userId",), blocked=frozenset({value})),
        IdentifierType("phone", paths=("traits.phone",)),
    )
    event = {"userId": value, "traits": {"phone": "0170 1234567"}}
    german, british = (IdentifierReader(IdentityRules(types, phone_region=r)) for r in ("DE", "GB"))

    for _ in range(2):
        assert READER.read(event) == (f"user_id:{value}",)
        assert german.read(event) == ("phone:+491701234567",)
        assert british.read(event) == ("phone:+441701234567",)
