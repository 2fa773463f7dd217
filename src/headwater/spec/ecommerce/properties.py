"""The properties that e-commerce events share, as types and as checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from headwater.spec import checks
from headwater.spec.event import Check

Number = Any
"""int, float, Decimal or Fraction: what the client writes as a JSON number."""


class ProductProperties(TypedDict, total=False):
    """What may be told of a product besides its id."""

    sku: str | None
    category: str | None
    name: str | None
    brand: str | None
    variant: str | None
    price: Number | None
    quantity: int | None
    coupon: str | None
    position: int | None
    url: str | None
    image_url: str | None
    currency: str | None
    value: Number | None
    extra: Mapping[str, Any] | None


class Product(TypedDict, total=False):
    """A product in a list of products: `product_id` or `sku`, and what else is known."""

    product_id: str | int
    sku: str
    category: str
    name: str
    brand: str
    variant: str
    price: Number
    quantity: int
    coupon: str
    position: int
    url: str
    image_url: str


class Facet(TypedDict):
    """A filter or an order that a product list is under: `{"type": "price", "value": "desc"}`."""

    type: str
    value: str


class OrderProperties(TypedDict, total=False):
    """What may be told of an order. `revenue` is without shipping and tax; `total` is with both."""

    affiliation: str | None
    checkout_id: str | int | None
    subtotal: Number | None
    total: Number | None
    revenue: Number | None
    value: Number | None
    shipping: Number | None
    tax: Number | None
    discount: Number | None
    coupon: str | None
    currency: str | None
    extra: Mapping[str, Any] | None


class StepProperties(TypedDict, total=False):
    """How a step of a checkout was answered."""

    shipping_method: str | None
    payment_method: str | None
    extra: Mapping[str, Any] | None


class CouponProperties(TypedDict, total=False):
    """What a coupon was used on."""

    order_id: str | int | None
    cart_id: str | int | None
    coupon_name: str | None
    discount: Number | None
    extra: Mapping[str, Any] | None


PRODUCT: Mapping[str, Check] = {
    "product_id": checks.identifier,
    "sku": checks.text,
    "category": checks.text,
    "name": checks.text,
    "brand": checks.text,
    "variant": checks.text,
    "price": checks.number,
    "quantity": checks.whole,
    "coupon": checks.text,
    "position": checks.whole,
    "url": checks.text,
    "image_url": checks.text,
    "currency": checks.currency,
    "value": checks.number,
}
_product = checks.mapping(PRODUCT, needs=("product_id", "sku"))
PRODUCTS = checks.items(_product)
FACETS = checks.items(
    checks.mapping({"type": checks.text, "value": checks.text}, needs=("type", "value"))
)

ORDER: Mapping[str, Check] = {
    "order_id": checks.identifier,
    "checkout_id": checks.identifier,
    "affiliation": checks.text,
    "subtotal": checks.number,
    "total": checks.number,
    "revenue": checks.number,
    "value": checks.number,
    "shipping": checks.number,
    "tax": checks.number,
    "discount": checks.number,
    "coupon": checks.text,
    "currency": checks.currency,
    "products": PRODUCTS,
}
STEP: Mapping[str, Check] = {
    "checkout_id": checks.identifier,
    "order_id": checks.identifier,
    "step": checks.whole,
    "shipping_method": checks.text,
    "payment_method": checks.text,
}
COUPON: Mapping[str, Check] = {
    "coupon_id": checks.identifier,
    "order_id": checks.identifier,
    "cart_id": checks.identifier,
    "coupon_name": checks.text,
    "discount": checks.number,
    "reason": checks.text,
}

Products = Sequence[Product]
