"""How well candidates stand in the relations and at the sides of the screen that a phrase names."""

from __future__ import annotations

from collections.abc import Sequence

from screenagent.geometry import PixelBox, Size
from screenagent.grounding import scoring
from screenagent.grounding.expression import Bond, Relation, Side, parse
from screenagent.grounding.scoring import PREPOSITIONS, Candidate, Neighbour
from screenagent.grounding.text_match import matches
from screenagent.perception.labels import Label
from screenagent.perception.screen import ScreenContents


class NothingFits(Exception):
    """Something that the phrase names is not on the screen; the text says what."""


def related(relation: Relation, candidates: Sequence[Candidate], screen: ScreenContents) -> list[Candidate]:
    """Judge each candidate by its best neighbour. Raise `NothingFits` if no neighbour is on the screen."""
    anchors = [match for match in matches(parse(relation.other), screen.labels) if match.score > scoring.ANCHOR]
    if not anchors:
        if relation.kind == "inside":  # people name the application, the list, the page, which bear no such words
            return list(candidates)
        where = PREPOSITIONS[relation.kind]
        raise NothingFits(f"“{relation.other}” is not on the screen, so nothing can be {where} it")
    best = max(anchor.score for anchor in anchors)
    rects = [anchor.rect for anchor in anchors if anchor.score >= best - scoring.ANCHORS_ALIKE]
    if relation.kind == "inside":
        candidates = [_cell(candidate, rects, screen.labels) or candidate for candidate in candidates]
    return [candidate.beside(_best_neighbour(relation, candidate.rect, rects, screen.size)) for candidate in candidates]


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
        case "inside":
            return 1.0 if rect.beside(other) else 1.0 - scoring.FAR_IN_ROW * far
    return (1.0 - aslant - scoring.FAR * far) if holds else scoring.NO_RELATION


def _cell(head: Candidate, rows: Sequence[PixelBox], labels: Sequence[Label]) -> Candidate | None:
    """Return the text below the head of a column in one of the rows, as in "the amount in Ada's row". It is a table if
    the name of the row stands in a column that has a head, too."""
    heads = [label.rect for label in labels if abs(label.rect.center_y - head.rect.center_y) < 0.4 * head.rect.height]
    for row in rows:
        named = any(other != head.rect and _aligned(other, row) for other in heads)
        if not named or row.top < head.rect.bottom or _aligned(head.rect, row):
            continue
        for label in labels:
            if abs(label.rect.center_y - row.center_y) < 0.4 * row.height and _aligned(head.rect, label.rect):
                return Candidate(label.rect, label.text, head.evidence, head.by)
    return None


def _aligned(one: PixelBox, other: PixelBox) -> bool:
    """Return whether both stand in one column: they share some of it, and one of their edges or their middle."""
    near = 0.6 * min(one.height, other.height)
    edges = (one.left - other.left, one.right - other.right, one.center_x - other.center_x)
    return one.shared_width(other) > 0 and min(map(abs, edges)) < near
