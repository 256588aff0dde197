from __future__ import annotations

import pytest

from screenagent.perception.similarity import letters_of, solid, stem


@pytest.mark.parametrize(
    ("word", "expected"), [("opening", "open"), ("contacts", "contact"), ("entries", "entry"), ("pass", "pass")]
)
def test_a_stem_has_no_ending(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_who_does_it_and_what_is_done_meet_on_request() -> None:
    assert stem("director") == "director"
    assert stem("director", doers=True) == stem("directed", doers=True) == "direct"


def test_blanks_and_signs_are_left_out() -> None:
    assert solid(" Save  As … ") == "SaveAs…"
    assert letters_of("Save As…") == "saveas"
    assert letters_of("+ -") == "+-"
