"""Orders, from completed to refunded."""

from __future__ import annotations

from typing import Any, Unpack

from headwater.spec.ecommerce.properties import ORDER, OrderProperties, Products
from headwater.spec.event import SemanticEvent, semantic

Id = str | int


def order_completed(
    *, order_id: Id, products: Products, **properties: Unpack[OrderProperties]
) -> SemanticEvent:
    """Answer `Order Completed`: somebody bought something."""
    return _order("Order Completed", {"order_id": order_id, "products": products}, properties)


def order_updated(
    *, order_id: Id, products: Products, **properties: Unpack[OrderProperties]
) -> SemanticEvent:
    """Answer `Order Updated`: the order as it is now."""
    return _order("Order Updated", {"order_id": order_id, "products": products}, properties)


def order_cancelled(
    *, order_id: Id, products: Products | None = None, **properties: Unpack[OrderProperties]
) -> SemanticEvent:
    """Answer `Order Cancelled`."""
    return _order("Order Cancelled", {"order_id": order_id}, properties, products=products)


def order_refunded(
    *, order_id: Id, products: Products | None = None, **properties: Unpack[OrderProperties]
) -> SemanticEvent:
    """Answer `Order Refunded`; name the products and amounts where it was not the whole order."""
    return _order("Order Refunded", {"order_id": order_id}, properties, products=products)


def _order(
    name: str,
    required: dict[str, Any],
    properties: OrderProperties,
    **beside: object,
) -> SemanticEvent:
    optional: dict[str, Any] = {**beside, **properties}
    extra = optional.pop("extra", None)
    return semantic(name, required, optional, checks=ORDER, extra=extra)
