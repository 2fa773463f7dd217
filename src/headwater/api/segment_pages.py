"""Pages and cursors as Segment's Profile API has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from pydantic import BaseModel, Field

T = TypeVar("T")


class Cursor(BaseModel):
    """Where a list goes on: `next` is empty where it does not, `url` is what to get then."""

    url: str
    has_more: bool
    next: str
    limit: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What a request says about the page that it wants."""

    request: Request
    limit: int
    after: str | None


def page_of(
    items: Sequence[T], query: PageQuery, *, key: Callable[[T], str]
) -> tuple[Sequence[T], Cursor]:
    """Answer the page and its cursor; as at Segment, `next` is the key of the next item.

    So a page stays where it was when items are added before it.
    """
    ordered = sorted(items, key=key)
    if query.after:
        ordered = [item for item in ordered if key(item) >= query.after]
    following = key(ordered[query.limit]) if len(ordered) > query.limit else None
    return ordered[: query.limit], cursor_of(query, following)


def cursor_of(query: PageQuery, following: str | None) -> Cursor:
    """Answer the cursor of a page after which `following` comes."""
    scope = query.request.scope
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    parameters = [(name, value) for name, value in asked if name != "next"]
    if following is not None:
        parameters.append(("next", following))
    url = f"{scope['path']}?{urlencode(parameters, errors='replace')}"
    return Cursor(
        url=url.removesuffix("?"),
        has_more=following is not None,
        next=following or "",
        limit=query.limit,
    )
