"""Where an address such as `s3://bucket/prefix?cold_class=GLACIER_IR` points."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

_AWAY = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes whose objects must be restored first (S3's user guide, "Storage classes")."""


class S3Place(NamedTuple):
    """A place in a bucket.

    Attributes:
        bucket: its name.
        prefix: what every key begins with; empty, or with a slash at its end.
        cold_class: the storage class for what is put as cold.
    """

    bucket: str
    prefix: str
    cold_class: str | None


def s3_place(address: str) -> S3Place:
    """Answer where an address points.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    cold_class = options.pop("cold_class", None)
    if parts.scheme != "s3" or not parts.netloc or options:
        raise ValueError(
            f"{address!r} is no address of a bucket; write s3://bucket/prefix, and perhaps "
            "?cold_class=GLACIER_IR behind it."
        )
    if cold_class in _AWAY:
        raise ValueError(
            f"{address!r}: what is in {cold_class} can be read only after it was asked back, and "
            "timelines, queries and erasures read the lake at any time; write GLACIER_IR, or "
            "another class that is read at once."
        )
    if cold_class is not None and cold_class != cold_class.upper():
        raise ValueError(f"{address!r}: storage classes are in capitals; {cold_class.upper()}?")
    prefix = parts.path.strip("/")
    return S3Place(parts.netloc, f"{prefix}/" if prefix else "", cold_class)
