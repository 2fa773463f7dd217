"""Which parcel of an actor's outbox is under way, as long as its object is in memory."""

from __future__ import annotations

from headwater.actors import outbox
from headwater.actors.outbox import Parcel
from headwater.commands import Rekey
from headwater.ports import Sql


class OutboxWatch:
    """Hands out one parcel at a time; what it forgets is handed out once more."""

    def __init__(self) -> None:
        self._under_way: tuple[int, str] | None = None

    def hand_out(self, sql: Sql, actor: str) -> Parcel | None:
        """Answer the next parcel to send; None where one is under way, or nothing waits."""
        if self._under_way is not None:
            return None
        parcel = outbox.oldest(sql, actor)
        if parcel is not None:
            self._under_way = (parcel.id, parcel.token)
        return parcel

    def let_merge_go(self, sql: Sql, actor: str) -> None:
        """Have a merge that waited for the loser's parcels handed out again."""
        parcel = outbox.oldest(sql, actor)
        if parcel is not None and isinstance(parcel.commands[0], Rekey):
            self._under_way = None

    def acknowledge(self, sql: Sql, number: int, token: str) -> None:
        """Forget a parcel that was carried out, so that the next one may go."""
        outbox.acknowledge(sql, number, token)
        if self._under_way == (number, token):
            self._under_way = None

    def forget(self) -> None:
        """Take nothing to be under way."""
        self._under_way = None
