from __future__ import annotations

import pytest

from screenagent.perception.letters import has_misread_digit
from screenagent.perception.similarity import is_nearly, letters_of, likeness, numbers_in, solid, stem


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


def test_a_digit_within_a_plain_word_is_a_misread_letter_and_no_number() -> None:
    assert numbers_in("Ro0m 27") == ("27",)
    assert likeness("Room 27", "Ro0m 27") > 0
    assert likeness("Room 27", "Ro0m 21") == 0


@pytest.mark.parametrize("code", ["a1b2", "INV-00123", "file_1.txt", "H2O", "x1y", "MD5SUM", "part0.csv", "10am"])
def test_the_digits_of_a_code_are_digits(code: str) -> None:
    assert not has_misread_digit(code)


@pytest.mark.parametrize(
    ("text", "read", "nearly"),
    [
        ("Save As...", "Save AsS...", True),
        ("Customer", "Custorer", True),
        ("New From Template", "NeW From Ternplate", True),
        ("Bob", "Rob", False),
        ("Save As", "Save All", False),
        ("Invoice 17", "Invoice 11", False),
        ("Ada", "ADA", True),
        ("", "Save", False),
    ],
)
def test_two_readings_are_nearly_alike_but_for_a_letter_of_a_longer_text(text: str, read: str, nearly: bool) -> None:
    assert is_nearly(text, read) == nearly
