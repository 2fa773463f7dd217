"""Choosing: the cart, the wishlist, what is shared and reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from headwater.spec import checks
from headwater.spec.ecommerce.properties import PRODUCT, PRODUCTS, ProductProperties, Products
from headwater.spec.event import Check, SemanticEvent, semantic

_CHECKS: Mapping[str, Check] = {
    **PRODUCT,
    "cart_id": checks.identifier,
    "products": PRODUCTS,
    "wishlist_id": checks.identifier,
    "wishlist_name": checks.text,
    "share_via": checks.text,
    "share_message": checks.text,
    "recipient": checks.text,
    "review_id": checks.identifier,
    "review_body": checks.text,
    "rating": checks.number,
}

Id = str | int
Extra = Mapping[str, Any] | None


def cart_viewed(
    *, products: Products, cart_id: Id | None = None, extra: Extra = None
) -> SemanticEvent:
    """Answer `Cart Viewed`: the cart was opened."""
    return semantic(
        "Cart Viewed", {"products": products}, {"cart_id": cart_id}, checks=_CHECKS, extra=extra
    )


def product_added(
    *, product_id: Id, cart_id: Id | None = None, **properties: Unpack[ProductProperties]
) -> SemanticEvent:
    """Answer `Product Added`: a product was put into the cart."""
    return _product("Product Added", product_id, properties, cart_id=cart_id)


def product_removed(
    *, product_id: Id, cart_id: Id | None = None, **properties: Unpack[ProductProperties]
) -> SemanticEvent:
    """Answer `Product Removed`: a product was taken out of the cart."""
    return _product("Product Removed", product_id, properties, cart_id=cart_id)


def product_added_to_wishlist(
    *,
    product_id: Id,
    wishlist_id: Id | None = None,
    wishlist_name: str | None = None,
    **properties: Unpack[ProductProperties],
) -> SemanticEvent:
    """Answer `Product Added to Wishlist`."""
    wishlist = {"wishlist_id": wishlist_id, "wishlist_name": wishlist_name}
    return _product("Product Added to Wishlist", product_id, properties, **wishlist)


def product_removed_from_wishlist(
    *,
    product_id: Id,
    wishlist_id: Id | None = None,
    wishlist_name: str | None = None,
    **properties: Unpack[ProductProperties],
) -> SemanticEvent:
    """Answer `Product Removed from Wishlist`."""
    wishlist = {"wishlist_id": wishlist_id, "wishlist_name": wishlist_name}
    return _product("Product Removed from Wishlist", product_id, properties, **wishlist)


def wishlist_product_added_to_cart(
    *,
    product_id: Id,
    cart_id: Id | None = None,
    wishlist_id: Id | None = None,
    wishlist_name: str | None = None,
    **properties: Unpack[ProductProperties],
) -> SemanticEvent:
    """Answer `Wishlist Product Added to Cart`."""
    places = {"cart_id": cart_id, "wishlist_id": wishlist_id, "wishlist_name": wishlist_name}
    return _product("Wishlist Product Added to Cart", product_id, properties, **places)


def product_shared(
    *,
    product_id: Id,
    share_via: str | None = None,
    share_message: str | None = None,
    recipient: str | None = None,
    **properties: Unpack[ProductProperties],
) -> SemanticEvent:
    """Answer `Product Shared`: somebody told another of a product."""
    share = {"share_via": share_via, "share_message": share_message, "recipient": recipient}
    return _product("Product Shared", product_id, properties, **share)


def cart_shared(
    *,
    products: Products,
    cart_id: Id | None = None,
    share_via: str | None = None,
    share_message: str | None = None,
    recipient: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Cart Shared`: somebody showed another their cart."""
    optional = {"cart_id": cart_id, "share_via": share_via}
    optional |= {"share_message": share_message, "recipient": recipient}
    return semantic("Cart Shared", {"products": products}, optional, checks=_CHECKS, extra=extra)


def product_reviewed(
    *,
    product_id: Id,
    review_id: Id | None = None,
    review_body: str | None = None,
    rating: Any = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Product Reviewed`: somebody wrote what they think of a product."""
    optional = {"review_id": review_id, "review_body": review_body, "rating": rating}
    required = {"product_id": product_id}
    return semantic("Product Reviewed", required, optional, checks=_CHECKS, extra=extra)


def _product(
    name: str, product_id: Id, properties: ProductProperties, **beside: object
) -> SemanticEvent:
    optional: dict[str, Any] = {**beside, **properties}
    extra = optional.pop("extra", None)
    return semantic(name, {"product_id": product_id}, optional, checks=_CHECKS, extra=extra)
