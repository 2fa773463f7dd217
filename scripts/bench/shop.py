"""An online shop's traffic, as Segment's browser library would report it: realistic and seeded.

Visitors come in sessions of about eight events. Some are known and signed in from the start, some
are new and stay anonymous, and some sign in half way, which links their anonymous id to a user.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)
PRODUCTS = tuple(
    (f"SKU-{number:04}", name, price)
    for number, (name, price) in enumerate(
        (f"{colour} {thing}", 9.95 + 7 * index)
        for index, (colour, thing) in enumerate(
            (colour, thing)
            for colour in ("Blue", "Grün", "Black", "Crème", "Olive")
            for thing in ("Jacket", "Trousers", "Boots", "Scarf", "Backpack", "Tent", "Stove")
        )
    )
)
CAMPAIGNS = ("spring_sale", "newsletter-42", "retargeting", "brand")
FIRST_NAMES = ("Ada", "Grace", "José", "Linus", "Margaret", "Zoë", "Kenji", "Amara")
START = 1_790_000_000_000


@dataclass(slots=True)
class Visitor:
    """Who is in the shop now; `remaining` counts the events until they leave."""

    anonymous_id: str
    user_id: str | None
    signs_in_as: str | None
    remaining: int
    context: dict[str, Any]
    cart: list[tuple[str, str, float]] = field(default_factory=list)


class Shop:
    """Makes events. The same seed and numbers make the same events.

    Args:
        known: how many people, `user-0` to `user-{known - 1}`, may come back.
        prefix: begins every message id and new anonymous id, so that two shops never collide.
    """

    def __init__(self, seed: int, *, known: int, prefix: str) -> None:
        self._random = random.Random(seed)
        self._known = known
        self._prefix = prefix
        self._made = 0
        self._newcomers = 0
        self._visitors = [self._enter() for _ in range(200)]

    def batch(self, size: int, *, write_key: str) -> bytes:
        """Answer the body of one batch request, as an SDK would send it."""
        events = [self.event() for _ in range(size)]
        sent_at = events[-1]["timestamp"]
        body = {"batch": events, "sentAt": sent_at, "writeKey": write_key}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def event(self) -> dict[str, Any]:
        """Answer the next event of somebody in the shop."""
        place = self._random.randrange(len(self._visitors))
        visitor = self._visitors[place]
        event = self._act(visitor)
        visitor.remaining -= 1
        if visitor.remaining <= 0:
            self._visitors[place] = self._enter()
        return event

    def _enter(self) -> Visitor:
        draw = self._random.random()
        number = self._random.randrange(self._known)
        self._newcomers += 1
        newcomer = f"{self._prefix}-anonymous-{self._newcomers}"
        remaining = self._random.randint(3, 13)
        context = self._context(number)
        if draw < 0.6:
            return Visitor(f"anonymous-{number}", f"user-{number}", None, remaining, context)
        if draw < 0.8:
            return Visitor(newcomer, None, None, remaining, context)
        signs_in_as = f"user-{number}" if draw < 0.9 else f"{self._prefix}-user-{self._newcomers}"
        return Visitor(newcomer, None, signs_in_as, remaining, context)

    def _context(self, number: int) -> dict[str, Any]:
        agent = AGENTS[number % len(AGENTS)]
        context: dict[str, Any] = {
            "ip": f"203.0.{number % 100}.{number % 250}",
            "userAgent": agent,
            "locale": "en-GB" if number % 3 else "de-DE",
            "timezone": "Europe/Berlin",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
            "screen": {"width": 1512, "height": 982, "density": 2},
        }
        if number % 4 == 0:
            context["campaign"] = {
                "name": CAMPAIGNS[number % len(CAMPAIGNS)],
                "source": "google",
                "medium": "cpc",
            }
        return context

    def _act(self, visitor: Visitor) -> dict[str, Any]:
        if visitor.signs_in_as is not None and visitor.remaining <= 3:
            visitor.user_id, visitor.signs_in_as = visitor.signs_in_as, None
            return self._identify(visitor)
        if self._random.random() < 0.35:
            return self._page(visitor)
        return self._track(visitor)

    def _common(self, kind: str, visitor: Visitor, path: str) -> dict[str, Any]:
        self._made += 1
        page = {
            "path": path,
            "url": f"https://shop.example{path}?utm_source=google",
            "title": f"{path.rsplit('/', 1)[-1].title()} | The Shop",
            "referrer": "https://www.google.com/",
            "search": "?utm_source=google",
        }
        event: dict[str, Any] = {
            "type": kind,
            "messageId": f"ajs-next-{self._prefix}-{uuid.UUID(int=self._random.getrandbits(128))}",
            "timestamp": timestamp(START + self._made * 3),
            "anonymousId": visitor.anonymous_id,
            "context": {**visitor.context, "page": page},
            "integrations": {},
        }
        if visitor.user_id is not None:
            event["userId"] = visitor.user_id
        return event

    def _page(self, visitor: Visitor) -> dict[str, Any]:
        sku, name, _ = self._random.choice(PRODUCTS)
        event = self._common("page", visitor, f"/products/{sku.lower()}")
        event["name"] = "Product"
        event["properties"] = {**event["context"]["page"], "product": name, "category": "outdoor"}
        return event

    def _identify(self, visitor: Visitor) -> dict[str, Any]:
        event = self._common("identify", visitor, "/account")
        event["traits"] = {
            "email": f"{visitor.user_id}@shop.example",
            "firstName": self._random.choice(FIRST_NAMES),
            "plan": self._random.choice(("free", "pro", "team")),
            "newsletter": self._random.random() < 0.5,
            "createdAt": "2025-11-03T08:12:44.000Z",
        }
        return event

    def _track(self, visitor: Visitor) -> dict[str, Any]:
        draw = self._random.random()
        if draw < 0.6 or not visitor.cart:
            return self._product_event(visitor, "Product Viewed" if draw < 0.5 else "Product Added")
        name = "Order Completed" if draw > 0.85 else "Checkout Step Viewed"
        event = self._common("track", visitor, "/checkout")
        event["event"] = name
        event["properties"] = {
            "order_id": f"{self._prefix}-{self._made}",
            "revenue": round(sum(price for _, _, price in visitor.cart), 2),
            "currency": "EUR",
            "coupon": "WELCOME10",
            "products": [
                {"product_id": sku, "name": name, "price": price, "quantity": 1}
                for sku, name, price in visitor.cart[-4:]
            ],
        }
        return event

    def _product_event(self, visitor: Visitor, name: str) -> dict[str, Any]:
        sku, product, price = self._random.choice(PRODUCTS)
        if name == "Product Added":
            visitor.cart.append((sku, product, price))
        event = self._common("track", visitor, f"/products/{sku.lower()}")
        event["event"] = name
        event["properties"] = {
            "product_id": sku,
            "sku": sku,
            "name": product,
            "brand": "Northwind",
            "category": "outdoor/clothing",
            "price": price,
            "quantity": self._random.randint(1, 3),
            "currency": "EUR",
            "position": self._random.randint(1, 40),
            "image_url": f"https://cdn.shop.example/images/{sku}.webp",
        }
        return event


def timestamp(milliseconds: int) -> str:
    """Answer a time as SDKs write it; the shop's clock starts in September 2026."""
    seconds, rest = divmod(milliseconds - START, 1000)
    hours, seconds = divmod(seconds, 3600)
    minute, seconds = divmod(seconds, 60)
    day, hour = 1 + hours // 24, hours % 24
    return f"2026-09-{day:02}T{hour:02}:{minute:02}:{seconds:02}.{rest:03}Z"


def introductions(numbers: range, *, write_key: str) -> bytes:
    """Answer a batch in which each person of `numbers` is identified with both of their ids."""
    events = [
        {
            "type": "identify",
            "messageId": f"known-{number}",
            "timestamp": "2026-08-30T12:00:00.000Z",
            "userId": f"user-{number}",
            "anonymousId": f"anonymous-{number}",
            "traits": {"email": f"user-{number}@shop.example", "plan": "free"},
        }
        for number in numbers
    ]
    body = {"batch": events, "sentAt": "2026-08-30T12:00:01.000Z", "writeKey": write_key}
    return json.dumps(body, separators=(",", ":")).encode()
