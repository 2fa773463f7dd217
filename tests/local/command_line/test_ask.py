"""Questions in JSON, as they are given to `headwater ask`."""

from __future__ import annotations

import pytest

from headwater.local.command_line.ask import read_question_text
from headwater.local.command_line.trouble import Trouble


def test_a_question_is_a_json_object() -> None:
    """It is taken as it is written."""
    assert read_question_text('{"question": "lists"}') == {"question": "lists"}


def test_words_are_shown_the_way() -> None:
    """Who asks in words is told the command that takes them, ready to be copied."""
    with pytest.raises(Trouble, match=r'headwater "revenue by source"$'):
        read_question_text("revenue by source")


@pytest.mark.parametrize("given", ["[1]", "{", "3"])
def test_what_is_no_question_is_refused(given: str) -> None:
    """Nothing is suggested where no words were given."""
    with pytest.raises(Trouble) as caught:
        read_question_text(given)

    assert "in words" not in str(caught.value)
