"""How likely an answer is right, by what gave it."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Final, NamedTuple


class Curve(NamedTuple):
    """A logistic curve over the score of a match."""

    bias: float
    slope: float

    def at(self, score: float) -> float:
        return 1 / (1 + exp(-(self.bias + self.slope * score)))


FITTED: Final[Mapping[str, Curve]] = {
    "text": Curve(bias=-2.87, slope=6.33),
    "field": Curve(bias=-4.17, slope=7.34),
    "icon": Curve(bias=-8.54, slope=15.78),
}
"""As `screenagent bench calibration` prints them for the development screens; drawn in docs/reliability.png."""


def calibrated(score: float, by: str) -> float:
    """What isn't in `FITTED` is taken at its word."""
    bounded = min(1.0, max(0.0, score))
    return FITTED[by].at(bounded) if by in FITTED else bounded
