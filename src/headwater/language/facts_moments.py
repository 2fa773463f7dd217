"""When a fact happened."""

from __future__ import annotations

from typing import Any

from headwater.language.windows import Window


def moment_of(window: Window | None) -> dict[str, Any] | None:
    """Answer when a fact happened: `{"ago": 2, "unit": "day"}` or `{"on": day}`; None is now."""
    if window is None or (window.kind == "this" and window.unit == "day"):
        return None
    if window.kind == "ago":
        return {"ago": window.number, "unit": window.unit}
    if window.kind == "between" and window.since is not None and window.since == window.until:
        return {"on": window.since}
    return {"unclear": window.kind}
