"""Whether what was read in a field is what was typed into it, allowing for what OCR confuses. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

Match = Literal["equal", "signs", "cut", "tail", "longer", "other", "unclear"]
"""`equal`: the same. `signs`: the same but for signs, which are easily misread. `cut`: only its beginning. `tail`: only
its end. `longer`: it, and more. `other`: plainly another text. `unclear`: not surely another, or too unlike to say."""

_SIGNS: Final = str.maketrans("“”„‟’‘‚´`–—−¥×", "\"\"\"\"'''''---yx")
_LOOKALIKES: Final = str.maketrans("OoIl|!CSUVWXZKP", "001111csuvwxzkp")
"""Letters that a typeface draws alike, or alike but for their size."""

_SIGNS_LOST: Final = 3  # signs that a reader hardly misses
_LIKE: Final = 0.6  # texts that share less of their letters are not compared
_NUMBER: Final = re.compile(r"[-+]?\d[\d.,'\s]*")
_MASK: Final = re.compile(r"[(]?\d{1,4}[)]?(?:[-/: ]+\d{2,4})+ ?(?:[ap]m)?", re.IGNORECASE)
"""A date, a time or a telephone number, as a field parts it by itself."""
_DATE: Final = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")


def compare(typed: str, read: str) -> Match:
    """Return how `read` relates to `typed`."""
    asked, seen = folded(typed), folded(read)
    if asked == seen or _same_number(typed, read) or _same_date(typed, read) or _masked(typed, read):
        return "equal"
    letters, seen_letters = _letters(asked), _letters(seen)
    if letters and letters == seen_letters:
        return _signs_match(asked, seen)
    if not letters or not seen_letters:
        return "unclear"
    if asked.isdigit() and seen.isdigit() and not (_is_within(seen, asked) or _is_within(asked, seen)):
        return "other"  # in a number a digit may be missed, and a caret be read as one more
    return _letters_match(letters, seen_letters)


def agreed(matches: Sequence[Match]) -> Match:
    """Return what several readings of one text say: equal if one says so, otherwise what all of them say."""
    if "equal" in matches:
        return "equal"
    return matches[0] if matches and len(set(matches)) == 1 else "unclear"


def folded(text: str) -> str:
    """Return the text without blanks, with one letter for all those that a typeface draws alike."""
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).replace("''", '"')
    return "".join(plain.split()).translate(_LOOKALIKES)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _signs_match(asked: str, seen: str) -> Match:
    """The letters are the same. A sign between digits makes another number."""
    between = re.compile(r"(?<=\d)[.,:/-](?=\d)")
    if len(between.findall(asked)) != len(between.findall(seen)):
        return "other"
    return "signs" if len(asked) - len(seen) < _SIGNS_LOST else "unclear"


def _letters_match(asked: str, seen: str) -> Match:
    if asked.startswith(seen):
        return "cut"
    if seen.startswith(asked):
        return "longer" if len(seen) > len(asked) + 1 else "unclear"  # one letter more may be a caret, or a sign
    if asked.endswith(seen):
        return "tail"
    if _is_within(seen, asked) and len(asked) - len(seen) > 1:
        kept = seen in (re.sub(r"\D", "", asked), re.sub(r"\d", "", asked))  # a field may refuse letters, or digits
        return "other" if kept or len(seen) >= _LIKE * len(asked) else "unclear"
    if len(asked) == len(seen):
        return _same_length(asked, seen)
    return "unclear"


def _same_length(asked: str, seen: str) -> Match:
    """A digit is not mistaken for another one; a letter may be, but not for one of another size."""
    wrong = [(one, other) for one, other in zip(asked, seen, strict=True) if one != other]
    if len(wrong) > (1 - _LIKE) * len(asked) and any(one.lower() != other.lower() for one, other in wrong):
        return "unclear"
    digits = any(one.isdigit() and other.isdigit() for one, other in wrong)
    case = len(wrong) >= 2 and all(one.lower() == other.lower() for one, other in wrong)
    return "other" if digits or case else "unclear"


def _is_within(part: str, whole: str) -> bool:
    """Whether all letters of `part` come in `whole` in this order."""
    letters = iter(whole)
    return all(letter in letters for letter in part)


def _masked(typed: str, read: str) -> bool:
    """Whether what was typed without signs stands in parts: 0937PM is 09:37 PM."""
    parted = typed.isalnum() and _MASK.fullmatch(read.strip())
    return bool(parted) and re.sub(r"\W+", "", read).casefold() == typed.casefold()


def _same_number(typed: str, read: str) -> bool:
    """1234.50 is 1,234.50 and 1.234,50: a field may write a number in its own way."""
    if not (_NUMBER.fullmatch(typed.strip()) and _NUMBER.fullmatch(read.strip())):
        return False
    return bool(_values(typed) & _values(read))


def _values(number: str) -> set[float]:
    """What a number may mean: a point or a comma before three digits may part thousands, or be the decimal mark."""
    *whole, last = re.split(r"[.,]", re.sub(r"[\s']", "", number))
    marks = re.findall(r"[.,]", number)
    means = set()
    if not marks or (len(last) == 3 and all(len(group.lstrip("+-")) <= 3 for group in whole)):
        means.add(float("".join((*whole, last))))
    if marks and marks.count(marks[-1]) == 1:
        means.add(float(f"{''.join(whole)}.{last or 0}"))
    return means


def _same_date(typed: str, read: str) -> bool:
    """Whether both are dates of the same day, in whatever order they are written."""
    return bool(_days(typed) & _days(read))


def _days(text: str) -> set[date]:
    if (written := _DATE.fullmatch(text.strip())) is None:
        return set()
    first, second, third = (int(part) for part in written.groups())
    orders = ((first, second, third),) if first > 31 else ((third, second, first), (third, first, second))
    found = set()
    for year, month, day in orders:
        try:
            found.add(date(year, month, day))
        except ValueError:
            continue
    return found
