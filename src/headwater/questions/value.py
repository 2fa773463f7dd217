"""What all parts of a question are: values that JSON goes into and comes out of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable part of a question; a field that it does not know is a mistake, not noise."""

    model_config = ConfigDict(frozen=True, extra="forbid")
