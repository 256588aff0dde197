"""Two sets of results of the same tasks, task by task: what got better, what got worse, and whether that may be chance.

The task is what is counted. A task that was tried several times has the share of its successes, so tries of one task do
not pass for as many tasks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from pydantic import JsonValue

from screenagent.bench.outcomes import SuiteOutcome, SuiteOutcomes
from screenagent.bench.results import wilson
from screenagent.bench.run_costs import SpentPerSuccess, spent_per_success
from screenagent.geometry import Value


class SideSummary(Value):
    """One of the two. `n` are the attempts that say something, `infra` those that the machine broke."""

    name: str
    n: int
    passed: int
    interval: tuple[float, float] | None
    infra: int
    per_success: SpentPerSuccess


class AppComparison(Value):
    """The tasks of one application that both have tried; `a` and `b` are the mean shares of success."""

    app: str
    tasks: int
    a: float
    b: float


class Difference(Value):
    """`gain` is the mean share of success of B without that of A, over the `tasks` that both have tried.

    `interval` is its 95 % interval after Bonett and Price. `p` is that of McNemar's exact test: of the tasks that came
    out differently, would a coin fall as unevenly? With several epochs it is the sign test of the tasks' shares.
    """

    tasks: int
    better: tuple[str, ...]
    worse: tuple[str, ...]
    gain: float | None
    interval: tuple[float, float] | None
    p: float | None


class Comparison(Value):
    a: SideSummary
    b: SideSummary
    difference: Difference
    by_app: tuple[AppComparison, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    infra: tuple[str, ...]
    """Tasks that both have, but of which the machine broke every attempt of one."""
    epochs: tuple[int, int]
    other: dict[str, tuple[JsonValue, JsonValue]]
    """What the two were asked differently, by its name."""


def compare_outcomes(a: SuiteOutcomes, b: SuiteOutcomes) -> Comparison:
    """Compare B with A by the tasks that both have answered."""
    shares_a, shares_b = _shares(a.answered), _shares(b.answered)
    names_a, names_b = ({outcome.task for outcome in side.outcomes} for side in (a, b))
    paired = [task for task in shares_a if task in shares_b]
    return Comparison(
        a=_side(a),
        b=_side(b),
        difference=_difference({task: shares_b[task] - shares_a[task] for task in paired}),
        by_app=_by_app((*a.outcomes, *b.outcomes), shares_a, shares_b),
        only_a=tuple(sorted(names_a - names_b)),
        only_b=tuple(sorted(names_b - names_a)),
        infra=tuple(sorted((names_a & names_b) - set(paired))),
        epochs=(_epochs(a), _epochs(b)),
        other=_asked_otherwise(a, b),
    )


def mcnemar_p(better: int, worse: int) -> float | None:
    """Return the two-sided p of McNemar's exact test; None if no pair came out differently."""
    n = better + worse
    if n == 0:
        return None
    tail: int = sum(math.comb(n, k) for k in range(min(better, worse) + 1))
    return min(1.0, 2 * tail / float(1 << n))


def paired_interval(differences: Sequence[float], *, z: float = 1.96) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean difference between -1 and 1, after Bonett and Price (2012); None for none.

    They add one pair for each direction, so the interval has a width even if no pair came out differently.
    """
    if not differences:
        return None
    added = [*differences, 1.0, -1.0]
    mean = sum(added) / len(added)
    variance = sum(one * one for one in added) / len(added) - mean * mean
    reach = z * math.sqrt(max(0.0, variance) / len(added))
    return max(-1.0, mean - reach), min(1.0, mean + reach)


def _shares(outcomes: Sequence[SuiteOutcome]) -> dict[str, float]:
    """Return each task's share of successes."""
    tries: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        tries[outcome.task].append(bool(outcome.passed))
    return {task: sum(passed) / len(passed) for task, passed in tries.items()}


def _side(side: SuiteOutcomes) -> SideSummary:
    answered = side.answered
    passed = sum(bool(outcome.passed) for outcome in answered)
    return SideSummary(
        name=side.name,
        n=len(answered),
        passed=passed,
        interval=wilson(passed, len(answered)),
        infra=len(side.outcomes) - len(answered),
        per_success=spent_per_success(
            [(bool(outcome.passed), outcome.spent) for outcome in answered if outcome.spent is not None]
        ),
    )


def _difference(gains: dict[str, float]) -> Difference:
    better = tuple(task for task, gain in gains.items() if gain > 0)
    worse = tuple(task for task, gain in gains.items() if gain < 0)
    return Difference(
        tasks=len(gains),
        better=better,
        worse=worse,
        gain=sum(gains.values()) / len(gains) if gains else None,
        interval=paired_interval(list(gains.values())),
        p=mcnemar_p(len(better), len(worse)),
    )


def _by_app(
    outcomes: Sequence[SuiteOutcome], shares_a: dict[str, float], shares_b: dict[str, float]
) -> tuple[AppComparison, ...]:
    tasks: dict[str, set[str]] = defaultdict(set)
    apps = {outcome.task: outcome.app for outcome in outcomes if outcome.app}
    for task in shares_a.keys() & shares_b.keys():
        tasks[apps.get(task, "")].add(task)
    return tuple(
        AppComparison(
            app=app,
            tasks=len(names),
            a=sum(shares_a[name] for name in names) / len(names),
            b=sum(shares_b[name] for name in names) / len(names),
        )
        for app, names in sorted(tasks.items())
    )


def _epochs(side: SuiteOutcomes) -> int:
    return max(outcome.epoch for outcome in side.outcomes)


def _asked_otherwise(a: SuiteOutcomes, b: SuiteOutcomes) -> dict[str, tuple[JsonValue, JsonValue]]:
    names = sorted({*a.asked, *b.asked}) if a.asked and b.asked else []
    return {name: (a.asked.get(name), b.asked.get(name)) for name in names if a.asked.get(name) != b.asked.get(name)}
