"""Words whose meaning is the business's, as shipped; a workspace may change each and add more.

A definition is a condition on people. Where it says `"window": {"said": …}`, the stretch of time
that stands beside the word goes there ("churned last month"), or else what it says itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.language.conditions import (
    EVERYONE,
    Condition,
    all_of,
    any_of,
    did,
    never,
    since,
    trait,
)


def _left(started: str, left: str, finished: str) -> Condition:
    unfinished = all_of([did(started), {**never(finished), "window": since(started)}])
    return any_of([did(left), unfinished])


def _subscribed() -> Condition:
    return any_of(
        [
            all_of([did(name), {**never("Subscription Cancelled"), "window": since(name)}])
            for name in ("Subscription Started", "Subscription Renewed")
        ]
    )


def default_definitions() -> Mapping[str, Condition]:
    """Answer the definitions that a workspace has until it changes them."""
    month = {"type": "rolling", "last": "30d"}
    week = {"type": "rolling", "last": "7d"}
    phone = {"path": "context.device.type", "operator": "one_of", "value": ["ios", "android"]}
    bought = any_of([did("Order Completed"), did("Subscription Started")])
    return {
        "active": did(None, call="any", window=month),
        "inactive": never(None, call="any", window=month),
        "new": did("Signed Up", window=week),
        "churned": all_of(
            [
                did("Subscription Cancelled"),
                {**never("Subscription Started"), "window": since("Subscription Cancelled")},
            ]
        ),
        "converted": bought,
        "activated": any_of([did("Activated"), did("Onboarding Completed")]),
        "abandoned cart": _left("Product Added", "Cart Abandoned", "Order Completed"),
        "abandoned checkout": _left("Checkout Started", "Checkout Abandoned", "Order Completed"),
        "active subscription": _subscribed(),
        "paying": any_of([did("Order Completed", window=month), _subscribed()]),
        "high-value": {
            "type": "aggregate",
            "event": {"name": "Order Completed"},
            "function": "sum",
            "property": "properties.revenue",
            "operator": "at_least",
            "value": 1000,
            "window": {"said": None},
        },
        "trial": all_of(
            [
                did("Trial Started"),
                {**never("Trial Ended"), "window": since("Trial Started")},
                {**never("Subscription Started"), "window": since("Trial Started")},
            ]
        ),
        "about to expire": {
            **did("Trial Started"),
            "window": {"type": "rolling", "last": "14d", "skip": "11d"},
        },
        "beta": trait("beta", "equals", value=True),
        "vip": trait("vip", "equals", value=True),
        "mobile": did(None, call="any", where=[phone]),
        "returning": did("Order Completed", times=("at_least", 2)),
        "lead": all_of([never("Order Completed"), never("Subscription Started")]),
        "subscriber": _subscribed(),
        "buyer": did("Order Completed"),
        "agent": dict(EVERYONE),
    }


SYNONYMS: Mapping[str, str] = {
    "paid": "paying", "premium-value": "high-value", "high value": "high-value",
    "highvalue": "high-value", "high spending": "high-value", "big spending": "high-value",
    "dormant": "inactive", "idle": "inactive", "lapsed": "inactive", "disengaged": "inactive",
    "engaged": "active", "trialing": "trial", "trialling": "trial", "on trial": "trial",
    "beta-testing": "beta", "recent": "new", "cancelled": "churned", "canceled": "churned",
    "unactivated": "not activated", "free-trial": "trial", "repeat": "returning",
    "valid subscription": "active subscription", "abandoned basket": "abandoned cart",
    "abandoned bag": "abandoned cart", "abandoned carts": "abandoned cart",
    "abandoned baskets": "abandoned cart", "abandoned checkouts": "abandoned checkout",
    "abandoned their cart": "abandoned cart", "subscription": "active subscription",
    "expiring": "about to expire", "leads": "lead", "subscribers": "subscriber",
    "buyers": "buyer", "shoppers": "buyer", "shopper": "buyer", "purchasers": "buyer",
    "purchaser": "buyer", "churners": "churned", "churner": "churned", "agents": "agent",
    "prospects": "lead", "prospect": "lead", "converts": "converted",
}  # fmt: skip
