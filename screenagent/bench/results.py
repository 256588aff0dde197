"""The results of a bench, kept one JSON object a line to go on from, and what sums them up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from screenagent.errors import BadFile

if sys.platform != "win32":
    import resource

Result = TypeVar("Result")


def read_bench_results(file: Path, parse: Callable[[str], Result]) -> list[Result]:
    """Return the results in `file`, without a last line that was cut off. Raise `BadFile` if it holds anything else."""
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    found = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            found.append(parse(line))
        except ValidationError:
            raise BadFile(f"line {number} of {file} is no result of this bench; name another file") from None
    return found


def keep_results(file: Path, *results: BaseModel) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.writelines(f"{result.model_dump_json()}\n" for result in results)


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


def rss_peak_mb() -> float | None:
    """Return the most memory this process has held, in MB; None if the system does not tell."""
    if sys.platform == "win32":
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)
