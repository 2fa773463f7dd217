"""Figures that every runtime tells of, by the names that its metrics have for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headwater.destinations.lane_status import LaneStatus

LAKE_FIGURES = {
    "waiting": "Events of all workspaces that are not in the lake yet, at most.",
    "lag_seconds": "Seconds since the last flush that brought the lake up to date.",
    "files": "Files of the lake.",
    "events": "Events in the lake.",
    "bytes": "Size of the lake's files.",
}
"""What is told of the lake, by the names that metrics and `headwater status` have for it."""

_BREAKERS = {"closed": 0, "half_open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one kind.

    Attributes:
        name: as metrics have it; a counter's without `_total` at its end.
        labels: their names; `values` has as many for each number.
        is_counter: it only ever grows.
    """

    name: str
    description: str
    labels: tuple[str, ...]
    values: Sequence[tuple[tuple[str, ...], float]]
    is_counter: bool = False


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """How the server is.

    Attributes:
        state: `ready`, or `draining` once it was told to stop.
        started_at: in milliseconds.
        figures: further counts by name (`events_stored`, `database_bytes`, …).
        troubles: what does not work just now, and why, by what it is (`lake`).
    """

    state: str
    started_at: int
    figures: Mapping[str, int | float]
    troubles: Mapping[str, str] = field(default_factory=dict)


def people_family(by_workspace: Mapping[str, int]) -> Family:
    """Answer how many people there are."""
    return Family(
        "headwater_people",
        "People by workspace, counted every now and then.",
        ("workspace",),
        [((workspace,), number) for workspace, number in by_workspace.items()],
    )


def lake_families(by_workspace: Mapping[str, Mapping[str, float]]) -> list[Family]:
    """Answer those of `LAKE_FIGURES` that are known, each workspace's as `lake_files` and so on."""
    return [
        Family(
            f"headwater_lake_{name}",
            description,
            ("workspace",),
            [
                ((workspace,), figures[f"lake_{name}"])
                for workspace, figures in by_workspace.items()
                if f"lake_{name}" in figures
            ],
        )
        for name, description in LAKE_FIGURES.items()
    ]


def lane_families(lanes: Sequence[LaneStatus]) -> list[Family]:
    """Answer how destinations' lanes are."""
    return [
        Family(
            f"headwater_lane_{name}",
            description,
            ("workspace", "destination"),
            [
                ((lane.workspace, lane.destination), value)
                for lane, value in zip(lanes, values, strict=True)
            ],
        )
        for name, description, values in (
            ("lag_seconds", "Age of the oldest event that waits.", [x.lag for x in lanes]),
            ("waiting", "Events that are not delivered yet.", [x.waiting for x in lanes]),
            ("in_flight", "Requests on their way.", [x.in_flight for x in lanes]),
            (
                "breaker",
                "0 closed (it works), 1 half open (a probe), 2 open (not tried now).",
                [_BREAKERS[x.breaker] for x in lanes],
            ),
            ("dead_letters", "Events that were given up.", [x.dead_letters for x in lanes]),
            ("delivered", "Events delivered so far.", [x.delivered for x in lanes]),
        )
    ]


def exposition(families: Iterable[Family]) -> bytes:
    """Answer families in Prometheus' text format, version 0.0.4; those without numbers left out.

    https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
    """
    lines: list[str] = []
    for family in families:
        if not family.values:
            continue
        name = f"{family.name}_total" if family.is_counter else family.name
        lines.append(f"# HELP {name} {family.description}")
        lines.append(f"# TYPE {name} {'counter' if family.is_counter else 'gauge'}")
        for values, number in family.values:
            labels = ",".join(
                f'{label}="{_escaped(value)}"'
                for label, value in zip(family.labels, values, strict=True)
            )
            lines.append(f"{name}{{{labels}}} {float(number)!r}")
    return "".join(f"{line}\n" for line in lines).encode()


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
