"""Numbers as they are written: with separators of thousands and decimals, signs, currencies and units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

MISTAKEN: Final = str.maketrans("OoQDlI|iSsBZz", "0000111155822")
"""The digits that these letters are read for."""
_ALL_MISTAKEN: Final = re.compile("[OoQDlI|iSsBZz]+")
_MINUS: Final = "−–‐‑-"  # the last one ends a class of characters
_CURRENCY: Final = r"[$€£¥₽₹₩₺¢₴₪฿]|[A-Z]{3}|kr\.?|zł|Kč|Rs\.?|Ft|Fr\.?|[A-Z]{1,2}\$"
_UNIT: Final = r"%|‰|°[CF]?|[^\W\d_]{1,5}[²³.]?"
_DIGITS: Final = r"\d(?:[\d.,'’   ]*\d)?|[.,]\d+"
_NUMBER: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+{_MINUS}])?\s*(?:(?P<currency>{_CURRENCY})\s*)?(?P<inner>[+{_MINUS}])?\s*"
    rf"(?P<digits>{_DIGITS})(?:\s*(?P<after>{_CURRENCY})|(?<=\d)\s*(?P<unit>{_UNIT}))?"
    rf"\s*(?P<close>\))?(?P<behind>[{_MINUS}])?"
)
_ENDS: Final = re.compile(rf"^(?:{_CURRENCY})\s*(?=\S*\d)|\s+(?:{_CURRENCY}|{_UNIT})$")
_BLANKS: Final = "'’   "
_GROUPED: Final = re.compile(r"\d{1,3}(?:(?P<mark>[.,' ])\d{3})(?:(?P=mark)\d{3})*")
_LAKHS: Final = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")


class Parsed(NamedTuple):
    """A value as a script goes on with it; `doubt` says why it may be another one, and is empty if it may not."""

    value: str
    doubt: str = ""


def number(text: str, others: Iterable[str] = ()) -> Parsed | None:
    """Return the number that `text` is, with a point and no separators; None if it is none.

    `others` are the other texts on the screen: they tell what a separator means that may be either.
    """
    read = _NUMBER.fullmatch(_plain(text))
    if read is None or _ALL_MISTAKEN.fullmatch(read["after"] or read["unit"] or ""):
        return _mended(text, others)
    if bool(read["open"]) != bool(read["close"]):
        return None
    found = _digits(read["digits"], others)
    minus = [sign for sign in (read["sign"], read["inner"], read["behind"]) if sign and sign in _MINUS]
    if found is None or len(minus) + bool(read["open"]) > 1:
        return None
    is_zero = not found.value.strip("0.")
    return found._replace(value=f"-{found.value}") if (minus or read["open"]) and not is_zero else found


def decimal_marks(texts: Iterable[str]) -> set[str]:
    """Return the signs that stand before decimals in `texts`, as far as these leave no choice."""
    marks = set()
    for text in texts:
        for written in re.findall(r"(?<![\w.,])\d[\d.,]*[.,]\d+(?![\w.,])", text):
            if len(set(written) & set(".,")) == 2:
                marks.add(max(".,", key=written.rfind))
            elif sum(map(written.count, ".,")) == 1 and not _GROUPED.fullmatch(written):
                marks.add("." if "." in written else ",")
            elif sum(map(written.count, ".,")) > 1 and _GROUPED.fullmatch(written):
                marks.add("," if "." in written else ".")
    return marks


def _plain(text: str) -> str:
    return re.sub(r"(?<=\d[.,]) (?=\d)|(?<=\d) (?=[.,]\d)", "", " ".join(text.split()))


def _mended(text: str, others: Iterable[str]) -> Parsed | None:
    """The number that stands there if letters were read for digits; that is never sure."""
    core = _ENDS.sub("", " ".join(text.split()))
    mended = core.translate(MISTAKEN)
    if mended == core or not re.search(r"\d", core) or not _NUMBER.fullmatch(mended):
        return None
    found = number(mended, others)
    return found and Parsed(found.value, f"“{text}” has letters among its digits")


def _digits(written: str, others: Iterable[str]) -> Parsed | None:
    """The value of digits with separators; None if no way to write a number has them so."""
    bare = re.sub(f"[{_BLANKS}]", " ", written)
    points = [mark for mark in bare if mark in ".,"]
    if " " in bare and not _is_blank_grouped(bare, points):
        return None
    if not points:
        return Parsed(_trimmed(bare.replace(" ", "")))
    last = points[-1]
    whole, _, decimals = bare.rpartition(last)
    if len(set(points)) == 2:
        is_sound = points.count(last) == 1 and (_GROUPED.fullmatch(whole) or _LAKHS.fullmatch(whole))
        return Parsed(_trimmed(re.sub("[., ]", "", whole), decimals)) if is_sound else None
    if len(points) > 1:
        is_sound = _GROUPED.fullmatch(bare) or _LAKHS.fullmatch(bare)
        return Parsed(_trimmed(re.sub("[.,]", "", bare))) if is_sound else None
    if " " in whole or not _GROUPED.fullmatch(bare) or bare.startswith("0"):
        return Parsed(_trimmed(whole.replace(" ", ""), decimals))
    return _by_others(bare, last, others)


def _by_others(bare: str, mark: str, others: Iterable[str]) -> Parsed:
    """What “1,234” is, by the other numbers on the screen."""
    whole, _, rest = bare.partition(mark)
    marks = decimal_marks(others)
    is_decimal = marks == {mark}
    value = _trimmed(whole, rest) if is_decimal else _trimmed(whole + rest)
    if len(marks) == 1:
        return Parsed(value)
    return Parsed(value, f"“{bare}” may be {whole}{rest} or {whole}.{rest}, and no other number on the screen tells")


def _is_blank_grouped(bare: str, points: list[str]) -> bool:
    whole = re.split("[.,]", bare)[0]
    return len(points) <= 1 and " " not in bare[len(whole) :] and bool(_GROUPED.fullmatch(whole))


def _trimmed(whole: str, decimals: str = "") -> str:
    number = whole.lstrip("0") or "0"
    return f"{number}.{decimals}" if decimals else number
