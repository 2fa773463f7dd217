"""The lake as Iceberg tables, opened with DuckDB's own reader.

It is an extension that is made for one version of DuckDB, other than the one that is used here,
so it gets an environment of its own; PyPI has both.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from headwater.lake.iceberg.publish import folder
from tests.lake.iceberg.test_publish import Lake

PACKAGES = (
    "duckdb==1.4.4",
    "duckdb-ext-avro==1.4.4.20260205",
    "duckdb-ext-iceberg==1.4.4.20260205",
)
READ = """
import json, sys
from pathlib import Path
import duckdb

sql = duckdb.connect(config={"allow_unsigned_extensions": "true"})
extensions = next(Path(sys.prefix).rglob("iceberg.duckdb_extension")).parent
for name in ("avro", "iceberg"):
    sql.execute(f"LOAD '{extensions / name}.duckdb_extension'")
print(json.dumps([sql.execute(one).fetchall() for one in json.loads(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has DuckDB and its extension for Iceberg."""
    place = tmp_path_factory.mktemp("duckdb") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    installed = subprocess.run(
        [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"PyPI gave no {', '.join(PACKAGES)}: {installed.stderr[-300:]}")
    return place / "bin" / "python"


@pytest.mark.slow
async def test_duckdb_reads_the_whole_lake_and_travels_in_time(
    python: Path, tmp_path: Path
) -> None:
    """As one table, through a compaction, and as of before; without whom an erasure took out."""
    lake = Lake(tmp_path / "lake")
    first = lake.events(["user_id:1", "user_id:2"])
    second = lake.events(["user_id:3"], day=1)
    for files in ([first], [second]):
        lake.change(files)
        await lake.publisher.publish("default", lake.manifest)
    lake.change([lake.events(["user_id:1", "user_id:2"], name="joined")], [first])
    await lake.publisher.publish("default", lake.manifest)

    def people(where: str = "", options: str = "") -> str:
        table = f"iceberg_scan('{lake.root / folder('default', 'events')}'{options})"
        return f"SELECT person FROM {table} {where} ORDER BY person"

    def asked(*queries: str) -> list[Any]:
        lake.open()
        done = subprocess.run(
            [str(python), "-c", READ, json.dumps(queries)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[list[list[Any]]] = json.loads(done.stdout)
        return [[row[0] for row in rows] for rows in found]

    every = ["user_id:1", "user_id:2", "user_id:3"]
    assert asked(
        people(),
        people("WHERE person = 'user_id:2' AND timestamp < '2024-10-05'"),
        people(options=", snapshot_from_id = 1"),
        people(options=", snapshot_from_id = 2"),
    ) == [every, ["user_id:2"], every[:2], every]

    without = lake.events(["user_id:1"], name="without")
    joined = next(one for one in lake.manifest.files.values() if "joined" in one.key)
    lake.change([without], [joined])
    await lake.publisher.publish("default", lake.manifest)
    assert asked(people(), people("WHERE person = 'user_id:2'")) == [["user_id:1", every[2]], []]
