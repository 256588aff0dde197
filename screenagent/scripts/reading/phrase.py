"""What the words of a `read` step say: which place is meant, and from where it is reckoned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["right", "left", "above", "below"]

_SIDES: Final[dict[str, Side]] = {
    "to the right of": "right", "right of": "right", "next to": "right", "beside": "right", "after": "right",
    "to the left of": "left", "left of": "left", "before": "left",
    "below": "below", "under": "below", "beneath": "below", "underneath": "below", "above": "above", "over": "above",
}  # fmt: skip
_NOUN: Final = (
    r"(?:the |what is |what stands |that |which )*"
    r"(?:(?:whole )?(?:number|value|text|amount|date|money|sum|price|figure|word|name|line|code|total|count|entry)s?"
    r"(?: (?:which|that))?(?: (?:is|stands))?|what(?: is| stands)?)?"
)
_BESIDE: Final = re.compile(rf"{_NOUN} ?(?P<side>{'|'.join(_SIDES)}) (?P<name>.+)", re.I)
_CELL: Final = tuple(
    re.compile(rf"{_NOUN} ?{form}", re.I)
    for form in (
        r"in the row of (?P<row>.+) (?:under|below) (?P<head>.+)",
        r"in (?P<row>.+?)['’]s row (?:under|below) (?P<head>.+)",
        r"(?:under|below) (?P<head>.+) in the row of (?P<row>.+)",
        r"(?:under|below) (?P<head>.+) in (?P<row>.+?)['’]s row",
    )
)
_TABLE: Final = re.compile(
    r"(?:the )?(?:table|list|rows)(?: (?:under|below|with|of)(?: the)?(?: headings?| columns?)? (?P<heads>.+))?", re.I
)


@dataclass(frozen=True)
class Beside:
    """What stands on one side of a text."""

    side: Side
    name: str


@dataclass(frozen=True)
class TableCell:
    """What stands where the row of one text meets the column under another."""

    row: str
    head: str


@dataclass(frozen=True)
class Table:
    """The rows under headings; without names, under the only line that heads columns."""

    heads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """What is found as any target of a step is."""

    target: str


Wanted = Beside | TableCell | Table | Named


def wanted_place(words: str, *, is_table: bool = False) -> Wanted:
    """Read the words of a step."""
    said = " ".join(words.split())
    if is_table:
        read = _TABLE.fullmatch(said)
        heads = re.split(r",\s*(?:and )?| and ", read["heads"]) if read and read["heads"] else ()
        return Table(tuple(_bare(head) for head in heads)) if read else Table((_bare(said),))
    for form in _CELL:
        if cell := form.fullmatch(said):
            return TableCell(_bare(cell["row"]), _bare(cell["head"]))
    beside = _BESIDE.fullmatch(said)
    return Beside(_SIDES[beside["side"].lower()], _bare(beside["name"])) if beside else Named(said)


def _bare(name: str) -> str:
    """Return a name without its article and its quotes."""
    quoted = re.fullmatch(r'["“”«»„\'](.+)["“”«»\']', name.strip())
    if quoted:
        return quoted[1]
    return re.sub(r"^the (?=\S)|(?<=\S) (?:heading|column|label)$", "", name.strip(), flags=re.I).strip('"“”')
