"""What a shard keeps in mind of events that its people's actors have let go."""

from __future__ import annotations

import msgspec
import pytest

from headwater.actors.migrations import migrate
from headwater.actors.population import Population
from headwater.actors.population_calls import Described, Event, Portion, Recalled, Sift
from headwater.actors.population_erasing import sift
from headwater.actors.population_recall import lacks
from headwater.actors.schemas import POPULATION, migrations
from tests.databases import Database, driven, empty_database

ADA, PHONE = "user_id:ada", "anonymous_id:phone"


class Shard:
    """A shard and the one person in it."""

    def __init__(self) -> None:
        self.sql: Database = empty_database()
        self.sql.run(lambda: migrate(self.sql, migrations(POPULATION)))
        self.population = driven(Population(self.sql), self.sql)
        self.stamp = 0

    def tell(self, *identifiers: str, let_go: tuple[str, ...] = ()) -> None:
        """Tell it who the person is; nobody any more where they have no identifier."""
        self.stamp += 1
        described = Described({}, list(identifiers), {}, []) if identifiers else None
        held = self.population.held(ADA)
        word = Portion(
            "w",
            ADA,
            self.stamp,
            described,
            held.position,
            held.position + 1,
            [event(f"hot{self.stamp}", ADA)] if described else [],
            overlaps=True,
            let_go=list(let_go),
        )
        assert self.population.take(word).is_taken

    def recall(self, until: int | None, *messages: str, via: str = PHONE) -> bool:
        """Tell it of events out of the lake; answer whether it took them."""
        events = [event(message, via) for message in messages]
        return self.population.take_recalled(Recalled(ADA, via, until, events)).is_taken

    def messages(self) -> list[str]:
        """Answer the messages that it has, in order."""
        rows = self.sql.execute("SELECT message_id FROM events ORDER BY 1")
        return [message for (message,) in rows]


def event(message: str, via: str) -> Event:
    """Answer an event as a shard has it."""
    nothing = msgspec.Raw(b"null")
    return Event((1_000, message, "track", "Played", nothing), (nothing, nothing, nothing, via))


@pytest.fixture
def shard() -> Shard:
    """An empty one."""
    return Shard()


def test_what_a_person_had_from_the_beginning_is_not_lacking(shard: Shard) -> None:
    """Their shard was told of it before their actor let it go; nor is what was never let go."""
    shard.tell(ADA)
    shard.tell(ADA, let_go=(ADA,))
    shard.tell(ADA, PHONE, let_go=(ADA,))

    assert lacks(shard.sql, ADA) == {}


def test_what_came_from_another_is_lacking_until_it_is_told(shard: Shard) -> None:
    """Day by day; what is told twice, or is here already, changes nothing."""
    shard.tell(ADA)
    shard.tell(ADA, PHONE, let_go=(PHONE,))
    assert lacks(shard.sql, ADA) == {PHONE: -1}

    assert shard.recall(20_001, "old1", "old2", "hot1")
    assert lacks(shard.sql, ADA) == {PHONE: 20_001}
    assert not shard.recall(20_001, "old1", "old2")
    assert shard.recall(None, "old3")

    assert lacks(shard.sql, ADA) == {}
    assert shard.messages() == ["hot1", "hot2", "old1", "old2", "old3"]
    assert not shard.recall(None, "old4")


def test_words_go_on_where_they_were(shard: Shard) -> None:
    """What comes out of the lake does not move the position of what the actor tells."""
    shard.tell(ADA)
    shard.tell(ADA, PHONE, let_go=(PHONE,))
    before = shard.population.held(ADA)
    shard.recall(None, "old1")

    assert shard.population.held(ADA) == before
    shard.tell(ADA, PHONE, let_go=(PHONE,))
    assert lacks(shard.sql, ADA) == {}, "it was told"


def test_what_is_taken_away_is_not_lacking_any_more(shard: Shard) -> None:
    """By a split, a merge into another, or an erasure; what comes late is not taken."""
    shard.tell(ADA)
    for end in (lambda: shard.tell(ADA), shard.tell, lambda: sift(shard.sql, Sift([ADA]))):
        shard.tell(ADA)
        shard.tell(ADA, PHONE, let_go=(PHONE,))
        assert lacks(shard.sql, ADA) == {PHONE: -1}
        shard.sql.run(end)
        assert lacks(shard.sql, ADA) == {}
        assert not shard.recall(None, "late")
    assert "late" not in shard.messages()


def test_who_is_new_here_lacks_all_that_was_let_go(shard: Shard) -> None:
    """Restored by a split, or told to a shard that begins empty."""
    shard.tell(ADA, PHONE, let_go=(ADA, PHONE))

    assert lacks(shard.sql, ADA) == {ADA: -1, PHONE: -1}
