"""Cuts a rebuild or a restoration short, as the end of its process would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from headwater.local.rebuild.bringing import Bringing
from headwater.local.rebuild.plan import Plan


@contextmanager
def cut_short(monkeypatch: pytest.MonkeyPatch, *, at: int) -> Iterator[None]:
    """End the work inside where it would save its plan for the `at`th time, which it must reach."""
    saves = 0
    real = Bringing._save

    def save(self: Bringing, plan: Plan) -> None:
        nonlocal saves
        saves += 1
        if saves == at:
            raise KeyboardInterrupt
        real(self, plan)

    with monkeypatch.context() as patched:
        patched.setattr(Bringing, "_save", save)
        with pytest.raises(KeyboardInterrupt):
            yield
