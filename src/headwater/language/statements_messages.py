"""What is said about messages, journeys, drafts and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.reading import Document
from headwater.language.statements import Grammar

Held = Mapping[str, Any]

_KINDS = "(email|sms|text message|text|push|push notification|message|notification)"
_SEQUENCES = "(sequence|journey|campaign|flow|series|drip|workflow|drip campaign|email sequence)"
_CHANNELS = {
    "email": "email", "mail": "email", "sms": "sms", "text": "sms", "text message": "sms",
    "push": "push", "push notification": "push", "whatsapp": "whatsapp",
}  # fmt: skip


def _message(held: Held, channel: str = "any") -> Document:
    plan: Document = {"do": "send", "to": held["to"]}
    channel = held.get("channel") or channel
    if channel != "any":
        plan["channel"] = channel
    for kind in ("template", "text", "about"):
        if held.get(kind):
            plan["content"] = {kind: held[kind]}
    return plan


def add_messages(grammar: Grammar) -> None:
    """Add the rules about messages and what is made of them."""
    _templates(grammar)
    _topics(grammar)
    _outreach(grammar)
    _journeys(grammar)
    _drafts(grammar)
    _predictions(grammar)


def _templates(grammar: Grammar) -> None:
    for kind, channel in (("(email|mail)", "email"), ("(sms|text message)", "sms"),
                          ("(push|push notification)", "push"), ("(message|notification)", "any")):  # fmt: skip

        def send(held: Held, channel: str = channel) -> Document:
            return _message(held, channel)

        def preview(held: Held, channel: str = channel) -> Document:
            return _preview(held, channel)

        grammar.add(
            f"""
            (send|deliver) (a|an|the|our)? <template:template> {kind} to <to:audience>
            (send|deliver) <to:audience> (a|an|the|our)? <template:template> {kind}
            """,
            send,
            example="send welcome email to alice@example.com",
        )
        grammar.add(
            f"""
            (send|deliver)? (a|an|the)? {kind} to <to:audience> (about|regarding|on) <about:topic>
            (send|deliver)? (a|an|the)? {kind} to <to:audience> saying <text:text>
            (send|deliver)? (a|an|the)? {kind} to <to:audience>
            (send|deliver|write) <to:audience> (a|an|the) {kind} (about|regarding|on) <about:topic>
            """,
            send,
            example="send an email to Pro users about the sale",
        )
        grammar.add(
            f"""
            (show|see)? me? (a|an|the|our)? <template:template> {kind} (for|to|of) <to:audience>
            """,
            preview,
            example="welcome email for Pro users",
            cost=1,
        )
        grammar.add(
            f"""
            (preview|render|show me a preview of|preview of) (a|an|the|our)? <template:template> {kind}
            (preview|render|show me a preview of|preview of) (a|an|the|our)? <template:template> {kind} (for|to|as) <to:audience>
            (what would|what will|what does|how would|how will) (a|an|the|our)? <template:template> {kind} look like? for <to:audience>
            """,
            preview,
            example="preview welcome email for alice",
        )
    grammar.add(
        """
        (send|deliver) <text:quoted> to <to:audience> (by|via|as|over)? (an|a)? <channel:channel>?
        (send|deliver) <to:audience> <text:quoted> (by|via|as|over)? (an|a)? <channel:channel>?
        """,
        _message,
        example='send "We are back" to Pro users by email',
    )


def _preview(held: Held, channel: str) -> Document:
    plan: Document = {"do": "preview_template", "template": held["template"]}
    if channel != "any":
        plan["channel"] = channel
    return plan | ({"to": held["to"]} if held.get("to") else {})


def _topics(grammar: Grammar) -> None:
    for verbs, channel in (("(notify|tell|inform|alert|message|update|remind|contact)", "any"),
                           ("(email|mail|e-mail)", "email"), ("(sms|text)", "sms"),
                           ("push", "push"), ("whatsapp", "whatsapp")):  # fmt: skip

        def send(held: Held, channel: str = channel) -> Document:
            return _message(held, channel)

        grammar.add(
            f"""
            {verbs} <to:audience> (about|regarding|of|on|that|:) <about:topic>
            {verbs} <to:audience> (the|a|an|our)? <text:quoted>
            """,
            send,
            example="notify Pro users about the new feature",
        )
        grammar.add(
            f"""
            {verbs} <to:audience> <about:topic>
            """,
            send,
            example="email alice the win-back offer",
            cost=1,
        )
    grammar.add(
        """
        let <to:audience> know (about|that|of) <about:topic>
        remind <to:audience> to <about:topic>
        """,
        _message,
        example="let alice know about the new feature",
    )
    grammar.add(
        """
        (announce|share|publish|send news of) <about:topic> (to|with) <to:audience>
        """,
        _message,
        example="announce the new feature to Pro users",
    )


def _outreach(grammar: Grammar) -> None:
    for verbs, about in (("(reach out to|get in touch with)", None),
                         ("(follow up with|check in with|check in on)", "follow-up"),
                         ("(win back|winback|re-engage|reengage|reactivate)", "win-back"),
                         ("(welcome|greet)", "welcome"), ("thank", "thanks")):  # fmt: skip

        def send(held: Held, about: str | None = about) -> Document:
            return _message({"about": about, **held})

        grammar.add(
            f"""
            {verbs} <to:audience>
            """,
            send,
            example="reach out to trial users about to expire",
        )
        grammar.add(
            f"{verbs} <to:audience> (about|regarding|on|for) <about:topic>",
            send,
            example="reach out to trial users about their trial",
            cost=1,
        )


def _journeys(grammar: Grammar) -> None:
    def start(held: Held) -> Document:
        return {"do": "start_journey", "journey": held["journey"], "to": held["to"]}

    grammar.add(
        f"""
        (start|send|launch|run|trigger|begin|kick off) (a|an|the|our)? <journey:name> {_SEQUENCES} (for|to|with|on) <to:audience>
        (start|send|launch|run|trigger|begin) {_SEQUENCES} <journey:name> (for|to|with|on) <to:audience>
        (enroll|enrol|put|add|enter) <to:audience> (in|into|to|on) (a|an|the|our)? <journey:name> {_SEQUENCES}
        """,
        start,
        example="start onboarding sequence for new signups",
    )
    grammar.add(
        f"""
        (optimize|optimise|improve|tune|fix) (a|an|the|our)? <journey:name> {_SEQUENCES}
        (how can we|how do we|how to|how can i|how do i) (optimize|optimise|improve|make) (a|an|the|our)? <journey:name> {_SEQUENCES} better?
        """,
        lambda held: {"do": "improve", "journey": held["journey"]},
        example="optimize cart abandonment sequence",
    )


def _drafts(grammar: Grammar) -> None:
    write = "(write|draft|generate|compose|create|make|prepare)"
    for kinds, kind in (("(email|mail)", "email"), ("(subject lines|subject line|subjects)", "subject lines"),
                        ("(announcement|announcements)", "announcement"), ("(sms|text message)", "sms"),
                        ("(push notification|push|notification)", "push notification"),
                        ("(message|copy)", "message"), ("(newsletter|blog post)", "newsletter")):  # fmt: skip

        def draft(held: Held, kind: str = kind) -> Document:
            plan: Document = {"do": "write_content", "kind": kind}
            if held.get("about"):
                plan["about"] = held["about"]
            return plan | ({"to": held["to"]} if held.get("to") else {})

        grammar.add(
            f"""
            {write} me? (a|an|the|some|new)? <about:name>? {kinds} (for|to) <to:audience>
            {write} me? (a|an|the|some|new)? <about:name> {kinds}
            (personalize|personalise|customize|customise|adapt|tailor) <about:name> {kinds} (for|to) <to:audience>
            """,
            draft,
            example="write win-back email for churned Pro users",
        )
        grammar.add(
            f"{write} me? (a|an|the|some|new)? {kinds} (for|about|on) <about:topic>",
            draft,
            example="generate subject lines for cart abandonment",
            cost=1,
        )
    grammar.add(
        """
        <kind:name> announcement (for|of|about) <about:name>
        """,
        lambda held: {
            "do": "write_content",
            "kind": f"{held['kind']} announcement",
            "about": held["about"],
        },
        example="launch announcement for AI Assistant",
        cost=1,
    )


_OUTCOMES = {
    "churning": "churn", "churn": "churn", "converting": "convert", "convert": "convert",
    "leaving": "churn", "cancelling": "churn", "canceling": "churn", "leave": "churn",
    "cancel": "churn", "upgrading": "upgrade", "buying": "buy", "purchase": "buy", "renewing": "renew",
}  # fmt: skip


def _predictions(grammar: Grammar) -> None:
    def predict(held: Held, benefit: str = "") -> Document:
        outcome = str(held["outcome"])
        said = f"{benefit}{_OUTCOMES.get(outcome.lower(), outcome)}"
        return {
            "do": "predict",
            "outcome": said,
            "people": held.get("people", {"type": "everyone"}),
        }

    likely = "(most likely to|likely to|more likely to|least likely to|at risk of|about to|going to|prone to|predicted to)"
    grammar.add(
        f"""
        (show|list|find|get|give)? me? (all|the)? <people:people> (who are|that are)? {likely} <outcome:outcome>
        (which|what) <people:people> (are|will|would)? {likely}? <outcome:outcome>
        who (is|are) {likely} <outcome:outcome>
        predict (who|which users|which customers|which people) (will|would|is going to|are going to) {likely}? <outcome:outcome>
        """,
        predict,
        example="users most likely to convert",
    )
    grammar.add(
        """
        (show|list|find|get|give|which|what)? me? (all|the)? <people:people> (who would|who could|who might|who will|that would|that could|likely to|would|could|might) benefit (from|most from) <outcome:topic>
        """,
        lambda held: predict(held, "benefit from "),
        example="users who would benefit from Pro",
    )
    grammar.add(
        """
        (what is|what's|when is|find)? the? (best|optimal|right|ideal|perfect) time to (send to|contact|reach|message|write to|notify) <to:audience>
        when should (i|we) (send to|contact|reach|message|write to|notify) <to:audience>
        """,
        lambda held: {"do": "best_time", "to": held["to"]},
        example="best time to contact alice",
    )
    grammar.add(
        """
        (what is|what's|when is|find)? the? (best|optimal|right|ideal|perfect) time to <channel:channel> <to:audience>
        when should (i|we) <channel:channel> <to:audience>
        (what is|what's|when is|find)? the? (best|optimal|right|ideal|perfect) time to send <to:audience> (a|an) <channel:channel>
        when should (i|we) send <to:audience> (a|an) <channel:channel>
        """,
        lambda held: (
            {"do": "best_time", "to": held["to"]}
            | ({"channel": held["channel"]} if held["channel"] != "any" else {})
        ),
        example="best time to email alice",
    )
    grammar.add(
        """
        (which|what) <part:name> (performs|works|does|converts|perform|work|is performing|performed) (better|best|well) (for|with|among)? <people:people>?
        (compare|test) <part:part> (for|with|among) <people:people>
        """,
        lambda held: (
            {"do": "compare_content", "part": held["part"]}
            | ({"people": held.get("people", {"type": "everyone"})} if held.get("people") else {})
        ),
        example="which subject line performs better for Pro users",
    )
