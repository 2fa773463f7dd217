"""Consent, Global Privacy Control, and the mode that stores nothing."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import Shop, settled


def stored(page: Page) -> str:
    """Answer everything that the page has stored."""
    return str(page.evaluate("JSON.stringify(localStorage) + document.cookie"))


def test_nothing_before_consent(visitor: BrowserContext, shop: Shop) -> None:
    """Nothing is sent or stored until it is given; then what happened is told, with the choice."""
    shop.page("/", "", consent="analytics")
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("headwater.track('Early')")
    page.wait_for_timeout(600)
    assert shop.collector.requests == []
    assert stored(page) == "{}"
    page.evaluate("headwater.consent({analytics: true, ads: false})")
    assert settled(page, shop.collector, 2) == ["Early", "page"] or shop.collector.named() == [
        "page",
        "Early",
    ]
    for event in shop.collector.events:
        choice = {"categoryPreferences": {"analytics": True, "ads": False}}
        assert event["context"]["consent"] == choice
    page.goto(shop.url())
    assert len(settled(page, shop.collector, 3)) == 3  # it is remembered


def test_consent_that_is_refused_or_taken_back(visitor: BrowserContext, shop: Shop) -> None:
    """A no is final for what happened before; taken back, what was stored is removed."""
    shop.page("/", "", consent="analytics")
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("headwater.consent({analytics: false, ads: true})")
    page.evaluate("headwater.track('Refused')")
    page.wait_for_timeout(600)
    assert shop.collector.requests == []
    page.evaluate("headwater.consent({analytics: true}); headwater.track('Agreed')")
    assert settled(page, shop.collector, 1) == ["Agreed"]
    page.evaluate("headwater.track('Last'); headwater.consent({analytics: false})")
    page.wait_for_timeout(600)
    assert shop.collector.named() == ["Agreed"]
    assert stored(page) == "{}"


def test_any_category_where_none_is_named(visitor: BrowserContext, shop: Shop) -> None:
    """`data-consent` alone waits for a yes to anything."""
    shop.page("/", "", consent="")
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("headwater.consent({marketing: true})")
    assert settled(page, shop.collector, 1) == ["page"]


def test_global_privacy_control(chromium: Browser, shop: Shop) -> None:
    """Whoever says no for all sites is left alone, unless they say yes to this one."""
    context = chromium.new_context()
    context.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )
    page = context.new_page()
    page.goto(shop.url())
    page.wait_for_timeout(600)
    assert shop.collector.requests == []
    assert stored(page) == "{}"
    page.evaluate("headwater.consent({analytics: true}); headwater.track('Agreed')")
    assert settled(page, shop.collector, 1) == ["Agreed"]
    context.close()


def test_cookieless(visitor: BrowserContext, shop: Shop) -> None:
    """Events without any id, and nothing stored in the browser: the server names the visitor."""
    shop.page("/", "", cookieless="")
    page = visitor.new_page()
    page.goto(shop.url())
    page.evaluate("headwater.track('One')")
    assert settled(page, shop.collector, 2) == ["page", "One"]
    for event in shop.collector.events:
        assert event["context"]["cookieless"] is True
        assert "anonymousId" not in event
        assert "userId" not in event
    assert stored(page) == "{}"
