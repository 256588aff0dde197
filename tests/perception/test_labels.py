from __future__ import annotations

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.labels import labels, split_where, text_lines
from screenagent.screenshot import Word


def word(text: str, left: float, *, line: int = 1) -> Word:
    box = Box(left=left, top=0.25, right=left + 0.125, bottom=0.375)
    return Word(text=text, box=box, confidence=1.0, line=line)


WORDS = (word("Save", 0.0), word("As", 0.1875), word("Quit", 0.5), word("Help", 0.5, line=2))


def test_words_of_one_line_stand_together() -> None:
    assert [line.text for line in text_lines(WORDS)] == ["Save As Quit", "Help"]
    assert text_lines(WORDS)[0].box == Box(left=0, top=0.25, right=0.625, bottom=0.375)


def test_a_line_is_parted_at_wide_gaps() -> None:
    assert [line.text for line in text_lines(WORDS, gap=1.0)] == ["Save As", "Quit", "Help"]


def test_labels_are_in_pixels() -> None:
    label, other = labels(WORDS, Size(width=80, height=40))
    assert (label.text, label.rect) == ("Save As Quit", PixelBox(0, 10, 50, 15))
    assert other.words == (("Help", PixelBox(40, 10, 50, 15)),)


def test_nothing_is_split_into_nothing() -> None:
    assert list(split_where(lambda one, other: True, "")) == []
    assert list(split_where(lambda one, other: one == other, "abba")) == [["a", "b"], ["b", "a"]]
