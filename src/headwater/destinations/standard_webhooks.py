"""Signatures of the Standard Webhooks scheme, version 1: HMAC-SHA256 with a shared secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from headwater.ports import Random

_PREFIX = "whsec_"
_MINIMUM = 24
_MAXIMUM = 64


def new_secret(random: Random) -> str:
    """Answer a new secret of 32 bytes, `whsec_…`; 244 of its bits are random."""
    drawn = "".join(random.uuid() for _ in range(2))
    return _PREFIX + base64.b64encode(hashlib.sha256(drawn.encode()).digest()).decode()


def check_secret(secret: str) -> None:
    """Accept a secret that can sign.

    Raises:
        ValueError: it is not `whsec_` and the base64 of 24 to 64 bytes.
    """
    _key(secret)


def signed_headers(
    secrets: Sequence[str], *, webhook_id: str, seconds: int, body: bytes
) -> dict[str, str]:
    """Answer the three headers that let a receiver verify the body.

    Args:
        secrets: one signature is made with each, so that a receiver that knows any of them can
            verify: a secret is changed without losing a request.
        webhook_id: the same when the same content is sent again.
        seconds: since 1970-01-01 UTC, of this attempt.
        body: exactly the bytes that are sent.

    Raises:
        ValueError: a secret cannot sign.
    """
    content = f"{webhook_id}.{seconds}.".encode() + body
    signatures = [
        base64.b64encode(hmac.digest(_key(secret), content, "sha256")).decode()
        for secret in secrets
    ]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    rule = f"must be {_PREFIX} followed by the base64 of {_MINIMUM} to {_MAXIMUM} bytes"
    if not secret.startswith(_PREFIX):
        raise ValueError(rule)
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError as error:  # not base64, or not even ASCII
        raise ValueError(rule) from error
    if not _MINIMUM <= len(key) <= _MAXIMUM:
        raise ValueError(rule)
    return key
