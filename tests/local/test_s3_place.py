"""Addresses of buckets."""

from __future__ import annotations

import re

import pytest

from headwater.local.s3_place import S3Place, s3_place


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("s3://shop", S3Place("shop", "", None)),
        ("s3://shop/", S3Place("shop", "", None)),
        ("s3://shop/lake/of/ours/", S3Place("shop", "lake/of/ours/", None)),
        ("s3://shop/lake?cold_class=GLACIER_IR", S3Place("shop", "lake/", "GLACIER_IR")),
    ],
)
def test_an_address_is_a_bucket_and_a_prefix(address: str, place: S3Place) -> None:
    """With a slash behind the prefix, and a storage class where one is given."""
    assert s3_place(address) == place


@pytest.mark.parametrize(
    ("cold_class", "says"),
    [
        ("GLACIER", "only after it was asked back"),
        ("DEEP_ARCHIVE", "write GLACIER_IR"),
        ("glacier_ir", "GLACIER_IR?"),
    ],
)
def test_a_class_that_cannot_be_read_at_once_is_refused(cold_class: str, says: str) -> None:
    """It would be found out a year later, when somebody's timeline fails."""
    with pytest.raises(ValueError, match=re.escape(says)):
        s3_place(f"s3://shop/lake?cold_class={cold_class}")


@pytest.mark.parametrize("address", ["s3://", "s3:///lake", "gs://shop", "s3://shop?klass=X"])
def test_what_is_none_is_refused_with_how_to_write_it(address: str) -> None:
    """Nothing is left out silently."""
    with pytest.raises(ValueError, match="write s3://bucket/prefix"):
        s3_place(address)
