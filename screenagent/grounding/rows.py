"""What stands in the row that a phrase names: "the amount in Ada's row", "Delete next to Ben"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from screenagent.geometry import PixelBox
from screenagent.grounding.phrase import Phrase
from screenagent.grounding.scoring import ALIKE, SURE, Candidate, Evidence, Neighbour
from screenagent.grounding.text_match import runs
from screenagent.perception.labels import Label
from screenagent.perception.roles import Role, satisfying
from screenagent.perception.rows import TableRow, aligned
from screenagent.perception.screen import ScreenContents
from screenagent.perception.similarity import likeness

FEWEST: Final = 3  # rows whose steps can be compared
ONE_LINE: Final = 0.4  # of a text's height: how far apart the middles of two are that stand in one line at most
LONGEST: Final = 6  # words of an entry that is named by some of them; more are a sentence
NEXT_ROW: Final = 3.0  # of a text's height: a row of the same table is no farther
NEVER_A_HEAD: Final[tuple[Role | None, ...]] = ("button", "link", "icon", "menu", "item", "tab")
UNEVEN: Final = 1.4  # how much longer one step from row to row is than another at most
CARD: Final = 10.0  # of its title's height: how far to the side of the title something on a card stands at most
MOST_ROWS: Final = 8  # rows of one name that are looked into
MOST_HEADS: Final = 40  # texts that may head a column; more are what stands in it
MOST_SEEN: Final = 5  # of what stands in a row, which is named where the target does not


@dataclass(frozen=True)
class NamedRow:
    """A row, and the entry in it that bears its name."""

    row: TableRow
    entry: PixelBox


def rows_named(name: str, screen: ScreenContents) -> list[NamedRow]:
    """Return the rows that hold an entry of this name."""
    return [NamedRow(screen.row_around(entry.rect), entry.rect) for entry in entries_named(name, screen)]


def entries_named(name: str, screen: ScreenContents) -> list[Label]:
    """Return the texts that are this name, be it in two lines, or else those that have it in them: "Ben" in
    "Ben Carter"."""
    whole = [piece for piece in screen.pieces if likeness(name, piece.text) > 0] or list(_in_two_pieces(name, screen))
    return (whole or [piece for piece in screen.pieces if _is_part(name, piece)])[:MOST_ROWS]


def _in_two_pieces(name: str, screen: ScreenContents) -> Iterator[Label]:
    """Yield the texts that say the name in two lines, as a narrow column has it, or wide apart, as a heading has it."""
    start = name.split(maxsplit=1)[0]
    for upper in screen.pieces if " " in name else ():
        if likeness(start, upper.words[0][0]) > 0 and len(upper.words) < len(name.split()):
            for lower in screen.pieces:
                if _goes_on(upper.rect, lower.rect) and likeness(name, f"{upper.text} {lower.text}") > 0:
                    yield Label([*upper.words, *lower.words])


def _goes_on(one: PixelBox, other: PixelBox) -> bool:
    """Whether a text may be the rest of another: it stands right below it, or closely right of it."""
    if _in_line(one, other):
        return 0 <= other.left - one.right < one.height
    return 0 < other.top - one.center_y < one.height and aligned(one, other)


def _is_part(name: str, piece: Label) -> bool:
    if len(piece.words) > LONGEST:
        return False
    return any(likeness(name, run.text) > 0 for run in runs(piece, longest=len(name.split())))


def in_rows(
    phrase: Phrase, candidates: Sequence[Candidate], rows: Sequence[NamedRow], screen: ScreenContents
) -> list[Candidate]:
    """Return the candidates that stand in one of the rows, and what stands there below the head that was meant."""
    there = [one for one in candidates if any(_holds(named, one) for named in rows)]
    if any(one.score >= SURE for one in there):
        return there
    heads = [one for one in candidates[:MOST_HEADS] if not _stands_again(one, candidates)]
    cells = (cell_below(phrase, one, named, screen) for named in rows for one in heads)
    return list({cell.spot: cell for cell in cells if cell}.values()) or there


def in_numbered_row(number: int, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return what stands in the row of this number: of those that fit alike and stand in even steps in one column, the
    one whose turn it is, or else what stands below the one head of a column; none if that can't be told."""
    best = max((one.score for one in candidates), default=0.0)
    alike = sorted((one for one in candidates if one.score >= ALIKE * best), key=lambda one: one.spot.center_y)
    if len(alike) == 1:
        head = alike[0].spot
        column = sorted((one.rect for one in screen.pieces if aligned(one.rect, head)), key=lambda rect: rect.top)
        below = [replace(alike[0], rect=rect, written=None) for rect in column if rect.top > head.bottom]
        alike = [alike[0], *below]
        return _nth(number, alike[1:]) if len(below) > 1 and _steps_evenly(alike) else []
    same = all(aligned(one.spot, other.spot) for one, other in pairwise(alike))
    return _nth(number, alike) if same and _steps_evenly(alike) else []


def in_list(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return those that stand in the rows of one list: in even steps in one column, apart from what may head it, as
    the box in a tool bar that ticks all does. None if that can't be told."""
    column = sorted(candidates, key=lambda one: one.spot.center_y)
    if len(column) < FEWEST:
        return column
    for rows in (column, column[1:]):
        if all(aligned(one.spot, other.spot) for one, other in pairwise(rows)) and _steps_evenly(rows):
            return rows
    return []


def _nth(number: int, column: Sequence[Candidate]) -> list[Candidate]:
    place = number - 1 if number > 0 else number
    return [column[place]] if -len(column) <= place < len(column) else []


def _steps_evenly(column: Sequence[Candidate]) -> bool:
    """Whether no row lies between two of a column, in which it has nothing."""
    steps = [other.spot.center_y - one.spot.center_y for one, other in pairwise(column)]
    return bool(steps) and max(steps) < UNEVEN * min(steps)


def _stands_again(head: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether another text of its column may be meant as well: what heads a column stands there once."""
    texts = (other for other in candidates if other is not head and other.by != "field")
    return any(other.score >= ALIKE * head.score and aligned(head.spot, other.spot) for other in texts)


def _holds(named: NamedRow, candidate: Candidate) -> bool:
    return named.row.holds(candidate.spot) and candidate.spot != named.entry


def cell_below(phrase: Phrase, head: Candidate, named: NamedRow, screen: ScreenContents) -> Candidate | None:
    """Return what stands in the row below the head of a column: a text, or the control that was asked for."""
    place = head.spot
    if phrase.role in NEVER_A_HEAD or not _is_head(head, named, screen):
        return None
    controls = list(_controls(phrase, place, named.row, screen))
    if controls:
        rect, fit = min(controls, key=lambda found: abs(found[0].center_x - place.center_x))
        return Candidate(rect, head.text, Evidence(name=head.evidence.name, role=fit), "field")
    texts = (one.rect for one in screen.pieces if named.row.holds(one.rect) and aligned(place, one.rect))
    return next((replace(head, rect=text, written=None) for text in texts), None)


def _is_head(head: Candidate, named: NamedRow, screen: ScreenContents) -> bool:
    """Whether a text heads a column of the table that the row belongs to: no button or link, it stands in the topmost
    line above the row's name, which has a head there as well."""
    place = head.spot
    around = screen.layout.around(*place.center)
    if (around and around.role in ("button", "dropdown")) or screen.is_coloured(place):
        return False
    if place.bottom > named.row.top + ONE_LINE * place.height:
        return False
    others = [one.rect for one in screen.pieces if not _in_line(one.rect, place)]
    heads = [one.rect for one in screen.pieces if _in_line(one.rect, place)]
    over = [one for one in heads if aligned(one, named.entry)]
    return bool(over) and not any(_is_row_above(one, over[0], others) for one in others)


def _is_row_above(one: PixelBox, head: PixelBox, others: Sequence[PixelBox]) -> bool:
    """Whether a text that is not alone in its line stands closely above what would head a column."""
    near = 0 < head.center_y - one.center_y < NEXT_ROW * head.height
    return near and aligned(one, head) and any(_in_line(one, other) and other != one for other in others)


def _controls(
    phrase: Phrase, head: PixelBox, row: TableRow, screen: ScreenContents
) -> Iterator[tuple[PixelBox, float]]:
    """Yield the controls in the row below the head, and how well each fits the role; none if no role was said."""
    fitting = satisfying(phrase.role)
    roles = {**dict.fromkeys(fitting.framed_unnamed, 1.0), **fitting.framed}
    for control in screen.layout.controls:
        if control.role in roles and row.holds(control.rect) and control.rect.shared_width(head) > 0:
            yield control.rect, roles[control.role]


def seen_in(rows: Sequence[NamedRow], screen: ScreenContents) -> list[str]:
    """Return what is written in these rows beside their names."""
    there = [
        one.text
        for named in rows
        for one in screen.pieces
        if named.row.holds(one.rect) and one.rect != named.entry and len(one.text) > 1
    ]
    return list(dict.fromkeys(there))[:MOST_SEEN]


def told_by_row(
    candidates: Sequence[Candidate], rows: Sequence[NamedRow], neighbour: Neighbour, *, alike: float
) -> list[Candidate]:
    """Judge the candidates by the row of a neighbour if one that fits about as well as the best stands there: then the
    others are in other rows."""
    best = max((one.score for one in candidates), default=0.0)
    inside = [any(_holds(named, one) for named in rows) for one in candidates]
    if not any(there and one.score >= alike * best for one, there in zip(candidates, inside, strict=True)):
        return list(candidates)
    return [one if there else one.beside(neighbour) for one, there in zip(candidates, inside, strict=True)]


def _in_line(one: PixelBox, other: PixelBox) -> bool:
    return abs(one.center_y - other.center_y) < ONE_LINE * max(one.height, other.height)
