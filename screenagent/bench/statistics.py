"""Shares with their confidence intervals, and percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def share(successes: int, n: int) -> float | None:
    """Return the share of successes; None if nothing was tried."""
    return successes / n if n else None


def wilson(successes: int, n: int, *, z: float = 1.96) -> tuple[float, float] | None:
    """Return the 95 % confidence interval of a success rate; None if nothing was tried."""
    if n == 0:
        return None
    middle = (successes + z * z / 2) / (n + z * z)
    reach = z * sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the value that `percent` of the values do not exceed; None if there are no values."""
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def percentile_ms(seconds: Sequence[float], percent: float) -> float | None:
    """Return a percentile of times in milliseconds, rounded."""
    found = percentile(seconds, percent)
    return None if found is None else round(found * 1000, 2)
