"""A lock on an open file that ends with the process that holds it, however that process ends."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    # Windows locks bytes, not files, and locked bytes cannot be read: this one is never written.
    _BYTE = 0x7FFF_0000

    def is_locked_by_us(descriptor: int) -> bool:
        """Take the lock if nobody has it; answer whether it is ours. It goes when it is closed."""
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def is_locked_by_us(descriptor: int) -> bool:
        """Take the lock if nobody has it; answer whether it is ours. It goes when it is closed.

        flock(2) rather than fcntl(2): two clients in one process exclude each other too, and
        closing another descriptor of the same file does not drop it.

        Raises:
            OSError: the file system has no locks.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
