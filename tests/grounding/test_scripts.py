"""A name in letters that are not read is refused with what helps."""

from __future__ import annotations

import pytest

from screenagent.geometry import Absent
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.rendered_text import scripts_in
from tests.builders import Drawing, DrawnReader


def refusal(target: str, *, shown: str = "Save") -> str:
    reader = DrawnReader()
    answer = EmbeddedGrounder(reader).locate(target, reader.screen(Drawing().text(shown, 40, 40)))
    assert isinstance(answer, Absent)
    return answer.why


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("Сохранить", {"Cyrillic"}),
        ("Αρχείο", {"Greek"}),
        ("حفظ", {"Arabic"}),
        ("保存", {"Han"}),
        ("ほぞん", {"Hiragana"}),
        ("Straße №", set()),
    ],
)
def test_scripts_are_told_by_their_letters(text: str, scripts: set[str]) -> None:
    assert scripts_in(text) == scripts


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("the Сохранить button", "Cyrillic letters are not read"),
        ("'Αρχείο'", "Greek letters are not read"),
        ("保存", "ocr_alphabet is set to cjk"),
    ],
)
def test_a_name_in_unread_letters_is_refused_with_what_helps(target: str, told: str) -> None:
    assert told in refusal(target)


def test_where_such_letters_are_read_the_name_is_not_on_the_screen() -> None:
    assert "not read" not in refusal("保存", shown="打开")


def test_a_name_in_latin_letters_is_not_on_the_screen() -> None:
    assert "not read" not in refusal("Öffnen")
