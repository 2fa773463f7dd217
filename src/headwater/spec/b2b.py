"""Segment's B2B SaaS spec (https://segment.com/docs/connections/spec/b2b-saas/).

Each event tells of an account, whose id goes into `context.groupId`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from headwater.spec import checks
from headwater.spec.event import Check, InvalidProperty, SemanticEvent, semantic

Extra = Mapping[str, Any] | None
Day = date | str

_CHECKS: Mapping[str, Check] = {
    "account_name": checks.text,
    "type": checks.text,
    "first_name": checks.text,
    "last_name": checks.text,
    "email": checks.text,
    "phone": checks.text,
    "username": checks.text,
    "title": checks.text,
    "invitee_email": checks.text,
    "invitee_first_name": checks.text,
    "invitee_last_name": checks.text,
    "invitee_role": checks.text,
    "role": checks.text,
    "trial_start_date": checks.day,
    "trial_end_date": checks.day,
    "trial_plan_name": checks.text,
}


def account_created(
    *, group_id: str | int, account_name: str, extra: Extra = None
) -> SemanticEvent:
    """Answer `Account Created`."""
    return _event("Account Created", group_id, {"account_name": account_name}, {}, extra)


def account_deleted(
    *, group_id: str | int, account_name: str | None = None, extra: Extra = None
) -> SemanticEvent:
    """Answer `Account Deleted`."""
    return _event("Account Deleted", group_id, {}, {"account_name": account_name}, extra)


def signed_up(
    *,
    group_id: str | int | None = None,
    type: str | None = None,  # noqa: A002 - the spec's name
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    username: str | None = None,
    title: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Signed Up`. `type` is how they came: `organic`, `invited`."""
    optional = {"type": type, "first_name": first_name, "last_name": last_name, "email": email}
    optional |= {"phone": phone, "username": username, "title": title}
    return _event("Signed Up", group_id, {}, optional, extra)


def signed_in(
    *, group_id: str | int | None = None, username: str | None = None, extra: Extra = None
) -> SemanticEvent:
    """Answer `Signed In`."""
    return _event("Signed In", group_id, {}, {"username": username}, extra)


def signed_out(
    *, group_id: str | int | None = None, username: str | None = None, extra: Extra = None
) -> SemanticEvent:
    """Answer `Signed Out`."""
    return _event("Signed Out", group_id, {}, {"username": username}, extra)


def invite_sent(
    *,
    group_id: str | int,
    invitee_email: str,
    invitee_first_name: str | None = None,
    invitee_last_name: str | None = None,
    invitee_role: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Invite Sent`: somebody was asked to join an account."""
    optional = {
        "invitee_first_name": invitee_first_name,
        "invitee_last_name": invitee_last_name,
        "invitee_role": invitee_role,
    }
    return _event("Invite Sent", group_id, {"invitee_email": invitee_email}, optional, extra)


def account_added_user(
    *, group_id: str | int, role: str | None = None, extra: Extra = None
) -> SemanticEvent:
    """Answer `Account Added User`: the person is in the account now."""
    return _event("Account Added User", group_id, {}, {"role": role}, extra)


def account_removed_user(*, group_id: str | int, extra: Extra = None) -> SemanticEvent:
    """Answer `Account Removed User`: the person has left the account."""
    return _event("Account Removed User", group_id, {}, {}, extra)


def trial_started(
    *,
    group_id: str | int | None = None,
    trial_start_date: Day | None = None,
    trial_end_date: Day | None = None,
    trial_plan_name: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Trial Started`."""
    optional = {"trial_start_date": trial_start_date, "trial_end_date": trial_end_date}
    return _event(
        "Trial Started", group_id, {}, optional | {"trial_plan_name": trial_plan_name}, extra
    )


def trial_ended(
    *,
    group_id: str | int | None = None,
    trial_start_date: Day | None = None,
    trial_end_date: Day | None = None,
    trial_plan_name: str | None = None,
    extra: Extra = None,
) -> SemanticEvent:
    """Answer `Trial Ended`."""
    optional = {"trial_start_date": trial_start_date, "trial_end_date": trial_end_date}
    return _event(
        "Trial Ended", group_id, {}, optional | {"trial_plan_name": trial_plan_name}, extra
    )


def _event(
    name: str,
    group_id: str | int | None,
    required: Mapping[str, Any],
    optional: Mapping[str, Any],
    extra: Extra,
) -> SemanticEvent:
    context = {}
    if group_id is not None:
        if (wrong := checks.identifier(group_id)) is not None:
            raise InvalidProperty(f"{name}: group_id {wrong}")
        context["groupId"] = str(group_id)
    return semantic(name, required, optional, checks=_CHECKS, extra=extra, context=context)
