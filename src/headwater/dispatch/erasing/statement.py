"""What a certificate says of an erasure that Durable Objects did."""

from __future__ import annotations

from typing import Any

from headwater.actors import certificates
from headwater.collect.times import write_time
from headwater.dispatch.erasing.state import ErasureState
from headwater.workspace import WorkspaceConfig

RECOVERY = 30 * 24 * 3600 * 1000
"""For how long (ms) Cloudflare can bring a Durable Object back to what it was.

https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/#pitr-point-in-time-recovery-api
"""


def statement_of(
    config: WorkspaceConfig, state: ErasureState, *, erasure: str, now: int
) -> dict[str, Any]:
    """Answer what a certificate says, but for when the erasure was asked for.

    `now` is when all of it was done, in milliseconds.
    """
    gone = write_time(now + RECOVERY)
    return {
        "erasure": erasure,
        "workspace": config.workspace,
        "unreadable_from": write_time(state.unreadable_from),
        "identifiers": certificates.hashed(config.suppression.salt, state.identifiers),
        "removed": state.removed,
        "lake": {
            "files": state.lake.files,
            "rows": state.lake.rows,
            "deleted_files": state.deleted,
        },
        "exports_deleted": state.exports,
        "rescan": state.rescan,
        "destinations": certificates.destinations(config),
        "suppressed": state.suppress,
        "done_at": write_time(now),
        "kept_by_cloudflare": [
            {
                "what": "point-in-time recovery of Durable Objects, which only the account's "
                "owner can ask for",
                "until": gone,
            },
            {
                "what": "deleted bytes in free pages of objects that hold many people "
                "(population, lanes, accounts, settings), which nothing can read; "
                "physically_gone_by does not speak of them",
                "until": "written over",
            },
        ],
        "physically_gone_by": gone,
    }
