"""What is said about destinations: where events go, who is kept in sync, what is exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.reading import Document
from headwater.language.statements import Grammar, over

Held = Mapping[str, Any]


def _route(held: Held) -> Document:
    events = held.get("events") or {}
    if held.get("about"):
        events = {**events, "people": held["about"]}
    plan: Document = {"do": "route_events", "destinations": held["to"]}
    return plan | ({"events": events} if events else {})


def _with_every(plan: Document, held: Held) -> Document:
    return plan | ({"every": held["every"]} if held.get("every") else {})


def _audience_sync(held: Held) -> Document:
    plan = {"do": "sync_audience", "people": held["people"], "destination": held["to"]}
    return _with_every(plan, held)


def add_routing(grammar: Grammar) -> None:
    """Add the rules about destinations."""
    grammar.add(
        """
        (send|route|forward|pipe|stream|deliver|push|post|webhook|start sending|start routing|start forwarding) <events:events>? (to|into|over to) <to:destinations>
        (send|route|forward|pipe|stream) <to:destination> <events:events>
        (send|route|forward|pipe|stream|deliver|push|post) <events:events> (of|from|by) <about:people> (to|into) <to:destinations>
        (notify|ping) <to:destinations> (about|of|on|for|when there are) <events:events>
        <to:destinations> (should get|should receive|shall get|shall receive|must get|must receive|has to get|needs) <events:events>
        """,
        _route,
        example="send purchases to GA4 and Facebook",
    )
    grammar.add(
        """
        (where do|where does|where are|where is) <events:events> (go|sent|get sent|going|being sent|routed|delivered)
        (which|what) destinations (get|receive|are getting|see) <events:events>
        (who|what) (gets|receives|sees|is getting|is receiving) (our|the|all)? <events:events>
        """,
        lambda held: {"do": "list_routes"} | ({"events": held["events"]} if held["events"] else {}),
        example="where do signups go?",
    )
    grammar.add(
        """
        (show|list|get|what are|which are)? me? (my|our|the|all|all the)? (active|enabled|current|configured|connected)? (destinations|routes|integrations)
        (where does|where do) (my|our|the|all)? (data|events) go
        (which|what) (destinations|integrations) (are active|are enabled|are on|are connected|do we have|are there|are configured)
        """,
        lambda _: {"do": "list_routes"},
        example="active destinations",
    )
    _stops(grammar)
    _syncs(grammar)
    _replays(grammar)
    _exports(grammar)
    _status(grammar)


def _stops(grammar: Grammar) -> None:
    grammar.add(
        """
        (stop|quit|cease|no more) (sending|routing|forwarding|piping|streaming|delivering|pushing|posting) <events:events>? (to|into) <to:destinations>
        (don't|dont|do not|no longer) (send|route|forward|pipe|stream|deliver|push|post) <events:events>? (to|into) <to:destinations> (anymore|any more|any longer|from now on|again)?
        <to:destinations> (should stop getting|should stop receiving|should no longer get|should no longer receive|should not get|shouldn't get|must not get|must no longer get) <events:events> (anymore|any more|any longer)?
        (turn off|switch off|disable|disconnect|deactivate) <to:destinations>
        """,
        lambda held: {**_route(held), "do": "stop_routing"},
        example="stop sending purchases to Facebook",
    )
    grammar.add(
        """
        (stop|quit) (syncing|sending|pushing|uploading|mirroring|exporting|adding) <people:people> (to|into|with) <to:destination>
        """,
        lambda held: {"do": "stop_sync", "people": held["people"], "destination": held["to"]},
        example="stop syncing high-value users to Facebook",
        cost=1,
    )


def _replays(grammar: Grammar) -> None:
    grammar.add(
        """
        (replay|resend|re-send|redeliver|send again) <events:events> <over:window>? (to|into) <to:destination> <over:window>?
        (replay|resend|re-send|redeliver) <over:window> of <events:events> (to|into) <to:destination>
        """,
        lambda held: (
            {"do": "replay", "destination": held["to"]}
            | ({"events": held["events"]} if held["events"] else {})
            | over(held.get("over"))
        ),
        example="replay purchases of the last 7 days to GA4",
    )


def _syncs(grammar: Grammar) -> None:
    grammar.add(
        """
        (sync|upload|push|export|mirror|add|send) <people:people> (to|into|with) <to:destination> <every:every>? (as an audience|as a list)?
        keep <people:people> (in sync with|synced with|synced to|up to date in) <to:destination> <every:every>?
        keep <to:destination> (in sync with|up to date with) <people:people> <every:every>?
        """,
        _audience_sync,
        example="sync high-value users to Facebook Custom Audience",
    )
    grammar.add(
        "(export|sync) <people:people> (to|into) <to:name>",
        _audience_sync,
        example="export churned users to email re-engagement",
        cost=2,
    )
    grammar.add(
        """
        (sync|load|replicate|copy|mirror) <events:events>? (to|into|with) <to:destination> <every:every>?
        <every:every> sync (to|into|with) <to:destination>
        """,
        lambda held: _with_every(
            {"do": "sync_events", "destination": held["to"]}
            | ({"events": held["events"]} if held.get("events") else {}),
            held,
        ),
        example="sync to BigQuery hourly",
    )


def _exports(grammar: Grammar) -> None:
    def events(held: Held) -> Document:
        plan: Document = {"do": "export_events"}
        if held["events"]:
            plan["events"] = held["events"]
        if held.get("format") not in {None, "parquet"}:
            plan["format"] = held["format"]
        return plan | over(held.get("over"))

    def people(held: Held) -> Document:
        plan: Document = {"do": "export_people", "people": held["people"]}
        return plan | ({"format": held["format"]} if held.get("format", "csv") != "csv" else {})

    grammar.add(
        """
        (export|download|dump|extract|save|write) <events:events> <over:window>? (to|as|in|into) <format:format>
        (give|get|send|make|create) me? <format:format> (of|with) <events:events> <over:window>?
        (export|download|dump|extract) <events:events> <over:window>?
        """,
        events,
        example="export signups to parquet",
    )
    grammar.add(
        """
        (export|download|dump|extract|save|write) (a list of)? <people:people> (to|as|in|into) <format:format>
        (give|get|make|create) me? <format:format> (of|with) <people:people>
        (give|get|show|send|list) me? <people:people> (as|in) <format:format>
        (export|download|dump|extract) (a list of)? <people:people>
        """,
        people,
        example="export churned users to csv",
        cost=1,
    )


def _status(grammar: Grammar) -> None:
    grammar.add(
        """
        (track|show|check|get) <of:name> (delivery status|delivery|deliveries)
        (delivery status|deliveries) (of|for) <of:name>
        """,
        lambda held: {"do": "delivery_status", "of": held["of"]},
        cost=1,
        example="delivery status",
    )
    grammar.add(
        """
        (show|check|get)? me? the? <to:destination> (delivery status|deliveries|status)
        (delivery status|deliveries|status) (of|for|to) <to:destination>
        (how are|how do) the? deliveries (of|for|to) <to:destination> (going|doing|look)?
        (is|are) <to:destination> (getting|receiving) (its|our|the|all|all the|all its)? events
        (are there|any|were there) (any)? failed deliveries (of|for|to) <to:destination>
        """,
        lambda held: {"do": "delivery_status", "destination": held["to"]},
        example="delivery status of Slack",
    )
    grammar.add(
        """
        (show|check|get)? me? the? (delivery status|status of deliveries|failed deliveries|deliveries)
        (how are deliveries going|are there failed deliveries|how are deliveries)
        """,
        lambda _: {"do": "delivery_status"},
        example="delivery status",
    )
