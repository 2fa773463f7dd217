"""Signing by the Standard Webhooks scheme."""

from __future__ import annotations

import base64

import pytest

from headwater.destinations.standard_webhooks import check_secret, new_secret, signed_headers
from tests.destinations.test_configuration import FixedRandom

# The example of the scheme's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_known_signature() -> None:
    """The example that the scheme's libraries are tested with comes out."""
    headers = signed_headers(
        [SECRET], webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", seconds=1614265330, body=BODY
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_signs() -> None:
    """While a secret is changed, both the old and the new can verify."""
    other = new_secret(FixedRandom())
    both = signed_headers([SECRET, other], webhook_id="a", seconds=1, body=BODY)
    one = signed_headers([SECRET], webhook_id="a", seconds=1, body=BODY)
    two = signed_headers([other], webhook_id="a", seconds=1, body=BODY)

    assert both["webhook-signature"].split(" ") == [
        one["webhook-signature"],
        two["webhook-signature"],
    ]


def test_new_secret_can_sign() -> None:
    """A secret that was made is of 32 bytes."""
    secret = new_secret(FixedRandom())

    check_secret(secret)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_é",
        "whsec_AAAA",
        "whsec_" + "A" * 88,
    ],
)
def test_bad_secret(secret: str) -> None:
    """A secret that is no secret of the scheme is refused."""
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        check_secret(secret)
