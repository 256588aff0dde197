"""A comparison of two sets of results as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from screenagent.bench.paired import Comparison, Difference, SideSummary
from screenagent.showing import abridged, visible

LISTED: Final = 20
"""Tasks that are named in a line of the table; all of them are in the JSON object."""


def comparison_table(found: Comparison) -> str:
    """Return the table, and under it what it does not count."""
    test = "McNemar's exact test" if found.epochs == (1, 1) else "exact sign test of the tasks' shares"
    return "\n".join([*_sides(found), "", *_difference(found.difference, test), *_apps(found), *_remarks(found)])


def _sides(found: Comparison) -> Iterator[str]:
    sides = found.a, found.b
    yield _row("", [f"{letter}: {visible(abridged(side.name, 24))}" for letter, side in zip("AB", sides, strict=True)])
    yield _row("passed", [_passed(side) for side in sides])
    yield _row("95 % interval", [_interval(side.interval) for side in sides])
    yield _row("broken by the machine", [str(side.infra) for side in sides])
    yield _row("seconds per success", [_figure(side.per_success.seconds) for side in sides])
    yield _row("model calls per success", [_figure(side.per_success.calls) for side in sides])
    yield _row("tokens per success", [_figure(side.per_success.tokens) for side in sides])


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<24}" + "".join(f"{cell:>28}" for cell in cells)


def _passed(side: SideSummary) -> str:
    return f"{side.passed} of {side.n}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:.0%} to {interval[1]:.0%}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,g}"


def _difference(difference: Difference, test: str) -> Iterator[str]:
    if difference.gain is None or difference.interval is None:
        yield "No task was answered by both, so there is nothing to compare."
        return
    low, high = (f"{100 * edge:+.0f}" for edge in difference.interval)
    yield f"B − A: {100 * difference.gain:+.1f} points on {difference.tasks} tasks that both answered"
    yield f"  95 % interval {low} to {high} (paired, Bonett and Price)"
    if difference.p is None:
        yield "  no task came out differently"
    else:
        counts = f"{len(difference.better)} better, {len(difference.worse)} worse"
        yield f"  {test}: p = {difference.p:.3g} ({counts})"
    yield from (f"  {word}: {_listed(tasks)}" for word, tasks in _changed(difference) if tasks)


def _changed(difference: Difference) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("better", difference.better), ("worse", difference.worse)


def _apps(found: Comparison) -> Iterator[str]:
    if len(found.by_app) < 2:
        return
    yield ""
    yield _row("by application", ["A", "B"])
    for app in found.by_app:
        named = f"{visible(abridged(app.app or '–', 16))} ({app.tasks})"
        yield _row(named, [f"{app.a:.0%}", f"{app.b:.0%}"])


def _remarks(found: Comparison) -> Iterator[str]:
    remarks = [
        (f"only A tried {len(found.only_a)}", found.only_a),
        (f"only B tried {len(found.only_b)}", found.only_b),
        (f"the machine broke all attempts of one side at {len(found.infra)}", found.infra),
    ]
    shown = [f"not compared, {said}: {_listed(tasks)}" for said, tasks in remarks if tasks]
    if found.epochs != (1, 1):
        shown.append(f"epochs: {found.epochs[0]} and {found.epochs[1]}; a task counts once, by its share of successes")
    shown += [
        f"asked differently: {name} was {abridged(str(a), 60)}, then {abridged(str(b), 60)}"
        for name, (a, b) in found.other.items()
    ]
    for side in (found.a, found.b):
        if unknown := side.n - side.per_success.runs:
            shown.append(f"{side.name}: the cost of {unknown} of {side.n} attempts is not recorded, and not counted")
    if shown:
        yield ""
        yield from map(visible, shown)


def _listed(tasks: Sequence[str]) -> str:
    more = f" and {len(tasks) - LISTED} more" if len(tasks) > LISTED else ""
    return visible(", ".join(tasks[:LISTED]) + more)
