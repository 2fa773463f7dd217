"""Looking around: searches, product lists, promotions, products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from headwater.spec import checks
from headwater.spec.ecommerce.properties import (
    FACETS,
    PRODUCT,
    PRODUCTS,
    Facet,
    ProductProperties,
    Products,
)
from headwater.spec.event import Check, SemanticEvent, semantic

_LIST: Mapping[str, Check] = {
    "list_id": checks.identifier,
    "category": checks.text,
    "products": PRODUCTS,
    "filters": FACETS,
    "sorts": FACETS,
}
_PROMOTION: Mapping[str, Check] = {
    "promotion_id": checks.identifier,
    "creative": checks.text,
    "name": checks.text,
    "position": checks.identifier,
}

Extra = Mapping[str, Any] | None


def products_searched(*, query: str, extra: Extra = None) -> SemanticEvent:
    """Answer `Products Searched`: somebody searched the shop."""
    return semantic(
        "Products Searched", {"query": query}, {}, checks={"query": checks.text}, extra=extra
    )


def product_list_viewed(
    *,
    products: Products,
    list_id: str | int | None = None,
    category: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Product List Viewed`: a list or a category was opened."""
    optional = {"list_id": list_id, "category": category}
    return semantic(
        "Product List Viewed", {"products": products}, optional, checks=_LIST, extra=extra
    )


def product_list_filtered(
    *,
    products: Products,
    filters: Sequence[Facet] | None = None,
    sorts: Sequence[Facet] | None = None,
    list_id: str | int | None = None,
    category: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Product List Filtered`: a list was narrowed or sorted."""
    optional = {"filters": filters, "sorts": sorts, "list_id": list_id, "category": category}
    return semantic(
        "Product List Filtered", {"products": products}, optional, checks=_LIST, extra=extra
    )


def promotion_viewed(
    *,
    promotion_id: str | int,
    name: str | None = None,
    creative: str | None = None,
    position: str | int | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Promotion Viewed`: a promotion was shown."""
    optional = {"name": name, "creative": creative, "position": position}
    required = {"promotion_id": promotion_id}
    return semantic("Promotion Viewed", required, optional, checks=_PROMOTION, extra=extra)


def promotion_clicked(
    *,
    promotion_id: str | int,
    name: str | None = None,
    creative: str | None = None,
    position: str | int | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Promotion Clicked`: somebody followed a promotion."""
    optional = {"name": name, "creative": creative, "position": position}
    required = {"promotion_id": promotion_id}
    return semantic("Promotion Clicked", required, optional, checks=_PROMOTION, extra=extra)


def product_clicked(
    *, product_id: str | int, **properties: Unpack[ProductProperties]
) -> SemanticEvent:
    """Answer `Product Clicked`: a product was chosen from a list."""
    return _product("Product Clicked", product_id, properties)


def product_viewed(
    *, product_id: str | int, **properties: Unpack[ProductProperties]
) -> SemanticEvent:
    """Answer `Product Viewed`: a product's own page was opened."""
    return _product("Product Viewed", product_id, properties)


def _product(name: str, product_id: str | int, properties: ProductProperties) -> SemanticEvent:
    optional: dict[str, Any] = dict(properties)
    extra = optional.pop("extra", None)
    return semantic(name, {"product_id": product_id}, optional, checks=PRODUCT, extra=extra)
