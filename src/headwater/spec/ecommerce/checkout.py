"""Paying: the steps of a checkout, and coupons."""

from __future__ import annotations

from typing import Any, Unpack

from headwater.spec.ecommerce.properties import (
    COUPON,
    ORDER,
    STEP,
    CouponProperties,
    OrderProperties,
    Products,
    StepProperties,
)
from headwater.spec.event import SemanticEvent, semantic

Id = str | int


def checkout_started(
    *,
    products: Products,
    order_id: Id | None = None,
    **properties: Unpack[OrderProperties],
) -> SemanticEvent:
    """Answer `Checkout Started`: an order was begun. `value` is what the cart is worth."""
    optional: dict[str, Any] = {"order_id": order_id, **properties}
    extra = optional.pop("extra", None)
    return semantic("Checkout Started", {"products": products}, optional, checks=ORDER, extra=extra)


def checkout_step_viewed(
    *, step: int, checkout_id: Id | None = None, **properties: Unpack[StepProperties]
) -> SemanticEvent:
    """Answer `Checkout Step Viewed`. Steps count from 1."""
    return _step("Checkout Step Viewed", step, properties, checkout_id=checkout_id)


def checkout_step_completed(
    *, step: int, checkout_id: Id | None = None, **properties: Unpack[StepProperties]
) -> SemanticEvent:
    """Answer `Checkout Step Completed`. Steps count from 1."""
    return _step("Checkout Step Completed", step, properties, checkout_id=checkout_id)


def payment_info_entered(
    *,
    step: int | None = None,
    checkout_id: Id | None = None,
    order_id: Id | None = None,
    **properties: Unpack[StepProperties],
) -> SemanticEvent:
    """Answer `Payment Info Entered`."""
    beside = {"step": step, "checkout_id": checkout_id, "order_id": order_id}
    optional: dict[str, Any] = {**beside, **properties}
    extra = optional.pop("extra", None)
    return semantic("Payment Info Entered", {}, optional, checks=STEP, extra=extra)


def coupon_entered(*, coupon_id: Id, **properties: Unpack[CouponProperties]) -> SemanticEvent:
    """Answer `Coupon Entered`: a code was typed in."""
    return _coupon("Coupon Entered", coupon_id, dict(properties))


def coupon_applied(*, coupon_id: Id, **properties: Unpack[CouponProperties]) -> SemanticEvent:
    """Answer `Coupon Applied`: the code was accepted."""
    return _coupon("Coupon Applied", coupon_id, dict(properties))


def coupon_denied(
    *, coupon_id: Id, reason: str | None = None, **properties: Unpack[CouponProperties]
) -> SemanticEvent:
    """Answer `Coupon Denied`: the code was refused, and why."""
    return _coupon("Coupon Denied", coupon_id, {"reason": reason, **properties})


def coupon_removed(*, coupon_id: Id, **properties: Unpack[CouponProperties]) -> SemanticEvent:
    """Answer `Coupon Removed`: the code was taken off again."""
    return _coupon("Coupon Removed", coupon_id, dict(properties))


def _step(
    name: str, step: int, properties: StepProperties, *, checkout_id: Id | None
) -> SemanticEvent:
    optional: dict[str, Any] = {"checkout_id": checkout_id, **properties}
    extra = optional.pop("extra", None)
    return semantic(name, {"step": step}, optional, checks=STEP, extra=extra)


def _coupon(name: str, coupon_id: Id, optional: dict[str, Any]) -> SemanticEvent:
    extra = optional.pop("extra", None)
    return semantic(name, {"coupon_id": coupon_id}, optional, checks=COUPON, extra=extra)
