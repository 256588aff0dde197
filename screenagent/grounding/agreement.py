"""Whether two answers mean the same place, and how that changes the confidence."""

from __future__ import annotations

from typing import Final

from screenagent.geometry import Absent, Location

UNSURE: Final = 0.3  # the confidence of an answer that another one contradicts
NEAR: Final = 0.012  # two points that are no farther apart are one place: 15 pixels at 1280x720
MODEL_METHODS: Final = ("model", "region", "zoom")  # the model's looks in their order


def agree(one: Location, other: Location) -> bool:
    """Return whether two answers mean the same place."""
    if abs(one.point.x - other.point.x) <= NEAR and abs(one.point.y - other.point.y) <= NEAR:
        return True
    return bool((one.box and other.point in one.box) or (other.box and one.point in other.box))


def compared(found: Location, other: Location | Absent | None, *, other_wins: bool = False) -> Location:
    """Return `found` with the confidence that another answer leaves it, or `other` if they differ and `other_wins`."""
    if other is None:
        return found
    if isinstance(other, Absent):
        return found.model_copy(update={"confidence": min(found.confidence, UNSURE)})
    if not agree(found, other):
        place = other if other_wins else found
        return place.model_copy(update={"confidence": UNSURE})
    by = "+".join(sorted(dict.fromkeys((*other.by.split("+"), *found.by.split("+"))), key=_cost))
    confidence = 1 - (1 - found.confidence) * (1 - other.confidence)
    return found.model_copy(update={"confidence": round(confidence, 4), "by": by, "box": found.box or other.box})


def _cost(by: str) -> int:
    """Return the rank by which methods are named: text before the model, and the model's looks in their order."""
    return MODEL_METHODS.index(by) + 1 if by in MODEL_METHODS else 0
