"""How many files the server may have open."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from headwater.local.open_files import raise_limit
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
raise_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [(256, 4096, 4096), (4096, 4096, 4096), (100, 200, 200)],
)
def test_the_limit_is_raised_to_what_the_system_grants(soft: int, hard: int, expected: int) -> None:
    """From the low one that processes begin with; what may not be had is not tried."""
    command = [sys.executable, "-c", PROGRAM, str(soft), str(hard)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == [str(expected), str(hard)]
