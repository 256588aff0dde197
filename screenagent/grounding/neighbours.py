"""How well candidates stand in the relations and at the sides of the screen that a phrase names."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from screenagent.geometry import PixelBox, Size
from screenagent.grounding import scoring
from screenagent.grounding.expression import parse
from screenagent.grounding.phrase import Bond, Phrase, Relation, Side
from screenagent.grounding.rows import (
    MOST_ROWS,
    NamedRow,
    cell_below,
    entries_named,
    in_numbered_row,
    in_rows,
    rows_named,
    seen_in,
    told_by_row,
)
from screenagent.grounding.scoring import PREPOSITIONS, Candidate, Neighbour
from screenagent.grounding.text_match import matches
from screenagent.perception.rows import TableRow
from screenagent.perception.screen import ScreenContents


class NothingFits(Exception):
    """Something that the phrase names is not on the screen; the text says what."""


def within_rows(phrase: Phrase, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates that stand in the rows that the phrase names; all if it names none. Raise `NothingFits` if
    no row bears the name."""
    found = list(candidates)
    for relation in row_relations(phrase):
        if relation.ordinal:
            found = in_numbered_row(relation.ordinal, found, screen)
            continue
        rows = rows_named(relation.other, screen)
        if not rows:
            raise NothingFits(_no_row(relation.other, screen))
        found = in_rows(phrase, found, rows, screen)
    return found


def within_cards(phrase: Phrase, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return the candidates that stand on the cards that the phrase names; all if it names none. Raise `NothingFits` if
    no text that a card could be named by is on the screen."""
    found = list(candidates)
    for relation in phrase.relations:
        if relation.kind == "card":
            entries = entries_named(relation.other, screen)
            if not entries:
                raise NothingFits(f"“{relation.other}” is not on the screen, so it has no card")
            on_cards = (_on_card(entry.rect, found, screen) for entry in entries)
            found = list({one.spot: one for cards in on_cards for one in cards}.values())
    return found


def holder_relations(phrase: Phrase) -> list[Relation]:
    """Return the relations that name a row or a card, which is a must."""
    return [relation for relation in phrase.relations if relation.kind in ("row", "card")]


def not_held(phrase: Phrase, screen: ScreenContents) -> str:
    """Say that the target is in none of the rows, or on none of the cards, that are named."""
    if row_relations(phrase):
        return not_in_row(phrase, screen)
    return f"“{phrase.name}” is not on the card of “{holder_relations(phrase)[0].other}”"


def _on_card(entry: PixelBox, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Return what stands in the smallest area around an entry that holds any of the candidates."""
    for area in screen.cards.around(entry):
        there = [one for one in candidates if area.holds(*one.spot.center) and one.spot != entry]
        if any(one.score >= scoring.SURE for one in there):
            return there
    return []


def row_relations(phrase: Phrase) -> list[Relation]:
    """Return the relations that name a row, which is a must."""
    return [relation for relation in phrase.relations if relation.kind == "row"]


def named_rows(phrase: Phrase, screen: ScreenContents) -> list[TableRow]:
    """Return the rows that the phrase names."""
    named = [one for one in row_relations(phrase) if not one.ordinal]
    return [found.row for relation in named for found in rows_named(relation.other, screen)]


def not_in_row(phrase: Phrase, screen: ScreenContents) -> str:
    """Say that the target is in none of the rows that are named, and what is there."""
    relation, *_ = row_relations(phrase)
    if relation.ordinal:
        return f"which row is “{relation.other}” can't be told by “{phrase.name}”: say what is written in the row"
    name = relation.other
    seen = ", ".join(f"“{text}”" for text in seen_in(rows_named(name, screen), screen))
    return f"“{phrase.name}” is not in the row of “{name}”" + (f"; there are {seen}" if seen else "")


def _no_row(name: str, screen: ScreenContents) -> str:
    texts = [piece.text for piece in screen.pieces if len(piece.text) > 2]
    found = process.extractOne(name, texts, scorer=fuzz.WRatio)
    nearest = f"; the nearest text is “{found[0]}”" if found else ""
    return f"“{name}” is not on the screen, so it has no row{nearest}"


def related(
    relation: Relation, candidates: Sequence[Candidate], screen: ScreenContents, *, phrase: Phrase
) -> list[Candidate]:
    """Judge each candidate by its best neighbour. Raise `NothingFits` if no neighbour is on the screen."""
    anchors = [match for match in matches(parse(relation.other), screen.labels) if match.score > scoring.ANCHOR]
    if not anchors:
        if relation.kind == "inside":  # people name the application, the list, the page, which bear no such words
            return list(candidates)
        where = PREPOSITIONS[relation.kind]
        raise NothingFits(f"“{relation.other}” is not on the screen, so nothing can be {where} it")
    best = max(anchor.score for anchor in anchors)
    rects = [anchor.rect for anchor in anchors if anchor.score >= best - scoring.ANCHORS_ALIKE]
    if relation.kind in ("inside", "near") and len(rects) <= MOST_ROWS:
        rows = [NamedRow(screen.row_around(rect), rect) for rect in rects]
        if relation.kind == "inside":
            candidates = [_cell(phrase, candidate, rows, screen) or candidate for candidate in candidates]
        elsewhere = Neighbour("row", relation.other, scoring.NO_RELATION)
        candidates = told_by_row(candidates, rows, elsewhere, alike=scoring.ALIKE)
    return [candidate.beside(_best_neighbour(relation, candidate.rect, rects, screen.size)) for candidate in candidates]


def _cell(phrase: Phrase, candidate: Candidate, rows: Sequence[NamedRow], screen: ScreenContents) -> Candidate | None:
    return next((cell for row in rows if (cell := cell_below(phrase, candidate, row, screen))), None)


def at_place(candidate: Candidate, sides: Sequence[Side], size: Size) -> Candidate:
    """Judge the candidate by the sides of the screen that the phrase names."""
    x, y = candidate.rect.center_x / size.width, candidate.rect.center_y / size.height
    towards = {"left": 1 - x, "right": x, "top": 1 - y, "bottom": y, "center": 1 - abs(x - 0.5) - abs(y - 0.5)}
    factor = 1.0
    for side in sides:
        factor *= scoring.OPPOSITE + scoring.TOWARDS * towards[side]
    return candidate.placed(factor)


def _best_neighbour(relation: Relation, rect: PixelBox, others: Sequence[PixelBox], size: Size) -> Neighbour:
    return Neighbour(relation.kind, relation.other, max(_fit(relation.kind, rect, other, size) for other in others))


def _fit(kind: Bond, rect: PixelBox, other: PixelBox, size: Size) -> float:
    """Return how well `rect` stands in the relation to `other`: near before far, in line before aslant."""
    if rect == other:
        return scoring.NO_RELATION
    across, down = max(0.0, -rect.shared_width(other)), max(0.0, -rect.shared_height(other))
    far = (across + down) / (size.width + size.height)
    match kind:
        case "left" | "right":
            holds = rect.center_x < other.center_x if kind == "left" else rect.center_x > other.center_x
            aslant = 0.0 if rect.beside(other) else scoring.ASLANT
        case "above" | "below":
            holds = rect.center_y < other.center_y if kind == "above" else rect.center_y > other.center_y
            aslant = 0.0 if rect.shared_width(other) > 0 else scoring.ASLANT
        case "near":
            holds, aslant = True, 0.0
        case "inside" | "row" | "card":
            return 1.0 if rect.beside(other) else 1.0 - scoring.FAR_IN_ROW * far
    return (1.0 - aslant - scoring.FAR * far) if holds else scoring.NO_RELATION
