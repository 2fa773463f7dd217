"""Signs certificates of erasures by the runtime's own cryptography.

https://developers.cloudflare.com/workers/runtime-apis/web-crypto/
"""

from __future__ import annotations

import base64
import json
from typing import Any

from js import JSON, Object, crypto
from pyodide.ffi import to_js


class WebCryptoSigner:
    """Signs with Ed25519; keys are JSON Web Keys (RFC 8037)."""

    async def made_key(self) -> str:
        """Answer a new private key."""
        pair = await crypto.subtle.generateKey("Ed25519", True, to_js(["sign", "verify"]))  # noqa: FBT003 - WebCrypto's `extractable`
        return str(JSON.stringify(await crypto.subtle.exportKey("jwk", pair.privateKey)))

    async def sign(self, key: str, data: bytes) -> tuple[bytes, bytes]:
        """Answer the public key of 32 bytes, and the signature of 64."""
        made: dict[str, Any] = json.loads(key)
        jwk = to_js(made, dict_converter=Object.fromEntries)
        private = await crypto.subtle.importKey("jwk", jwk, "Ed25519", False, to_js(["sign"]))  # noqa: FBT003 - WebCrypto's `extractable`
        signature = await crypto.subtle.sign("Ed25519", private, to_js(data))
        return base64.urlsafe_b64decode(f"{made['x']}="), signature.to_bytes()
