"""Things on the screen by their place: one of thousands is compared only with those around it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Generic, Protocol, TypeVar

import numpy as np

from screenagent.geometry import PixelBox


class HasRect(Protocol):
    """What has a place on the screen."""

    @property
    def rect(self) -> PixelBox: ...


PlacedT = TypeVar("PlacedT", bound=HasRect)


class PlaceIndex(Generic[PlacedT]):
    """Things that are looked up by where they are; they are returned in the order in which they were given."""

    def __init__(self, things: Iterable[PlacedT]) -> None:
        self._things = list(things)
        self._edges = np.array([thing.rect for thing in self._things], np.float64).reshape(-1, 4)

    def meeting(self, rect: PixelBox) -> list[PlacedT]:
        """Return the things that share a place with `rect`, be it no more than an edge."""
        left, top, right, bottom = self._edges.T
        meets = (left <= rect.right) & (rect.left <= right) & (top <= rect.bottom) & (rect.top <= bottom)
        return [self._things[number] for number in np.flatnonzero(meets).tolist()]

    def in_rows(self, top: float, bottom: float) -> list[PlacedT]:
        """Return the things that share some of these rows of pixels."""
        return self.meeting(PixelBox(-inf, top, inf, bottom))

    def in_columns(self, left: float, right: float) -> list[PlacedT]:
        """Return the things that share some of these columns of pixels."""
        return self.meeting(PixelBox(left, -inf, right, inf))
