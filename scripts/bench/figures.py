"""Collects figures over interleaved rounds and prints medians and ratios."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

console = Console(highlight=False, width=110)


@dataclass(slots=True)
class Figures:
    """Per server: events a second of each round, by the wall and by the processor's clock."""

    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    processor: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, events: int, *, seconds: float, cpu: float) -> None:
        """Note a round: so many events in so many seconds, and seconds of processor time."""
        self.wall[name].append(events / seconds)
        self.processor[name].append(events / cpu if cpu else float("nan"))
        console.print(
            f"  {name:<28} {events / seconds:>10,.0f} events/s"
            f"   {1e6 * cpu / events:>8.1f} µs of processor an event"
        )

    def ratio(self, name: str, against: str) -> float:
        """Answer the median over the rounds of one's speed by the other's in the same round."""
        pairs = zip(self.wall[name], self.wall[against], strict=True)
        return statistics.median(mine / other for mine, other in pairs)

    def processor_ratio(self, name: str, against: str) -> float:
        """Answer the same by processor time, which the load of the machine disturbs less."""
        mine, other = (statistics.median(self.processor[one]) for one in (name, against))
        return mine / other

    def whole_cost(self, name: str, against: str) -> float:
        """Answer one's processor time by the other's, all rounds together, of as many events."""
        mine, other = (sum(1 / one for one in self.processor[each]) for each in (name, against))
        return mine / other

    def lower_ratio(self, name: str, against: str) -> float:
        """Answer the smaller of the two, so that neither waiting nor a disturbance flatters."""
        return min(self.ratio(name, against), self.processor_ratio(name, against))

    def show(self, title: str) -> None:
        """Print medians and their spread."""
        table = Table(title=title, title_justify="left")
        table.add_column("server")
        for column in ("events/s (median)", "lowest", "highest", "µs of processor an event"):
            table.add_column(column, justify="right")
        for name, values in self.wall.items():
            table.add_row(
                name,
                *(f"{value:,.0f}" for value in (statistics.median(values), min(values))),
                f"{max(values):,.0f}",
                f"{1e6 / statistics.median(self.processor[name]):,.1f}",
            )
        console.print(table)


def verdict(what: str, value: float, *, target: float, at_least: bool) -> bool:
    """Print one figure against its target and answer whether it is met."""
    met = value >= target if at_least else value <= target
    relation = "at least" if at_least else "at most"
    colour = "green" if met else "red"
    console.print(
        f"[bold]{what}: {value:.2f}[/] ({relation} {target:g}: [{colour}]"
        f"{'met' if met else 'MISSED'}[/])"
    )
    return met
