"""What a count of successes says, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def wilson(successes: int, n: int, *, z: float = 1.96) -> tuple[float, float] | None:
    """The 95 % interval of a success rate; none where nothing was tried."""
    if n == 0:
        return None
    middle = (successes + z * z / 2) / (n + z * z)
    reach = z * sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value that `percent` of them don't exceed; none where there are none."""
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]
