"""The `Bucket` port over Amazon S3 and what speaks like it, by boto3: AWS's own client.

boto3 knows every way in which credentials come (environment, profiles, roles of machines and
pods), and retries by AWS's own rules; another client would have less of both, and this is no hot
path. Endpoint and region come from where it looks for them, too: `AWS_ENDPOINT_URL_S3`,
`AWS_REGION`, `~/.aws/config`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from headwater.local.blocking_bucket import BlockingBucket
from headwater.local.s3_place import s3_place
from headwater.ports import BucketFailure, BucketRefused, ObjectMissing, StoredObject

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_THERE_ALREADY = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
_REFUSED = frozenset(
    {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket"}
    | {"AllAccessDisabled", "AccountProblem", "ExpiredToken", "InvalidBucketName"}
)
_DELETED_AT_ONCE = 1000  # keys in one request, S3's limit
_READS = 3  # boto3 tries requests again, but not the reading of an answer that was cut off

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=16,
    # Servers other than Amazon's need not know its newer checksums.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class S3Bucket(BlockingBucket):
    """The objects of an S3 bucket under a prefix."""

    def __init__(self, address: str, *, config: Config | None = None) -> None:
        """Prepare; nothing is asked of the server yet.

        Args:
            address: `s3://bucket/prefix`, and perhaps `?cold_class=GLACIER_IR`, the storage
                class for what is put as cold (one that answers at once).
            config: boto3's, where the usual one will not do.

        Raises:
            ValueError: the address is none.
        """
        place = s3_place(address)
        self.address = address
        self._bucket, self._prefix, self._cold_class = place
        session = boto3.Session()
        self._client: Any = session.client(
            "s3",
            region_name=session.region_name or "us-east-1",
            config=_CONFIG.merge(config) if config else _CONFIG,
        )

    def put_now(
        self, key: str, data: bytes, *, only_if_absent: bool = False, cold: bool = False
    ) -> bool:
        """Store an object; see `Bucket.put`."""
        how: dict[str, str] = {}
        if only_if_absent:
            how["IfNoneMatch"] = "*"
        if cold and self._cold_class:
            how["StorageClass"] = self._cold_class
        try:
            with _told(key):
                self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=data, **how)
        except FileExistsError:
            return False
        return True

    def get_now(self, key: str) -> bytes:
        """Answer all of an object; see `Bucket.get`."""
        return self._read(key)

    def range_now(self, key: str, start: int, length: int) -> bytes:
        """Answer some bytes; see `Bucket.range`."""
        if length <= 0:
            return b""
        span = f"bytes={start}" if start < 0 else f"bytes={start}-{start + length - 1}"
        return self._read(key, Range=span)[:length]

    def list_now(self, prefix: str, *, after: str = "") -> Sequence[StoredObject]:
        """Answer the objects under a prefix; see `Bucket.list`."""
        begin = {"StartAfter": self._key(after)} if after else {}
        found: list[StoredObject] = []
        with _told(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._key(prefix), **begin
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    key = one["Key"].removeprefix(self._prefix)
                    found.append(StoredObject(key, one["Size"]))
        return sorted(found, key=lambda one: one.key)

    def delete_now(self, keys: Sequence[str]) -> None:
        """Remove objects; see `Bucket.delete`."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = keys[start : start + _DELETED_AT_ONCE]
            with _told(some[0]):
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": self._key(key)} for key in some], "Quiet": True},
                )
            errors = [one for one in answer.get("Errors", ()) if one.get("Code") not in _MISSING]
            if errors:
                raise BucketFailure(f"{errors[0].get('Key')}: {errors[0].get('Message')}")

    def _key(self, key: str) -> str:
        return self._prefix + key

    def _read(self, key: str, **how: str) -> bytes:
        for tries_left in reversed(range(_READS)):
            try:
                with _told(key):
                    answer = self._client.get_object(Bucket=self._bucket, Key=self._key(key), **how)
                    data: bytes = answer["Body"].read()
                    return data
            except BucketRefused:
                raise
            except EOFError:  # the range begins behind the end
                return b""
            except BucketFailure:
                if not tries_left:
                    raise
        raise AssertionError("the last try has returned or raised")


@contextmanager
def _told(key: str) -> Iterator[None]:
    """Turn boto3's errors into the port's; `FileExistsError` where an object is there already."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise ObjectMissing(key) from error
        if code in _THERE_ALREADY:
            raise FileExistsError(key) from error
        if code in {"InvalidRange", "416"}:
            raise EOFError(key) from error
        kind = BucketRefused if code in _REFUSED else BucketFailure
        raise kind(f"{key}: {error}") from error
    except NoCredentialsError as error:
        raise BucketRefused(
            "No credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what else "
            "boto3 reads (a profile, the machine's role)."
        ) from error
    except (BotoCoreError, OSError) as error:
        raise BucketFailure(f"{key}: {error}") from error
