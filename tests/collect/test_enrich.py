"""What the server adds to a context, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.collect.enrich import Sender, complete

BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
DEVICE = Sender(ip="203.0.113.9", user_agent=BROWSER, is_browser=True)
BACKEND = Sender(ip="198.51.100.1", user_agent="analytics-node-next/latest")


@pytest.mark.parametrize(
    ("sender", "context", "is_filled"),
    [
        (DEVICE, {}, True),
        (BACKEND, {}, False),
        (BACKEND, {"direct": True}, True),
        (DEVICE, {"direct": False}, False),
        (BACKEND, {"channel": "mobile"}, True),
        (DEVICE, {"channel": "server"}, False),
        (BACKEND, {"library": {"name": "analytics.js"}}, True),
        (BACKEND, {"library": {"name": "analytics-swift"}}, True),
        (BACKEND, {"library": {"name": "analytics-python"}}, False),
        (BACKEND, {"library": "analytics.js"}, False),
        (BACKEND, {"direct": True, "channel": "server"}, True),
    ],
)
def test_address_and_user_agent_are_the_persons_own_or_absent(
    sender: Any, context: Any, is_filled: Any
) -> None:
    """A backend's are nobody's; `context.direct`, channel and library tell, in this order."""
    full = complete(context, sender=sender)

    assert full.get("ip") == (sender.ip if is_filled else None)
    assert full.get("userAgent") == (sender.user_agent if is_filled else None)


def test_what_the_client_gave_always_wins() -> None:
    """Nothing that is there is replaced."""
    context = {
        "ip": "1.2.3.4",
        "userAgent": "mine",
        "library": {"name": "mine"},
        "campaign": {"name": "mine"},
        "referrer": {"type": "mine"},
        "page": {
            "url": "https://x.com/a?utm_campaign=theirs",
            "path": "/mine",
            "search": "?mine",
            "referrer": "https://google.com/",
        },
    }

    assert complete(context, sender=DEVICE) == context


def test_the_given_context_is_not_changed() -> None:
    """One context may lie under all events of a batch."""
    page = {"url": "https://x.com/a"}
    context = {"page": page}

    complete(context, sender=DEVICE)

    assert context == {"page": {"url": "https://x.com/a"}}


@pytest.mark.parametrize(
    ("sender", "library"),
    [
        (Sender(user_agent="curl/8.4.0"), {"name": "curl", "version": "8.4.0"}),
        (
            Sender(user_agent="python-requests/2.31.0 x"),
            {"name": "python-requests", "version": "2.31.0"},
        ),
        (Sender(user_agent="something"), {"name": "http"}),
        (DEVICE, {"name": "http"}),
        (Sender(), {"name": "http"}),
    ],
)
def test_a_library_that_does_not_name_itself_is_named(sender: Any, library: Any) -> None:
    """By the first product of a program's user agent; a browser's says nothing about it."""
    assert complete({}, sender=sender)["library"] == library


def test_page_campaign_and_referrer_come_from_the_pages_address() -> None:
    """What analytics.js would have sent."""
    page = {
        "url": "https://shop.example/a?utm_source=g&utm_campaign=s",
        "referrer": "https://www.google.com/",
        "title": "A",
    }

    full = complete({"page": page}, sender=BACKEND)

    assert full["page"] == {
        **page,
        "path": "/a",
        "search": "?utm_source=g&utm_campaign=s",
    }
    assert full["campaign"] == {"source": "g", "name": "s"}
    assert full["referrer"] == {
        "type": "search",
        "name": "Google",
        "url": "https://www.google.com/",
        "domain": "google.com",
    }


@pytest.mark.parametrize("search", ["utm_source=g", "?utm_source=g", "?a=1&utm_source=g"])
def test_a_campaign_may_stand_in_search_alone(search: Any) -> None:
    """With and without its question mark."""
    assert complete({"page": {"search": search}}, sender=BACKEND)["campaign"] == {"source": "g"}


def test_a_page_call_may_describe_its_page_in_properties() -> None:
    """Servers' page calls have no context.page; Segment's specification puts it in properties."""
    properties = {"url": "https://x.com/a?b", "title": "T", "price": 3}

    full = complete({}, sender=BACKEND, properties=properties)

    assert full["page"] == {
        "url": "https://x.com/a?b",
        "title": "T",
        "path": "/a",
        "search": "?b",
    }


@pytest.mark.parametrize(
    "context",
    [
        {"page": "x"},
        {"page": []},
        {"page": {"url": 5, "search": {}, "referrer": []}},
        {"page": {"url": "x", "referrer": "y"}},
        {"library": [], "direct": "yes", "channel": 5, "campaign": 3},
    ],
)
def test_odd_contexts_are_left_as_they_are(context: Any) -> None:
    """What is not in the expected shape is kept, and fills nothing."""
    full = complete(context, sender=BACKEND)

    assert {name: full[name] for name in context} == context
    assert "referrer" not in full
