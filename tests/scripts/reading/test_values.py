"""What a text is worth as a number or a date."""

from __future__ import annotations

import pytest

from screenagent.scripts.reading.dates import date
from screenagent.scripts.reading.numbers import number
from screenagent.scripts.reading.phrase import Beside, Named, Table, TableCell, Wanted, wanted_place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("CHF 1'234.50", "1234.50"),
        ("12,34,567.00", "1234567.00"),
        ("1.234.567", "1234567"),
        ("(12.00)", "-12.00"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("-€5", "-5"),
        ("12.00-", "-12.00"),
        ("(0.00)", "0.00"),
        ("12 %", "12"),
        ("12.50 €", "12.50"),
        ("€ 1.234,50", "1234.50"),
        ("7.5kg", "7.5"),
        ("0.125", "0.125"),
        ("007", "7"),
        (".5", "0.5"),
    ],
)
def test_a_number_has_a_point_and_no_separators(text: str, value: str) -> None:
    assert number(text) == (value, "")


@pytest.mark.parametrize("text", ["Total", "12.5.3", "12 34", "1.234,5.6", "(12", "--5", "1,23,4", ""])
def test_what_is_written_as_no_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(("text", "value"), [("1O.5", "10.5"), ("12O", "120"), ("S12.50", "512.50"), ("1l2", "112")])
def test_a_number_with_letters_among_its_digits_is_doubtful(text: str, value: str) -> None:
    read = number(text)
    assert read is not None
    assert (read.value, bool(read.doubt)) == (value, True)


@pytest.mark.parametrize(
    ("others", "value", "is_doubtful"),
    [
        ([], "1234", True),
        (["12.50"], "1234", False),
        (["12,50"], "1.234", False),
        (["9,876.10"], "1234", False),
        (["9.876.100"], "1.234", False),
        (["12.50", "12,50"], "1234", True),
        (["Version 3", "5,678"], "1234", True),
    ],
)
def test_the_other_numbers_tell_what_a_separator_means(others: list[str], value: str, is_doubtful: bool) -> None:
    read = number("1,234", others)
    assert read is not None
    assert (read.value, bool(read.doubt)) == (value, is_doubtful)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-05-31", "2026/05/31", "31.05.2026", "31.5.2026", "31/05/2026", "05/31/2026", "31-05-2026"),
        *("31 May 2026", "31st of May 2026", "31. Mai 2026", "May 31, 2026", "31-May-2026", "Sun, 31 May 2026"),
        *("2026-05-31 14:05", "Sunday, May 31, 2026 at 5:04 PM", "2026-05-31T14:05:00Z"),
    ],
)
def test_a_date_is_written_as_iso_says(text: str) -> None:
    assert date(text) == ("2026-05-31", "")


@pytest.mark.parametrize(
    "text", ["30.02.2026", "13.13.2026", "May 2026", "32 May 2026", "Total", "12.50", "3 Foo 2026"]
)
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert date(text) is None


@pytest.mark.parametrize(
    ("text", "others", "value", "is_doubtful"),
    [
        ("05/06/2026", [], "2026-06-05", True),
        ("05/05/2026", [], "2026-05-05", False),
        ("05/06/2026", ["due 25/06/2026"], "2026-06-05", False),
        ("05/06/2026", ["06/25/2026"], "2026-05-06", False),
        ("05/06/2026", ["25/06/2026", "06/25/2026"], "2026-06-05", True),
        ("05.06.26", [], "2026-06-05", True),
        ("05.06.26", ["31.12.2025"], "2026-06-05", False),
        ("O5.06.2026", [], "2026-06-05", True),
    ],
)
def test_the_other_dates_tell_whether_the_day_comes_first(
    text: str, others: list[str], value: str, is_doubtful: bool
) -> None:
    read = date(text, others)
    assert read is not None
    assert (read.value, bool(read.doubt)) == (value, is_doubtful)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("the number right of Total", Beside("right", "Total")),
        ("what stands to the left of “Net weight”", Beside("left", "Net weight")),
        ("below the Amount heading", Beside("below", "Amount")),
        ("the number under Amount", Beside("below", "Amount")),
        ("the date above Due", Beside("above", "Due")),
        ("the amount in the row of Ada under Total", TableCell("Ada", "Total")),
        ("the number in Ada's row under Qty", TableCell("Ada", "Qty")),
        ("under Qty in the row of Ada", TableCell("Ada", "Qty")),
        ("the Total field", Named("the Total field")),
        ("the field right of Total", Named("the field right of Total")),
    ],
)
def test_a_phrase_says_from_where_its_place_is_reckoned(words: str, meant: Wanted) -> None:
    assert wanted_place(words) == meant


@pytest.mark.parametrize(
    ("words", "heads"),
    [
        ("the table", ()),
        ("the table under Item, Qty and Price", ("Item", "Qty", "Price")),
        ("the rows under the Item heading", ("Item",)),
    ],
)
def test_a_table_is_called_by_its_headings(words: str, heads: tuple[str, ...]) -> None:
    assert wanted_place(words, is_table=True) == Table(heads)
