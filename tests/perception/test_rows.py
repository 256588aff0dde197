"""Rows by sight: between rules, between the entries of a column, with the second line of an entry."""

from __future__ import annotations

import numpy as np
import pytest

from screenagent.geometry import PixelBox
from screenagent.perception.labels import Label
from screenagent.perception.ocr import PictureArray
from screenagent.perception.rows import TableRow, aligned, pieces, row_around


def entry(y: float, *, x: float = 20, width: float = 80) -> PixelBox:
    return PixelBox(x, y - 8, x + width, y + 8)


def picture(*rules: int) -> PictureArray:
    drawn = np.full((400, 400, 3), 255, np.uint8)
    for rule in rules:
        drawn[rule] = 200
    return drawn


def test_a_row_lies_between_two_rules() -> None:
    assert row_around(entry(100), picture(80, 130), []) == TableRow(81, 130)


def test_a_striped_row_lies_between_two_grounds() -> None:
    drawn = picture()
    drawn[85:125] = 240
    assert row_around(entry(100), drawn, []) == TableRow(85, 125)


def test_a_row_without_rules_reaches_halfway_to_the_next_entries() -> None:
    texts = [entry(60), entry(100), entry(140)]
    assert row_around(entry(100), picture(), texts) == TableRow(80, 120)


def test_the_second_line_of_an_entry_belongs_to_its_row() -> None:
    texts = [entry(40), entry(58), entry(100), entry(118), entry(160), entry(178)]
    row = row_around(entry(100), picture(), texts)
    assert row.holds(entry(118))
    assert not row.holds(entry(58))
    assert not row.holds(entry(160))


def test_an_entry_alone_has_a_row_of_little_more_than_its_height() -> None:
    row = row_around(entry(100), picture(), [])
    assert row.holds(entry(100, x=300))
    assert not row.holds(entry(140))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (entry(200), True),
        (entry(200, x=60, width=40), True),  # aligned right
        (entry(200, x=40, width=40), True),  # centred
        (entry(200, x=45, width=200), False),
        (entry(200, x=140), False),
    ],
)
def test_entries_of_one_column_share_an_edge_or_their_middle(other: PixelBox, *, same: bool) -> None:
    assert aligned(entry(100), other) is same


def test_a_line_of_a_table_is_parted_where_its_words_are_wide_apart() -> None:
    line = Label([("Ada", entry(100, width=30)), ("Lovelace", entry(100, x=58)), ("42", entry(100, x=300, width=20))])
    assert [piece.text for piece in pieces([line])] == ["Ada Lovelace", "42"]
