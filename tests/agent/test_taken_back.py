"""A field that no longer reads what came into it, and one that was left."""

from __future__ import annotations

import pytest

from screenagent.agent.taken_back import taken_back
from screenagent.events import Effect, Outcome
from screenagent.geometry import Box
from screenagent.screenshot import Screenshot
from tests.builders import Drawing

TEXT = Box.of_pixels((106, 90, 126, 110), Drawing()._size)
READ = Effect(outcome="confirmed", code="value", evidence="the field reads “21”", by="words", where=TEXT)


def field(text: str) -> Screenshot:
    return Drawing().text("Degrees", 20, 100).entry(text, 100, 100).screenshot


def other_page() -> Screenshot:
    return Drawing().text("Welcome, Ada", 80, 85).text("18 messages", 90, 112).screenshot


@pytest.mark.parametrize(
    ("now", "later", "is_taken_back"),
    [
        (field("18"), "changed", True),
        (field("18"), "confirmed", False),
        (field("21"), "changed", False),
        (other_page(), "changed", False),
    ],
)
def test_a_field_that_reads_another_text_a_moment_later_has_taken_it_back(
    now: Screenshot, later: Outcome, is_taken_back: bool
) -> None:
    gone = taken_back(READ, Effect(outcome=later), field("21"), now)
    assert (gone is not None and gone.outcome == "contradicted") == is_taken_back
