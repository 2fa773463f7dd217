"""Randomness from the operating system."""

from __future__ import annotations

import os

_VERSION_4 = 0x40
_RFC_9562_VARIANT = 0x80


class SystemRandom:
    """`Random` over the kernel's generator; safe from every thread and after a fork."""

    def uuid(self) -> str:
        """Answer a new version 4 UUID (RFC 9562) in its canonical text form.

        Spelled out because `str(uuid.uuid4())` takes twice as long, and a batch needs hundreds.
        """
        drawn = bytearray(os.urandom(16))
        drawn[6] = drawn[6] & 0x0F | _VERSION_4
        drawn[8] = drawn[8] & 0x3F | _RFC_9562_VARIANT
        text = drawn.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def uniform(self) -> float:
        """Answer a number in [0, 1), one of 2**53 that are equally likely."""
        return (int.from_bytes(os.urandom(7)) >> 3) * 2.0**-53
