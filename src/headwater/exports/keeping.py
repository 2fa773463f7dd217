"""For how long what an export has made is kept."""

from __future__ import annotations

from headwater.actors.jobs import Job

KIND = "export"
PERSON = "export-person"
"""The kinds of jobs that make files: of events, and of everything held on a person."""

KEPT = 24 * 3600 * 1000
"""For how long (ms) an export's files stay that nobody has fetched and deleted."""


def is_over(job: Job, *, now: int) -> bool:
    """Tell whether a job's files may go: it ended without success, or a day ago."""
    if job.ended_at is None:
        return False
    return job.state != "done" or now - job.ended_at >= KEPT
