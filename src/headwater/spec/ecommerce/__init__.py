"""Segment's e-commerce spec, version 2 (https://segment.com/docs/connections/spec/ecommerce/v2/).

Each function answers what `client.track(user_id, …)` takes. Required properties are arguments
that must be named; the spec's others may be; your own go into `extra`.
"""

from __future__ import annotations

from headwater.spec.ecommerce.browsing import (
    product_clicked,
    product_list_filtered,
    product_list_viewed,
    product_viewed,
    products_searched,
    promotion_clicked,
    promotion_viewed,
)
from headwater.spec.ecommerce.cart import (
    cart_shared,
    cart_viewed,
    product_added,
    product_added_to_wishlist,
    product_removed,
    product_removed_from_wishlist,
    product_reviewed,
    product_shared,
    wishlist_product_added_to_cart,
)
from headwater.spec.ecommerce.checkout import (
    checkout_started,
    checkout_step_completed,
    checkout_step_viewed,
    coupon_applied,
    coupon_denied,
    coupon_entered,
    coupon_removed,
    payment_info_entered,
)
from headwater.spec.ecommerce.order import (
    order_cancelled,
    order_completed,
    order_refunded,
    order_updated,
)
from headwater.spec.ecommerce.properties import (
    CouponProperties,
    Facet,
    OrderProperties,
    Product,
    ProductProperties,
    StepProperties,
)

__all__ = [
    "CouponProperties",
    "Facet",
    "OrderProperties",
    "Product",
    "ProductProperties",
    "StepProperties",
    "cart_shared",
    "cart_viewed",
    "checkout_started",
    "checkout_step_completed",
    "checkout_step_viewed",
    "coupon_applied",
    "coupon_denied",
    "coupon_entered",
    "coupon_removed",
    "order_cancelled",
    "order_completed",
    "order_refunded",
    "order_updated",
    "payment_info_entered",
    "product_added",
    "product_added_to_wishlist",
    "product_clicked",
    "product_list_filtered",
    "product_list_viewed",
    "product_removed",
    "product_removed_from_wishlist",
    "product_reviewed",
    "product_shared",
    "product_viewed",
    "products_searched",
    "promotion_clicked",
    "promotion_viewed",
    "wishlist_product_added_to_cart",
]
