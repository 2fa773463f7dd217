"""The semantic events: each function gives the name and the properties that the spec has."""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import httpx
import pytest

from headwater.client import Client
from headwater.spec import InvalidProperty, SemanticEvent, b2b, ecommerce, video

PRODUCT: ecommerce.Product = {"product_id": "p-1", "price": Decimal("4.50"), "quantity": 2}

# Segment's names, from its three specs, with what our functions for them need.
SPEC: dict[str, tuple[Callable[..., SemanticEvent], dict[str, Any]]] = {
    "Products Searched": (ecommerce.products_searched, {"query": "tulips"}),
    "Product List Viewed": (ecommerce.product_list_viewed, {"products": [PRODUCT]}),
    "Product List Filtered": (ecommerce.product_list_filtered, {"products": [PRODUCT]}),
    "Promotion Viewed": (ecommerce.promotion_viewed, {"promotion_id": "spring"}),
    "Promotion Clicked": (ecommerce.promotion_clicked, {"promotion_id": "spring"}),
    "Product Clicked": (ecommerce.product_clicked, {"product_id": 1}),
    "Product Viewed": (ecommerce.product_viewed, {"product_id": 1}),
    "Product Added": (ecommerce.product_added, {"product_id": 1}),
    "Product Removed": (ecommerce.product_removed, {"product_id": 1}),
    "Cart Viewed": (ecommerce.cart_viewed, {"products": []}),
    "Checkout Started": (ecommerce.checkout_started, {"products": [PRODUCT]}),
    "Checkout Step Viewed": (ecommerce.checkout_step_viewed, {"step": 1}),
    "Checkout Step Completed": (ecommerce.checkout_step_completed, {"step": 1}),
    "Payment Info Entered": (ecommerce.payment_info_entered, {}),
    "Order Completed": (ecommerce.order_completed, {"order_id": "456", "products": [PRODUCT]}),
    "Order Updated": (ecommerce.order_updated, {"order_id": "456", "products": [PRODUCT]}),
    "Order Cancelled": (ecommerce.order_cancelled, {"order_id": "456"}),
    "Order Refunded": (ecommerce.order_refunded, {"order_id": "456"}),
    "Coupon Entered": (ecommerce.coupon_entered, {"coupon_id": "MAY"}),
    "Coupon Applied": (ecommerce.coupon_applied, {"coupon_id": "MAY"}),
    "Coupon Denied": (ecommerce.coupon_denied, {"coupon_id": "MAY", "reason": "expired"}),
    "Coupon Removed": (ecommerce.coupon_removed, {"coupon_id": "MAY"}),
    "Product Added to Wishlist": (ecommerce.product_added_to_wishlist, {"product_id": 1}),
    "Product Removed from Wishlist": (ecommerce.product_removed_from_wishlist, {"product_id": 1}),
    "Wishlist Product Added to Cart": (
        ecommerce.wishlist_product_added_to_cart,
        {"product_id": 1},
    ),
    "Product Shared": (ecommerce.product_shared, {"product_id": 1, "share_via": "email"}),
    "Cart Shared": (ecommerce.cart_shared, {"products": [PRODUCT]}),
    "Product Reviewed": (ecommerce.product_reviewed, {"product_id": 1, "rating": 5}),
    "Account Created": (b2b.account_created, {"group_id": "a", "account_name": "Initech"}),
    "Account Deleted": (b2b.account_deleted, {"group_id": "a"}),
    "Signed Up": (b2b.signed_up, {"type": "organic", "email": "ada@example.com"}),
    "Signed In": (b2b.signed_in, {"username": "ada"}),
    "Signed Out": (b2b.signed_out, {}),
    "Invite Sent": (b2b.invite_sent, {"group_id": "a", "invitee_email": "b@example.com"}),
    "Account Added User": (b2b.account_added_user, {"group_id": "a", "role": "owner"}),
    "Account Removed User": (b2b.account_removed_user, {"group_id": "a"}),
    "Trial Started": (b2b.trial_started, {"trial_start_date": date(2026, 11, 22)}),
    "Trial Ended": (b2b.trial_ended, {"trial_end_date": "2026-12-22"}),
    "Video Playback Started": (video.playback_started, {"session_id": "s", "sound": 80}),
    "Video Playback Paused": (video.playback_paused, {"session_id": "s"}),
    "Video Playback Interrupted": (
        video.playback_interrupted,
        {"session_id": "s", "method": "network loss"},
    ),
    "Video Playback Buffer Started": (video.playback_buffer_started, {"session_id": "s"}),
    "Video Playback Buffer Completed": (video.playback_buffer_completed, {"session_id": "s"}),
    "Video Playback Seek Started": (video.playback_seek_started, {"session_id": "s"}),
    "Video Playback Seek Completed": (video.playback_seek_completed, {"session_id": "s"}),
    "Video Playback Resumed": (video.playback_resumed, {"session_id": "s"}),
    "Video Playback Completed": (video.playback_completed, {"session_id": "s"}),
    "Video Playback Exited": (video.playback_exited, {"session_id": "s"}),
    "Video Content Started": (video.content_started, {"session_id": "s", "asset_id": 7}),
    "Video Content Playing": (video.content_playing, {"session_id": "s", "asset_id": 7}),
    "Video Content Completed": (video.content_completed, {"session_id": "s", "asset_id": 7}),
    "Video Ad Started": (video.ad_started, {"session_id": "s", "asset_id": 7}),
    "Video Ad Playing": (video.ad_playing, {"session_id": "s", "asset_id": 7}),
    "Video Ad Completed": (video.ad_completed, {"session_id": "s", "asset_id": 7}),
    "Video Quality Updated": (video.quality_updated, {"session_id": "s"}),
}


@pytest.mark.parametrize("name", SPEC)
def test_event_has_the_specs_name(name: str) -> None:
    """Each function gives Segment's own name, and every argument as a property of its name."""
    function, arguments = SPEC[name]
    event = function(**arguments)
    assert event.name == name
    expected = {key: value for key, value in arguments.items() if key != "group_id"}
    assert event.properties == expected


@pytest.mark.parametrize("module", [ecommerce, b2b, video], ids=lambda module: module.__name__)
def test_every_function_is_of_the_spec(module: ModuleType) -> None:
    """No function is missing from the table above, so none escapes these tests."""
    functions = {
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__.startswith(module.__name__)
    }
    assert functions == {
        function for function, _ in SPEC.values() if function.__module__.startswith(module.__name__)
    }


@pytest.mark.parametrize("name", SPEC)
def test_every_declared_property_is_known_to_the_checks(name: str) -> None:
    """What a signature offers is taken, so that no argument that type-checks fails at run time."""
    function, arguments = SPEC[name]
    hints = typing.get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            declared = typing.get_type_hints(typing.get_args(hints[parameter.name])[0])
            for key in declared.keys() - {"extra", *arguments}:
                function(**arguments, **{key: None})
        elif parameter.name not in arguments:
            function(**arguments, **{parameter.name: None})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ecommerce.order_completed(order_id="1", products=[{"name": "x"}, PRODUCT]),
            r"Order Completed: products\[0\] lacks product_id and sku",
        ),
        (
            lambda: ecommerce.order_completed(order_id="1", products=[], currency="euro"),
            "currency is 'euro': give a code of three capitals",
        ),
        (
            lambda: ecommerce.order_completed(order_id="1", products=[], revenue="9.99"),
            "revenue is of type str: give a number",
        ),
        (
            lambda: ecommerce.order_completed(order_id="1", products=[], revenue=float("nan")),
            "revenue is not finite",
        ),
        (
            lambda: ecommerce.order_completed(order_id="", products=[]),
            "order_id is blank",
        ),
        (
            lambda: ecommerce.order_completed(order_id=None, products=[]),  # type: ignore[arg-type] # the mistake
            "order_id is missing",
        ),
        (
            lambda: ecommerce.cart_viewed(products=[PRODUCT, {"sku": "b", "price": "4"}]),
            r"Cart Viewed: products\[1\]\.price is of type str: give a number",
        ),
        (
            lambda: ecommerce.product_added(product_id=1, quantity=-1),
            "quantity is -1: it cannot be negative",
        ),
        (
            lambda: ecommerce.product_added(product_id=1, extra={"price": 2}),
            "extra repeats price",
        ),
        (lambda: video.playback_started(session_id="s", sound=120), "from 0 to 100"),
        (
            lambda: video.playback_started(session_id="s", ad_type="banner"),  # type: ignore[arg-type] # the mistake
            "give one of pre-roll, mid-roll, post-roll",
        ),
        (lambda: b2b.trial_started(trial_start_date="soon"), "give a date"),
        (lambda: b2b.account_created(group_id="", account_name="x"), "group_id is blank"),
    ],
)
def test_wrong_property_is_named(call: Callable[[], SemanticEvent], message: str) -> None:
    """What is wrong is said with the event, the property, and what to give instead."""
    with pytest.raises(InvalidProperty, match=message):
        call()


def test_property_that_the_spec_lacks_is_refused() -> None:
    """A misspelt name is an error that lists the right ones, not a new property."""
    with pytest.raises(TypeError, match=r"no property 'curency' .*currency"):
        ecommerce.order_completed(order_id="1", products=[], curency="EUR")  # type: ignore[call-arg] # the mistake


def test_client_sends_it() -> None:
    """`track` takes the event in place of a name: context and own properties are added to it."""
    sent: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        import gzip

        body = request.content
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        sent.extend(json.loads(body)["batch"])
        return httpx.Response(200, json={"success": True})

    with Client("key", "http://localhost:1", transport=httpx.MockTransport(answer)) as client:
        client.track("user-1", b2b.invite_sent(group_id=9, invitee_email="b@example.com"))
        order = ecommerce.order_completed(
            order_id="456", products=[PRODUCT], revenue=Decimal("99.99"), extra={"gift": True}
        )
        client.track("user-1", order, {"note": "by phone"}, context={"ip": "203.0.113.7"})
    invite, bought = sent
    assert invite["event"] == "Invite Sent"
    assert invite["context"]["groupId"] == "9"
    assert bought["properties"] == {
        "order_id": "456",
        "products": [{"product_id": "p-1", "price": 4.5, "quantity": 2}],
        "revenue": 99.99,
        "gift": True,
        "note": "by phone",
    }
    assert bought["context"]["ip"] == "203.0.113.7"
