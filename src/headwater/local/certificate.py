"""Certificates of erasures, signed by a key that is kept in the data folder."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from headwater.actors.certificates import certificate, payload

KEY_FILE = "erasure-key"


def signed(statement: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Answer a certificate: the statement, and its Ed25519 signature (RFC 8032).

    The key is made in the data folder at the first time, for its owner alone to read.
    """
    key = _key(folder / KEY_FILE)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(payload(statement))
    return certificate(statement, public_key=public, signature=signature)


def verify(found: Mapping[str, Any]) -> None:
    """Return where a certificate is as the key named in it has signed it.

    Raises:
        cryptography.exceptions.InvalidSignature: it was changed.
        KeyError, TypeError, ValueError: it is no certificate.
    """
    signature = found["signature"]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"]))
    public.verify(base64.b64decode(signature["value"]), payload(found["statement"]))


def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        data = made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
