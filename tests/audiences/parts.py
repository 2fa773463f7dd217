"""Parts of a person in memory."""

from __future__ import annotations

from typing import Any


class DictPart(dict[str, Any]):
    """The states of one identifier."""
