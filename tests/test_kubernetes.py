"""The manifest in docs/deploy: valid for Kubernetes, and true to the image and the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from headwater.api.operations import PATHS
from tests.test_docker import ROOT, one

MANIFEST = ROOT / "docs" / "deploy" / "kubernetes.yaml"


def documents() -> list[dict[str, Any]]:
    """Answer the objects that it makes."""
    return list(yaml.safe_load_all(MANIFEST.read_text("utf-8")))


def stateful() -> dict[str, Any]:
    """Answer the StatefulSet's specification."""
    (found,) = [document for document in documents() if document["kind"] == "StatefulSet"]
    specification: dict[str, Any] = found["spec"]
    return specification


def container() -> dict[str, Any]:
    """Answer its one container."""
    (found,) = stateful()["template"]["spec"]["containers"]
    answer: dict[str, Any] = found
    return answer


@pytest.mark.parametrize("version", ["1.31", "1.32", "1.33", "1.34"])
def test_it_is_valid(version: str) -> None:
    """Each object has the fields that this version knows, and no other."""
    for document in documents():
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_found() -> None:
    """The schemas do refuse what is wrong, so that their silence says something."""
    broken = {**documents()[-1]}
    broken["spec"] = {**broken["spec"], "replica": 1}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.34", strict=True)


def test_one_process_owns_the_volume() -> None:
    """One replica, and a volume that no second pod can have."""
    (claim,) = stateful()["volumeClaimTemplates"]

    assert stateful()["replicas"] == 1
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]


def test_it_runs_what_the_image_is() -> None:
    """Port, user, volume and the time to drain are the Dockerfile's; nothing runs as root."""
    pod = stateful()["template"]["spec"]
    user, group = one("USER").split(":")
    mounts = {mount["mountPath"] for mount in container()["volumeMounts"]}

    assert [port["containerPort"] for port in container()["ports"]] == [int(one("EXPOSE"))]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == int(user)
    assert pod["securityContext"]["fsGroup"] == int(group)
    assert mounts == {one("VOLUME"), "/tmp"}
    assert container()["securityContext"]["readOnlyRootFilesystem"]
    assert pod["terminationGracePeriodSeconds"] > 15
    assert "args" not in container()
    assert "command" not in container()


def test_the_probes_ask_what_the_server_answers() -> None:
    """Alive by /health, ready by /ready, at the port that is open."""
    probes = {name: one for name, one in container().items() if name.endswith("Probe")}
    paths = {name: probe["httpGet"]["path"] for name, probe in probes.items()}

    assert paths == {
        "livenessProbe": "/health",
        "readinessProbe": "/ready",
        "startupProbe": "/ready",
    }
    assert set(paths.values()) <= set(PATHS)
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"http"}


def test_selectors_find_the_pods() -> None:
    """Services and the StatefulSet name the labels that the pods have."""
    labels = stateful()["template"]["metadata"]["labels"]
    services = {one["metadata"]["name"]: one for one in documents() if one["kind"] == "Service"}

    assert stateful()["selector"]["matchLabels"].items() <= labels.items()
    for service in services.values():
        assert service["spec"]["selector"].items() <= labels.items()
    assert services[stateful()["serviceName"]]["spec"]["clusterIP"] == "None"


def test_memory_is_limited_and_the_disk_asked_for() -> None:
    """The scheduler knows what it needs; no key is in the file."""
    resources = container()["resources"]

    assert {"cpu", "memory"} <= resources["requests"].keys()
    assert "memory" in resources["limits"]
    assert not [document for document in documents() if document["kind"] == "Secret"]
    assert Path(ROOT / "docs" / "deploy" / "README.md").read_text("utf-8").count("create secret")
