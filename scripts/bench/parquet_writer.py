"""Our Parquet writer against pyarrow's, on the same rows: speed, and the size of the file.

Both begin with the same Python lists and end with a file's bytes, gzip at the same level, with
dictionaries where values repeat and an index of the pages. `--profile` lists where ours spends its
time. The rows are an online shop's events as the lake keeps them, sorted by person.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import pstats
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.lake.parquet.columns import Column, Kind
from headwater.lake.parquet.compression import Codec
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.writer import write
from scripts.bench import shop
from scripts.bench.figures import Figures, console, verdict

OURS, THEIRS = "headwater", "pyarrow"

# Pure Python against C++: half as fast is what the compression, which both share, makes possible.
TARGET = 0.5

COLUMNS = (
    Column("person", Kind.STRING, required=True, field_id=1),
    Column("via", Kind.STRING, required=True, field_id=2),
    Column("message_id", Kind.STRING, required=True, field_id=3),
    Column("type", Kind.STRING, required=True, field_id=4),
    Column("name", Kind.STRING, field_id=5),
    Column("timestamp", Kind.TIMESTAMP, required=True, field_id=6),
    Column("received_at", Kind.TIMESTAMP, required=True, field_id=7),
    Column("user_id", Kind.STRING, field_id=8),
    Column("anonymous_id", Kind.STRING, field_id=9),
    Column("properties", Kind.JSON, field_id=10),
    Column("traits", Kind.JSON, field_id=11),
    Column("context", Kind.JSON, field_id=12),
    Column("rest", Kind.JSON, required=True, field_id=13),
)
TYPES = {
    Kind.STRING: pa.string(),
    Kind.JSON: pa.string(),
    Kind.TIMESTAMP: pa.timestamp("ms", "UTC"),
}
SCHEMA = pa.schema(
    [pa.field(one.name, TYPES[one.kind], nullable=not one.required) for one in COLUMNS]
)


def table(events: int) -> dict[str, list[Any]]:
    """Answer a shop's events by column, sorted by person and time."""
    traffic = shop.Shop(7, known=max(events // 20, 100), prefix="bench")
    rows = sorted(
        (_row(traffic.event(), number) for number in range(events)), key=lambda row: row[:1]
    )
    return {
        column.name: list(values)
        for column, values in zip(COLUMNS, zip(*rows, strict=True), strict=True)
    }


def _row(event: dict[str, Any], number: int) -> tuple[Any, ...]:
    user, anonymous = event.get("userId"), event["anonymousId"]
    via = f"user_id:{user}" if user else f"anonymous_id:{anonymous}"
    texts = {name: _text(event.get(name)) for name in ("properties", "traits", "context")}
    rest: dict[str, Any] = {**dict.fromkeys(event), "integrations": {}}
    instant = shop.START + number * 3
    return (
        via, via, event["messageId"], event["type"], event.get("event"), instant, instant + 40,
        user, anonymous, texts["properties"], texts["traits"], texts["context"], _text(rest),
    )  # fmt: skip


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def headwater(values: dict[str, list[Any]], level: int) -> bytes:
    """Write the rows as the lake does."""
    codec = Codec.GZIP if level else Codec.NONE
    layout = Layout(codec=codec, level=level, together="person")
    return write(COLUMNS, values, layout, sorted_by=("person",))


def pyarrow(values: dict[str, list[Any]], level: int) -> bytes:
    """Write the same rows with row groups and pages of the same size."""
    out = io.BytesIO()
    layout = Layout()
    pq.write_table(
        pa.Table.from_pydict(values, schema=SCHEMA),
        out,
        compression="gzip" if level else "none",
        compression_level=level or None,
        row_group_size=layout.group_rows,
        max_rows_per_page=layout.page_rows,
        write_page_index=True,
        write_page_checksum=True,
    )
    return out.getvalue()


def measure(figures: Figures, name: str, make: Callable[[], bytes], *, events: int) -> bytes:
    """Time one file and note the figures."""
    wall, processor = time.perf_counter(), time.process_time()
    data = make()
    seconds, cpu = time.perf_counter() - wall, time.process_time() - processor
    figures.add(name, events, seconds=seconds, cpu=cpu)
    return data


def main() -> None:
    """Measure round after round, in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--level", type=int, default=Layout().level, help="gzip's; 0 is none")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()

    values, level = table(arguments.events), arguments.level
    if arguments.profile:
        with cProfile.Profile() as profile:
            headwater(values, level)
        pstats.Stats(profile).sort_stats("tottime").print_stats(22)
    writers = {OURS: lambda: headwater(values, level), THEIRS: lambda: pyarrow(values, level)}
    figures = Figures()
    sizes = {}
    for number in range(arguments.rounds):
        for name in sorted(writers, reverse=number % 2 == 0):
            data = measure(figures, name, writers[name], events=arguments.events)
            sizes[name] = len(data)
            if pq.read_table(io.BytesIO(data)).num_rows != arguments.events:
                raise SystemExit(f"{name} lost rows")
    figures.show(f"{arguments.events:,} events to a Parquet file in memory, gzip {level}")
    for name, size in sizes.items():
        console.print(f"{name}: {size / arguments.events:,.1f} bytes an event")
    met = verdict(
        "speed against pyarrow's", figures.ratio(OURS, THEIRS), target=TARGET, at_least=True
    )
    raise SystemExit(0 if met else 1)


if __name__ == "__main__":
    main()
