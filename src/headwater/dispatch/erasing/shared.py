"""Erased people taken out of the objects that hold many people: the population's, the lanes'."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.actors import lane_calls, population_calls
from headwater.actors.population import SHARDS
from headwater.dispatch import lanes
from headwater.ports import Actors, CallFailed
from headwater.workspace import WorkspaceConfig


async def sift_shard(actors: Actors, workspace: str, shard: int, identifiers: Sequence[str]) -> int:
    """Take people out of a shard of the population; answer how many rows and events went.

    Raises:
        CallFailed: it is to be done again.
    """
    removed, after = 0, ""
    while True:
        call = population_calls.Sift(list(identifiers), after)
        text = await actors.population(workspace, shard).call(population_calls.encode(call))
        answer = population_calls.decode_answer(text)
        if not isinstance(answer, population_calls.Sifted):
            raise CallFailed(f"{type(answer).__name__} came from a shard.")
        removed += answer.rows
        if answer.until is None:
            return removed
        after = answer.until


async def sift_population(actors: Actors, workspace: str, identifiers: Sequence[str]) -> int:
    """Take people out of all shards; answer how many rows and events went."""
    return sum([await sift_shard(actors, workspace, shard, identifiers) for shard in range(SHARDS)])


async def sift_lane(
    actors: Actors, config: WorkspaceConfig, destination: str, identifiers: Sequence[str]
) -> dict[str, int]:
    """Take people out of a destination's lane; answer what went, by table.

    Raises:
        CallFailed: it is to be done again.
    """
    removed = {"delivery": 0, "dead_letter": 0}
    after = (0, 0)
    while True:
        call = lane_calls.Sift(list(identifiers), config.identity, after)
        sifted = await lanes.ask(actors, config, destination, call, lane_calls.Sifted)
        removed["delivery"] += sifted.deliveries
        removed["dead_letter"] += sifted.dead_letters
        if sifted.until is None:
            return removed
        after = sifted.until
