"""Reads wrangler.toml as Miniflare wants it, so that what is tested is what is deployed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.edge.installation import ROOT

# What says how to build, where to deploy or what to observe; nothing that a local Worker does.
_FOR_DEPLOYMENT = frozenset(
    {"$schema", "account_id", "base_dir", "build", "env", "find_additional_modules", "limits"}
    | {"logpush", "main", "name", "observability", "placement", "preview_urls", "route", "routes"}
    | {"rules", "send_metrics", "workers_dev"}
)


class UnknownSetting(Exception):
    """wrangler.toml has a setting that the test host does not carry over."""


def read(path: Path) -> dict[str, Any]:
    """Answer the options of the Worker that a wrangler.toml describes.

    Raises:
        UnknownSetting: one of its settings would be lost here.
    """
    return from_settings(tomllib.loads(path.read_text("utf-8")))


def from_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Answer Miniflare's options for a Worker with wrangler's settings; see `read`."""
    settings = {name: value for name, value in settings.items() if name not in _FOR_DEPLOYMENT}
    options: dict[str, Any] = {
        "compatibilityDate": settings.pop("compatibility_date"),
        # The host is a Worker in JavaScript, which brings its own Python.
        "compatibilityFlags": [
            flag
            for flag in settings.pop("compatibility_flags", [])
            if not flag.startswith("python_")
        ],
        "bindings": settings.pop("vars", {}),
        "durableObjects": _objects(
            settings.pop("durable_objects", {}), settings.pop("migrations", [])
        ),
        "r2Buckets": {one["binding"]: one["bucket_name"] for one in settings.pop("r2_buckets", [])},
        **_queues(settings.pop("queues", {})),
    }
    assets = settings.pop("assets", None)
    if assets is not None:
        options["assets"] = _assets(assets)
    settings.pop("triggers", None)  # cron triggers fire when a test says so
    if settings:
        raise UnknownSetting(
            f"tests/edge/configuration.py does not know {', '.join(sorted(settings))}"
            " of wrangler.toml: carry it over there"
        )
    return options


def _objects(declared: Mapping[str, Any], migrations: list[Any]) -> dict[str, Any]:
    with_sqlite = {name for step in migrations for name in step.get("new_sqlite_classes", [])}
    return {
        one["name"]: {
            "className": one["class_name"],
            "useSQLite": one["class_name"] in with_sqlite,
        }
        for one in declared.get("bindings", [])
    }


_CONSUMER = {
    "max_batch_size": "maxBatchSize",
    "max_batch_timeout": "maxBatchTimeout",
    "max_retries": "maxRetries",
    "dead_letter_queue": "deadLetterQueue",
    "retry_delay": "retryDelay",
}


def _queues(declared: Mapping[str, Any]) -> dict[str, Any]:
    consumers = {}
    for one in declared.get("consumers", []):
        rest = {key: value for key, value in one.items() if key not in ("queue", "max_concurrency")}
        if unknown := rest.keys() - _CONSUMER.keys():
            raise UnknownSetting(f"a queue's consumer has {', '.join(sorted(unknown))}")
        consumers[one["queue"]] = {_CONSUMER[key]: value for key, value in rest.items()}
    return {
        "queueProducers": {one["binding"]: one["queue"] for one in declared.get("producers", [])},
        "queueConsumers": consumers,
    }


def _assets(declared: Mapping[str, Any]) -> dict[str, Any]:
    first = declared.get("run_worker_first", False)
    return {
        "directory": str(ROOT / declared["directory"]),
        "binding": declared.get("binding", "ASSETS"),
        "assetConfig": {
            name: declared[name]
            for name in ("html_handling", "not_found_handling")
            if name in declared
        },
        "routerConfig": {"has_user_worker": True, "invoke_user_worker_ahead_of_assets": first},
    }
