"""What several readings of one place come to, and what is said of a value that is not sure."""

from __future__ import annotations

import pytest

from screenagent.perception.spelling import SpelledText
from screenagent.scripts.reading.agreement import agreed_value, as_far_as_read, by_typeface


@pytest.mark.parametrize(
    ("kind", "readings", "doubt"),
    [
        ("number", ["108", "108", "108"], ""),
        ("number", ["108", "103", "108"], "two readings differ: “108” and “103”"),
        ("number", ["Total", "12", "12"], "at its own size, “Total” is read"),
        ("number", ["12", "Total", "Total"], "only one of 3 readings is a number"),
    ],
)
def test_a_value_that_is_not_sure_comes_with_the_reason(kind: str, readings: list[str], doubt: str) -> None:
    found = agreed_value(kind, readings, ())
    assert found is not None
    assert found.doubt == doubt


@pytest.mark.parametrize("text", ["X0O5", "v"])
def test_letters_that_are_easily_taken_for_others_are_the_reason(text: str) -> None:
    found = agreed_value("text", [text] * 3, ())
    assert found is not None
    assert "taken for others" in as_far_as_read(found).doubt


def test_what_looks_nearly_like_another_text_is_not_sure() -> None:
    drawn = by_typeface("text", SpelledText("X0O5", is_sure=False), ())
    assert drawn is not None
    assert "nearly the same" in drawn.doubt
