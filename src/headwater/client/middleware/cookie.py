"""The cookie that a visitor is known by."""

from __future__ import annotations

MAX_AGE = 400 * 24 * 3600
"""Seconds: the longest that browsers keep a cookie (RFC 6265bis section 5.5)."""


def set_cookie(name: str, value: str, *, is_secure: bool) -> str:
    """Answer a Set-Cookie header.

    Set by a server's answer and not by a script, so Safari keeps it for the whole time. Scripts
    may read it: the snippet goes on with the same visitor.
    """
    secure = "; Secure" if is_secure else ""
    return f"{name}={value}; Max-Age={MAX_AGE}; Path=/; SameSite=Lax{secure}"
