"""The confidence of an answer: how likely it is right, by the method that found it."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Final, NamedTuple


class Curve(NamedTuple):
    """A logistic curve that turns a score into a confidence."""

    bias: float
    slope: float

    def at(self, score: float) -> float:
        return 1 / (1 + exp(-(self.bias + self.slope * score)))


FITTED: Final[Mapping[str, Curve]] = {
    "text": Curve(bias=-2.86, slope=6.68),
    "field": Curve(bias=-4.44, slope=7.62),
    "icon": Curve(bias=-6.22, slope=10.85),
}
"""As `screenagent bench calibration` prints the curves for the development screens; docs/reliability.png draws them."""


def calibrated(score: float, by: str) -> float:
    """Return the confidence for a score. Uncalibrated methods return their score unchanged."""
    bounded = min(1.0, max(0.0, score))
    return FITTED[by].at(bounded) if by in FITTED else bounded
