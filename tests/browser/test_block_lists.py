"""A site's own names match no block list: EasyList's and EasyPrivacy's rules, by Brave's engine.

The lists are those in Debian's package webext-ublock-origin-chromium.
"""

from __future__ import annotations

from pathlib import Path

import adblock
import pytest

LISTS = Path("/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist")
PAGE = "https://www.shop-of-tulips.com/"


@pytest.fixture(scope="module")
def engine() -> adblock.Engine:
    """Both lists, as a browser's blocker has them."""
    if not LISTS.is_dir():
        pytest.skip("apt-get install webext-ublock-origin-chromium: the lists are not here")
    rules = adblock.FilterSet()
    for name in ("easylist.txt", "easyprivacy.txt"):
        rules.add_filter_list((LISTS / name).read_text("utf-8"))
    return adblock.Engine(rules)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://cdn.segment.com/analytics.js/v1/key/analytics.min.js", "script"),
        ("https://api.segment.io/v1/t", "xmlhttprequest"),
        ("https://www.google-analytics.com/analytics.js", "script"),
    ],
)
def test_lists_block_what_they_are_for(engine: adblock.Engine, address: str, kind: str) -> None:
    """They do block Segment and others by name, so that the next test says something."""
    assert engine.check_network_urls(address, PAGE, kind).matched


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://data.shop-of-tulips.com/hw.js", "script"),
        ("https://data.shop-of-tulips.com/v1/b", "xmlhttprequest"),
        ("https://data.shop-of-tulips.com/v1/b", "ping"),
        ("https://www.shop-of-tulips.com/t/garden.js", "script"),
        ("https://www.shop-of-tulips.com/t/leaf", "xmlhttprequest"),
        ("https://www.shop-of-tulips.com/t/leaf", "ping"),
    ],
)
def test_own_names_are_not_blocked(engine: adblock.Engine, address: str, kind: str) -> None:
    """Neither the names that we ship nor a site's own, as scripts, calls and beacons."""
    assert not engine.check_network_urls(address, PAGE, kind).matched
