"""Where people come from: names of channels and campaigns, and how events carry them."""

from __future__ import annotations

from headwater.language.phrase import Words

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
