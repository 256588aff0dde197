"""Where the value stands that a `read` step asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.perception.labels import ReadWord
from screenagent.perception.rows import aligned
from screenagent.screenshot import Element
from screenagent.scripts.reading.phrase import Beside, Side, TableCell
from screenagent.scripts.reading.written import NamedText, WrittenScreen, in_row, joined_words

FAR_BELOW: Final = 8.0
"""How far below or above a text its value stands at most, in heights of the text."""
CLOSE: Final = 2.5
"""How far apart the parts of an amount stand at most, in heights: “€” and “12.50”."""
BLANK: Final = 0.9
"""How far apart two words of one value are at most, in heights: a typewriter's blank is wide."""
_DIGITS: Final = r"[\dOolISB.,/'’ :-]*\d[\dOolISB.,/'’ :-]*"
_FIGURES: Final = re.compile(rf"\W*(?:[A-Za-z€$£¥.]{{0,4}}\s?)?[(+–−-]?{_DIGITS}\W*(?:[^\W\d]{{1,4}}|%)?\W*")
_MONTH_LIKE: Final = re.compile(r"(?=.*\d)[\w.,/ :-]+")
_PART: Final = re.compile(r"[€$£¥+–−-]|[A-Z]{3}|kr\.?|zł|%")


@dataclass(frozen=True)
class ValuePlace:
    """Where a value stands: `words` as they were read there, `told` if its program tells what it holds.

    `left` and `right` are where something else begins. `doubt` says why another place may be meant.
    """

    rect: PixelBox
    words: tuple[ReadWord, ...] = ()
    told: Element | None = None
    is_field: bool = False
    left: float = 0.0
    right: float = float("inf")
    doubt: str = ""

    @property
    def text(self) -> str:
        return joined_words(self.words)


class NoPlace(ValueError):
    """There is no such place, or more than one; the text is a sentence."""


def place_beside(wanted: Beside, kind: str, screen: WrittenScreen) -> ValuePlace:
    """Return what stands on that side of a text; `NoPlace` says why nothing does."""
    anchors = screen.anchors(wanted.name, is_value=_value_like(kind))
    if not anchors:
        raise NoPlace(f"“{wanted.name}” is not seen")
    found = [(anchor, place) for anchor in anchors if (place := _beside(anchor, wanted.side, kind, screen))]
    if not found:
        raise NoPlace(f"nothing stands {_side(wanted.side)} “{wanted.name}”")
    anchor, place = found[0]
    if len(anchors) > 1:
        texts = ", ".join(f"“{one.text}”" for _, one in found)
        raise NoPlace(
            f"“{wanted.name}” stands there {len(anchors)} times, beside {texts}; name the row and the heading, as in"
            f" “the number in the row of {wanted.name} under Amount”"
        )
    return _doubted(place, anchor.doubt)


def place_in_table(wanted: TableCell, screen: WrittenScreen) -> ValuePlace:
    """Return what stands where a row meets a column; `NoPlace` says why nothing does."""
    head = _one(wanted.head, screen.anchors(wanted.head))
    entries = [one for one in screen.anchors(wanted.row) if one.rect.top > head.rect.center_y]
    entry = _one(wanted.row, [one for one in entries if not in_row(one.rect, head.rect)])
    heads = [piece.rect for piece in screen.pieces if in_row(piece.rect, head.rect)]
    row = [piece for piece in screen.pieces if in_row(piece.rect, entry.rect) and piece.rect != entry.rect]
    cells = [piece for piece in row if column_of(piece.rect, heads) == column_of(head.rect, heads)]
    if not cells:
        raise NoPlace(f"nothing stands in the row of “{wanted.row}” under “{wanted.head}”")
    words = tuple(word for cell in cells for word in cell.words)
    return _doubted(place_of(words, screen), head.doubt or entry.doubt)


def column_of(rect: PixelBox, heads: Sequence[PixelBox]) -> int:
    """Return the number of the heading that something stands under."""

    def off(head: PixelBox) -> float:
        edges = (rect.left - head.left, rect.right - head.right, rect.center_x - head.center_x)
        return min(map(abs, edges)) - max(0.0, rect.shared_width(head))

    return min(range(len(heads)), key=lambda number: off(heads[number]))


def _one(name: str, anchors: Sequence[NamedText]) -> NamedText:
    if len(anchors) == 1:
        return anchors[0]
    raise NoPlace(f"“{name}” stands there {len(anchors)} times" if anchors else f"“{name}” is not seen")


def _value_like(kind: str) -> re.Pattern[str] | None:
    """What may follow a label without a colon between them."""
    return {"number": _FIGURES, "money": _FIGURES, "date": _MONTH_LIKE}.get(kind)


def _side(side: Side) -> str:
    return {"right": "right of", "left": "left of"}.get(side, side)


def _doubted(place: ValuePlace, doubt: str) -> ValuePlace:
    return ValuePlace(**{**vars(place), "doubt": place.doubt or doubt})


def _beside(anchor: NamedText, side: Side, kind: str, screen: WrittenScreen) -> ValuePlace | None:
    """Return what is nearest on one side: the rest of the line, a field, or a text."""
    if anchor.rest and side == "right":
        return place_of(anchor.rest, screen)
    told = [ValuePlace(one.rect, told=one.element, is_field=True) for one in screen.holders]
    fields = [
        ValuePlace(rect, tuple(screen.text_in(rect)), is_field=True)
        for rect in screen.fields
        if not any(rect.shared_area(one.rect) > 0.5 * one.rect.area for one in told)
    ]
    framed = [*told, *fields]
    texts = [
        place_of(piece.words, screen)
        for piece in screen.pieces
        if not any(one.rect.holds(*piece.rect.center) for one in framed)
    ]
    gaps = [(gap, place) for place in (*framed, *texts) if (gap := _gap(anchor.rect, place.rect, side)) is not None]
    if not gaps:
        return None
    near = sorted(gaps, key=lambda one: one[0])
    place = near[0][1]
    others = [one for _, one in near[1:] if not one.is_field]
    return place if place.is_field else _whole(place, others, screen, is_amount=kind in {"number", "money"})


def _whole(place: ValuePlace, others: Iterable[ValuePlace], screen: WrittenScreen, *, is_amount: bool) -> ValuePlace:
    """Return a place with what goes on a blank beside it; the currency of an amount may stand farther off."""
    for other in others:
        gap = max(other.rect.left - place.rect.right, place.rect.left - other.rect.right)
        is_part = is_amount and (_PART.fullmatch(place.text) or _PART.fullmatch(other.text))
        if in_row(place.rect, other.rect) and gap <= (CLOSE if is_part else BLANK) * place.rect.height:
            both = sorted((*place.words, *other.words), key=lambda word: word[1].left)
            place = place_of(tuple(both), screen)
    return place


def _gap(anchor: PixelBox, rect: PixelBox, side: Side) -> float | None:
    """How far something is from the anchor on that side; None if it is not there."""
    slack = 0.3 * anchor.height
    if rect.holds(*anchor.center):
        return None
    if side in ("right", "left"):
        gap = rect.left - anchor.right if side == "right" else anchor.left - rect.right
        return gap if gap >= -slack and in_row(anchor, rect) else None
    gap = rect.top - anchor.bottom if side == "below" else anchor.top - rect.bottom
    is_there = -slack <= gap <= FAR_BELOW * anchor.height and rect.shared_width(anchor) > 0
    return gap if is_there and (aligned(anchor, rect) or rect.shared_width(anchor) > 0.5 * rect.width) else None


def place_of(words: Sequence[ReadWord], screen: WrittenScreen) -> ValuePlace:
    """The place of some words, as far as to the next ones in their row."""
    rect = PixelBox.around_all(rect for _, rect in words)
    left, right = screen.room(rect)
    return ValuePlace(rect, tuple(words), left=left, right=right)
