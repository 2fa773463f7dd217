"""Where people come from: names of channels and campaigns, and how events carry them."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.language.phrase import Words, names_of, value_of
from headwater.language.tokens import Token

SOURCES = frozenset(
    {"google", "google ads", "adwords", "facebook", "facebook ads", "instagram", "instagram ads"}
    | {"twitter", "x", "linkedin", "linkedin ads", "tiktok", "tiktok ads", "youtube", "reddit"}
    | {"bing", "bing ads", "microsoft ads", "newsletter", "email", "organic", "organic search"}
    | {"search", "direct", "referral", "affiliate", "affiliates", "podcast", "product hunt"}
    | {"hacker news", "quora", "pinterest", "snapchat", "whatsapp", "paid search", "social"}
    | {"meta", "meta ads", "apple search ads", "app store", "play store", "partners", "webinar"}
)


def is_source(words: Words, name: object) -> bool:
    """Tell whether a name is one of a channel that people come from."""
    text = str(name).lower()
    return text in SOURCES and text not in words.plans


_NAMES = {
    "google ads": ["Google Ads", "google ads", "google_ads", "google-ads", "googleads", "adwords"],
    "facebook": ["Facebook", "facebook", "fb", "meta"],
    "facebook ads": ["Facebook Ads", "facebook ads", "facebook_ads", "facebook-ads", "fb_ads"],
    "twitter": ["Twitter", "twitter", "x", "t.co"],
    "linkedin": ["LinkedIn", "linkedin", "LINKEDIN"],
}
_PAID = ["cpc", "ppc", "paid", "paidsearch", "paid_search"]


def source_filter(tokens: Sequence[Token]) -> dict[str, object]:
    """Answer the question whether an event came from a channel, however that is written."""
    path = "context.campaign.source"
    operator, value = names_of(tokens)
    low = str(value_of(tokens)).lower()
    if operator == "one_of":
        value = list(_NAMES.get(low, value))
    named: dict[str, object] = {"path": path, "operator": operator, "value": value}
    if operator == "equals" or low != "google ads":
        return named
    # Links that Google Ads is told to tag say "google", and that the click was paid for.
    paid = [
        {"path": path, "operator": "equals", "value": "google"},
        {"path": "context.campaign.medium", "operator": "one_of", "value": _PAID},
    ]
    return {"type": "any_of", "filters": [named, {"type": "all_of", "filters": paid}]}
