"""Dates as they are written, in figures or with the name of the month."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Final

from screenagent.scripts.reading.numbers import MISTAKEN, Parsed

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio gen",
            "february feb februar février févr febrero febbraio",
            "march mar märz mrz mär mars marzo",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag",
            "june jun juni juin junio giugno giu",
            "july jul juli juillet juil julio luglio lug",
            "august aug août agosto ago",
            "september sep sept septembre septiembre settembre set",
            "october oct oktober okt octobre octubre ottobre ott",
            "november nov novembre noviembre",
            "december dec dezember dez décembre déc diciembre dic dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?"
_TIME: Final = rf"(?:(?:\s*T|,?\s+(?:at\s+)?){_CLOCK}\s*(?:Z|UTC|[+-]\d\d:?\d\d)?)?"
_WEEKDAY: Final = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_MONTH: Final = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR_FIRST: Final = re.compile(rf"{_WEEKDAY}(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}")
_FIGURES: Final = re.compile(rf"{_WEEKDAY}(\d{{1,2}})([-/.])\s*(\d{{1,2}})\2\s*(\d{{4}}|\d{{2}}){_TIME}")
_NAMED: Final = tuple(
    re.compile(rf"{_WEEKDAY}{form}{_TIME}")
    for form in (
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|º)?\s*(?:de\s+|of\s+)?[-\s]?{_MONTH}(?:\s+de)?[-,\s]*(?P<year>\d{{4}})",
        rf"{_MONTH}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(?P<year>\d{{4}})",
    )
)
_IN_FIGURES: Final = re.compile(r"(?<![\d.,/-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?![\d/-])")


def date(text: str, others: Iterable[str] = ()) -> Parsed | None:
    """Return the date that `text` is, as in 2026-05-31; None if it is none.

    `others` are the other texts on the screen: they tell whether the day or the month comes first.
    """
    text = " ".join(text.split())
    if read := _YEAR_FIRST.fullmatch(text):
        return _sound(int(read["year"]), int(read["month"]), int(read["day"]))
    if read := _FIGURES.fullmatch(text):
        return _in_figures(int(read[1]), int(read[3]), read[4], read[2], others)
    for form in _NAMED:
        if (read := form.fullmatch(text)) and (month := MONTHS.get(read["month"].casefold())):
            return _sound(int(read["year"]), month, int(read["day"]))
    return _mended(text, others)


def _in_figures(first: int, second: int, year: str, mark: str, others: Iterable[str]) -> Parsed | None:
    """The date of a day and a month in figures: which of them comes first is seen by what they are, or by others."""
    orders = {is_day_first for text in others for is_day_first in _orders(text, mark)}
    full = int(year) if len(year) == 4 else 2000 + int(year)
    day_first, month_first = _sound(full, second, first), _sound(full, first, second)
    if mark == ".":
        month_first = None
    either = [found for found in (day_first, month_first) if found]
    if not either:
        return None
    if len(orders) == 1:
        return (day_first if orders == {True} else month_first) or either[0]._replace(doubt=f"“{mark}” differs")
    if len(year) == 2:
        return either[0]._replace(doubt="its year has two figures, and no other date on the screen tells which")
    if len(set(either)) == 1:
        return either[0]
    return either[0]._replace(doubt=f"it may be {either[0].value} or {either[1].value}, and no other date tells")


def _orders(text: str, mark: str) -> Iterable[bool]:
    """Yield whether the day comes first in each date of `text` that leaves no choice."""
    for first, sign, second, _ in _IN_FIGURES.findall(text):
        if sign == mark and (sign == "." or (int(first) > 12) != (int(second) > 12)):
            yield sign == "." or int(first) > 12


def _sound(year: int, month: int, day: int) -> Parsed | None:
    try:
        return Parsed(datetime.date(year, month, day).isoformat())
    except ValueError:
        return None


def _mended(text: str, others: Iterable[str]) -> Parsed | None:
    """The date that stands there if letters were read for digits, or digits for letters; that is never sure."""
    figures = re.sub(r"(?<=[\d./-])[OoQDlI|iSsBZz](?=[\d./-]|$)|^[OolISB](?=\d)", _as_digit, text)
    if figures == text:
        figures = re.sub(r"(?<=[a-zA-Z])[10](?=[a-z]|\b)", lambda one: {"1": "l", "0": "o"}[one[0]], text)
    found = date(figures, others) if figures != text else None
    return found and Parsed(found.value, f"“{text}” has letters among its digits")


def _as_digit(letter: re.Match[str]) -> str:
    return letter[0].translate(MISTAKEN)
