"""wrangler.toml as the test host reads it: what is tested is what is deployed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge import configuration, installation
from tests.edge.configuration import UnknownSetting, from_settings

PLAIN: dict[str, Any] = {"name": "w", "main": "src/entry.py", "compatibility_date": "2026-11-01"}


def test_bindings_are_carried_over() -> None:
    """Objects, queues, buckets and variables keep their names; Python's own flags stay behind."""
    options = from_settings(
        {
            **PLAIN,
            "compatibility_flags": ["python_workers", "nodejs_compat"],
            "vars": {"HEADWATER_X": "1"},
            "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room"}]},
            "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"]}],
            "r2_buckets": [{"binding": "LAKE", "bucket_name": "lake"}],
            "queues": {
                "producers": [{"binding": "JOBS", "queue": "jobs"}],
                "consumers": [{"queue": "jobs", "max_retries": 3, "dead_letter_queue": "dead"}],
            },
            "triggers": {"crons": ["* * * * *"]},
            "assets": {"directory": "build/assets", "binding": "FILES", "html_handling": "none"},
        }
    )

    assert options == {
        "compatibilityDate": "2026-11-01",
        "compatibilityFlags": ["nodejs_compat"],
        "bindings": {"HEADWATER_X": "1"},
        "durableObjects": {"ROOM": {"className": "Room", "useSQLite": True}},
        "r2Buckets": {"LAKE": "lake"},
        "queueProducers": {"JOBS": "jobs"},
        "queueConsumers": {"jobs": {"maxRetries": 3, "deadLetterQueue": "dead"}},
        "assets": {
            "directory": str(installation.ROOT / "build" / "assets"),
            "binding": "FILES",
            "assetConfig": {"html_handling": "none"},
            "routerConfig": {"has_user_worker": True, "invoke_user_worker_ahead_of_assets": False},
        },
    }


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"d1_databases": []}, "d1_databases"),
        ({"queues": {"consumers": [{"queue": "jobs", "visibility": 3}]}}, "visibility"),
    ],
)
def test_what_would_be_lost_is_an_error(settings: dict[str, Any], named: str) -> None:
    """A setting that is not carried over is told by its name, not left out in silence."""
    with pytest.raises(UnknownSetting, match=named):
        from_settings({**PLAIN, **settings})


def test_the_workers_own_settings_are_all_known() -> None:
    """Each class in wrangler.toml has SQLite."""
    options = configuration.read(installation.ROOT / "wrangler.toml")

    assert options["durableObjects"]
    assert all(one["useSQLite"] for one in options["durableObjects"].values())
