"""What happens to whoever reads files of the lake that are deleted at that moment."""

from __future__ import annotations

from headwater.errors import Unavailable

TRIES = 5
"""How often what somebody waits for is read anew, out of the files that took their place."""


class FilesReplaced(Unavailable):
    """Files of the lake could not be read; ask again.

    An erasure, or a compaction of a day before, may have replaced them meanwhile. Where it stays
    like this, the server's log says what could not be read.
    """

    code = "lake_changing"

    def __init__(self) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()))
