from __future__ import annotations

from screenagent.geometry import Box, PixelBox, Size
from screenagent.perception.labels import Label, labels, split_where, text_lines, without_icons
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


def entry(text: str, left: float, y: float) -> Label:
    """Words of 7 pixels a letter, one blank apart."""
    words, x = [], left
    for said in text.split():
        words.append((said, PixelBox.at(x, y, width=7 * len(said), height=14)))
        x += 7 * len(said) + 7
    return Label(words)


COLUMN = [entry("Undo", 40, 100), entry("Find", 40, 124), entry("Paste", 40, 172)]


def test_an_icon_that_was_read_as_letters_is_no_part_of_the_entry() -> None:
    parted = without_icons([*COLUMN, entry("ab Replace All", 19, 148)])
    assert [label.text for label in parted[3:]] == ["ab", "Replace All"]
    glued = without_icons([*COLUMN, entry("abReplace All", 19, 148)])
    assert [label.text for label in glued[3:]] == ["ab", "Replace All"]
    assert glued[4].rect.left == 40


def test_short_words_that_no_column_stands_behind_stay_where_they_are() -> None:
    rows = [entry("1 pear", 19, 100), entry("2 apple", 19, 124), entry("3 fig", 19, 148)]
    other = [entry("to be or", 19, 100), entry("not", 40, 124), entry("iPhone", 90, 148)]
    assert [label.text for label in without_icons(rows)] == ["1 pear", "2 apple", "3 fig"]
    assert [label.text for label in without_icons(other)] == ["to be or", "not", "iPhone"]
