"""The official SDKs, unmodified, against Headwater's Worker in real workerd."""

from __future__ import annotations

from segment.analytics.client import Client

from tests.edge.face import Face
from tests.sdk.node import FOLDER, run
from tests.server import WRITE_KEY


def test_analytics_node_drives_the_worker(face: Face) -> None:
    """Every call of `@segment/analytics-node` arrives once, in one person's timeline."""
    report = run(FOLDER / "calls.mjs", face.url.rstrip("/"), WRITE_KEY, "3")

    assert report["errors"] == []
    assert set(report["statuses"]) == {200}
    timeline = face.read("/v1/people/anonymous_id:node-anonymous/events")["events"]
    sent = report["messageIds"]
    assert sorted(event["messageId"] for event in timeline) == sorted(sent.values())
    person = face.read("/v1/people/email:node@example.com")
    assert person["id"] == "user_id:node-user"
    assert face.read("/v1/accounts/node-company")["traits"]["employees"] == 12


def test_segment_analytics_python_drives_the_worker(face: Face) -> None:
    """Every call of `segment-analytics-python` arrives once, in one person's timeline."""
    failed: list[object] = []
    client = Client(
        WRITE_KEY,
        host=face.url.rstrip("/"),
        on_error=lambda error, _batch: failed.append(error),
        upload_interval=0.05,
    )
    calls = [
        client.page(None, "Docs", "Start", anonymous_id="py-edge-anonymous"),
        client.identify("py-edge", {"email": "py-edge@example.com"}),
        client.identify("py-edge", {}, anonymous_id="py-edge-anonymous"),
        client.track("py-edge", "Order Completed", {"revenue": 99.95, "sku": "ä-1"}),
        client.group("py-edge", "py-company", {"name": "Company"}),
    ]
    client.flush()
    client.join()

    assert failed == []
    timeline = face.read("/v1/people/anonymous_id:py-edge-anonymous/events")["events"]
    sent = [message["messageId"] for _, message in calls]
    assert sorted(event["messageId"] for event in timeline) == sorted(sent)
