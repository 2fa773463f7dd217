"""Many texts in few pieces of memory, as SQLite joins them and as they are cut for the lake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from headwater.local.lake.text_arrays import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class JoinedTexts:
    """Some texts.

    Attributes:
        pieces: one text each, or several with a line feed between them.
        sizes: bytes of each text, in order.
    """

    pieces: Sequence[bytes]
    sizes: Numbers

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> JoinedTexts:
        """Answer texts that are apart."""
        pieces = list(texts)
        return cls(pieces, np.fromiter(map(len, pieces), np.int64, len(pieces)))

    def __len__(self) -> int:
        """Answer how many there are."""
        return len(self.sizes)

    def some(self, wanted: Sequence[bool]) -> JoinedTexts:
        """Answer those that are wanted."""
        data = b"\n".join(self.pieces)
        ends = np.cumsum(self.sizes + 1) - 1
        cuts = zip((ends - self.sizes).tolist(), ends.tolist(), strict=True)
        return JoinedTexts.of(data[begin:end] for begin, end in compress(cuts, wanted))

    def and_more(self, others: JoinedTexts) -> JoinedTexts:
        """Answer these, and others behind them."""
        return JoinedTexts(
            [*self.pieces, *others.pieces], np.concatenate([self.sizes, others.sizes])
        )
