"""JSON answers that can hold whatever an event did."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


class AdminResponse(JSONResponse):
    """JSON in UTF-8, as compact as it gets."""

    def render(self, content: Any) -> bytes:
        """Answer the body; halves of surrogate pairs, which UTF-8 cannot hold, are escaped."""
        try:
            return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return json.dumps(content, separators=(",", ":")).encode()
