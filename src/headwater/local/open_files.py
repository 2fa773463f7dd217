"""How many files, connections among them, the process may have open at a time."""

from __future__ import annotations

import resource

# Of what systems call "hard" nearly all allow far more than the "soft" 256 or 1024 that a process
# starts with; that is for programs that use select(), and ours do not. macOS stops at 10,240.
_WANTED = (65_536, 10_240)


def raise_limit() -> None:
    """Let the process have as many open as the system grants without being asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in _WANTED:
        granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft == resource.RLIM_INFINITY or soft >= granted:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
        except (OSError, ValueError):
            continue  # more than this system gives anybody
        return
