"""The table of the admin API's routes: each makes its own from the services."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from headwater.api.accounts import account_routes
from headwater.api.ask import ask_routes
from headwater.api.audience_live import audience_live_routes
from headwater.api.audiences import audience_routes
from headwater.api.computed_traits import computed_trait_routes, time_zone_routes
from headwater.api.definitions import definition_routes
from headwater.api.deliveries import delivery_routes
from headwater.api.destinations import destination_routes
from headwater.api.erasures import erasure_routes
from headwater.api.exports import export_routes
from headwater.api.identity_rules import identity_rule_routes
from headwater.api.jobs import job_routes
from headwater.api.keys import key_routes
from headwater.api.people import people_routes
from headwater.api.questions import question_routes
from headwater.api.regulations import regulation_routes
from headwater.api.rejected import rejected_routes
from headwater.api.replays import replay_routes
from headwater.api.segment_profiles import segment_profile_routes
from headwater.api.services import Services
from headwater.api.sources import source_routes
from headwater.api.sql import sql_routes
from headwater.api.status import status_routes
from headwater.api.suppressions import suppression_routes
from headwater.api.tail import tail_routes
from headwater.api.workspaces import workspace_routes

ROUTES: tuple[Callable[[Services], APIRouter], ...] = (
    status_routes,
    people_routes,
    account_routes,
    audience_routes,
    audience_live_routes,
    computed_trait_routes,
    time_zone_routes,
    question_routes,
    ask_routes,
    definition_routes,
    job_routes,
    sql_routes,
    export_routes,
    replay_routes,
    segment_profile_routes,
    delivery_routes,
    rejected_routes,
    workspace_routes,
    source_routes,
    destination_routes,
    identity_rule_routes,
    suppression_routes,
    erasure_routes,
    regulation_routes,
    key_routes,
    tail_routes,
)
