"""Segment's semantic events, typed: a misspelt name or a missing property is found where it is.

    from headwater.spec import ecommerce
    client.track("user-1", ecommerce.order_completed(order_id="456", products=[…], revenue=99.99))

`ecommerce`, `b2b` and `video` follow Segment's specs of these names
(https://segment.com/docs/connections/spec/semantic/).
"""

from __future__ import annotations

from headwater.spec import b2b, ecommerce, video
from headwater.spec.event import InvalidProperty, SemanticEvent

__all__ = ["InvalidProperty", "SemanticEvent", "b2b", "ecommerce", "video"]
