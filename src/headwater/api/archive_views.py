"""People in the archive of everything held on one: shown as the admin API shows them."""

from __future__ import annotations

from typing import Any

from headwater.api.audience_views import membership_view
from headwater.api.people import ExplanationView, person_view
from headwater.audiences.membership import Membership
from headwater.exports.person import Views
from headwater.profiles.people import Explanation, Person


def archive_views() -> Views:
    """Answer how each part is shown, as JSON."""
    return Views(_person, _links, _membership)


def _person(person: Person) -> dict[str, Any]:
    return person_view(person, verbose=True).model_dump(mode="json")


def _links(links: Explanation) -> dict[str, Any]:
    return ExplanationView.model_validate(links).model_dump(mode="json")


def _membership(membership: Membership) -> dict[str, Any]:
    return membership_view(membership).model_dump(mode="json")
