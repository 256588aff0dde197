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
    "text": Curve(bias=-2.86, slope=6.68),
    "field": Curve(bias=-4.44, slope=7.62),
    "icon": Curve(bias=-6.22, slope=10.85),
}
"""As `screenagent bench calibration` prints them for the development screens; drawn in docs/reliability.png."""


def calibrated(score: float, by: str) -> float:
    """What isn't in `FITTED` is taken at its word."""
    bounded = min(1.0, max(0.0, score))
    return FITTED[by].at(bounded) if by in FITTED else bounded
