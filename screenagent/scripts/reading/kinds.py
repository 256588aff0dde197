"""What a text is worth as a number, a date, an amount of money, or as a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from screenagent.scripts.reading.dates import date
from screenagent.scripts.reading.numbers import Parsed, number


def plain_text(written: str, _others: Iterable[str] = ()) -> Parsed | None:
    """Return a text with single blanks; None if there is none."""
    return Parsed(" ".join(written.split())) if written.strip() else None


PARSERS: Final[Mapping[str, Callable[[str, Iterable[str]], Parsed | None]]] = {
    "text": plain_text,
    "number": number,
    "money": number,
    "date": date,
}
CALLED: Final = {"text": "a text", "number": "a number", "money": "an amount of money", "date": "a date"}
