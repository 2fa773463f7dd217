"""A bare number is somebody's user id where it can be nothing else, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from headwater.errors import BadRequest
from headwater.language.language import Language

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text", ["who is 42?", "who's 42", "Who is user 42?", "tell me about 42", "what did 42 do?"]
)
def test_a_question_about_a_number_is_about_a_user(text: str) -> None:
    """Many systems number their users, and so do the examples of Segment's own docs."""
    shown = Language().read(text, today=TODAY).document

    assert (shown["do"], shown["who"]) == ("show_person", "user_id:42")


@pytest.mark.parametrize("text", ["42 signed up", "erase 42", "merge 42 with 43", "suppress 42"])
def test_what_acts_on_a_number_is_refused(text: str) -> None:
    """It may be a count as well as an id: what writes or deletes wants `user 42` or an id."""
    with pytest.raises(BadRequest, match="not understood"):
        Language().read(text, today=TODAY)
