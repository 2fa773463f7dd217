"""What is known of an erasure afterwards: signed, readable, and naming nobody."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.profiles.suppression import hash_of
from headwater.workspace import WorkspaceConfig


def payload(statement: Mapping[str, Any]) -> bytes:
    """Answer the bytes that are signed: the statement's JSON, keys sorted, no spaces, in UTF-8."""
    text = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def certificate(
    statement: Mapping[str, Any], *, public_key: bytes, signature: bytes
) -> dict[str, Any]:
    """Answer a certificate: the statement, and its Ed25519 signature (RFC 8032)."""
    return {
        "statement": dict(statement),
        "signature": {
            "algorithm": "Ed25519",
            "public_key": base64.b64encode(public_key).decode(),
            "value": base64.b64encode(signature).decode(),
        },
    }


def hashed(salt: str, identifiers: Sequence[str]) -> list[dict[str, str]]:
    """Answer who was erased as a certificate shows it: types, and salted hashes, in order."""
    return sorted(
        ({"type": one.partition(":")[0], "hash": hash_of(salt, one)} for one in identifiers),
        key=lambda one: (one["type"], one["hash"]),
    )


def destinations(config: WorkspaceConfig) -> list[dict[str, str]]:
    """Answer what each destination said: none of the present types has a delete call."""
    return [
        {
            "id": one.id,
            "type": one.type,
            "answer": "not asked: Headwater has no delete call for this type; "
            "what was sent there before is to be deleted there",
        }
        for one in config.destinations
    ]
