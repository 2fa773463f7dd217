"""The kinds of jobs that a Worker does, each made where a job's object first asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.isolate import Isolate
    from headwater.dispatch.exporting.people_now import PeopleNow
    from headwater.dispatch.job_keeper import Work
    from r2.bucket import R2Bucket


def works(isolate: Isolate) -> dict[str, Callable[[], Work]]:
    """Answer the kinds, by the names that orders have for them; most need a bucket."""
    made: dict[str, Callable[[], Work]] = {"erase": lambda: _erasure(isolate)}
    bucket = isolate.bucket
    if bucket is not None:
        made["export"] = lambda: _events_export(isolate, bucket)
        made["export-person"] = lambda: _person_export(isolate, bucket)
        made["replay"] = lambda: _replay(isolate, bucket)
    return made


# What follows imports when it is called: events need none of it.


def _erasure(isolate: Isolate) -> Work:
    from edge.signing import WebCryptoSigner  # noqa: PLC0415 - see above
    from headwater.dispatch.erasing.erasure import ErasureWork  # noqa: PLC0415 - see above

    return ErasureWork(
        isolate.actors,
        isolate.settings,
        isolate.people,
        isolate.bucket,
        WebCryptoSigner(),
        drop_exports=isolate.exports.drop,
        clock=isolate.clock,
        random=isolate.random,
    )


def _events_export(isolate: Isolate, bucket: R2Bucket) -> Work:
    from headwater.dispatch.exporting.events import EventsExportWork  # noqa: PLC0415 - see above

    return EventsExportWork(bucket, _people_now(isolate))


def _person_export(isolate: Isolate, bucket: R2Bucket) -> Work:
    from headwater.api.archive_views import archive_views  # noqa: PLC0415 - see above
    from headwater.dispatch.exporting.person import PersonExportWork  # noqa: PLC0415 - see above

    return PersonExportWork(
        isolate.actors,
        isolate.settings,
        isolate.people,
        bucket,
        archive_views(),
        clock=isolate.clock,
    )


def _replay(isolate: Isolate, bucket: R2Bucket) -> Work:
    from headwater.dispatch.replaying.work import ReplayWork  # noqa: PLC0415 - see above

    return ReplayWork(
        isolate.actors,
        isolate.settings,
        isolate.people,
        _people_now(isolate),
        bucket,
        clock=isolate.clock,
    )


def _people_now(isolate: Isolate) -> PeopleNow:
    from headwater.dispatch.exporting.people_now import PeopleNow  # noqa: PLC0415 - see above

    return PeopleNow(isolate.shards, isolate.people)
