"""Events from where no script runs: a picture in an email, whose address is the event.

https://segment.com/docs/connections/sources/catalog/libraries/server/pixel-tracking-api/
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qsl

from headwater.errors import BadRequest

# One transparent point (GIF89a).
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)

_MAX_FIELDS = 500
_MAX_DEPTH = 20


def event_in_query(query: bytes) -> bytes:
    """Answer the JSON text of the event that a pixel's query string holds.

    Either `data`, in base64 or its form for addresses, padded or not; or the fields themselves
    with dotted names (`?userId=42&event=Opened&properties.subject=Hello`).

    Raises:
        BadRequest: `invalid_pixel`, `data` is not base64, or there are too many fields
            or parts of a field's name.
    """
    try:
        fields = parse_qsl(query.decode("latin-1"), max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise BadRequest(
            f"The address has more than {_MAX_FIELDS} fields.", code="invalid_pixel"
        ) from error
    data = next((value for name, value in fields if name == "data"), None)
    if data is not None:
        return _from_base64(data)
    event: dict[str, Any] = {}
    for name, value in fields:
        path = name.split(".")
        if len(path) > _MAX_DEPTH:
            raise BadRequest(
                f"A field's name has more than {_MAX_DEPTH} parts.", code="invalid_pixel"
            )
        _put(event, path, value)
    return json.dumps(event).encode()


def _from_base64(data: str) -> bytes:
    # A `+` that was not escaped has become a space on its way through the query string.
    text = data.rstrip("=").replace(" ", "-").replace("+", "-").replace("/", "_")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise BadRequest(
            "data is not base64; encode the event's JSON with base64url.", code="invalid_pixel"
        ) from error


def _put(event: dict[str, Any], path: list[str], value: str) -> None:
    inner = event
    for name in path[:-1]:
        below = inner.setdefault(name, {})
        if not isinstance(below, dict):
            return  # the name has a value of its own already; the first one stands
        inner = below
    inner.setdefault(path[-1], value)
