"""Fits the weights of the ranking, and measures them on applications that they were fitted without."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import log
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from evidence import Asked, Shown

from screenagent.grounding.embedded import EQUAL
from screenagent.grounding.mentions import MENTION, ODDS, Look
from screenagent.grounding.scoring import LIKELY, MOVED_ICON, SURE

Floats = npt.NDArray[np.float64]

PARTS: Final = 8  # the applications are split into so many; each part is judged by weights fitted to the others
PULL: Final = 3.0  # how strongly a weight of a look is held towards 0
HELD: Final = 1.0  # how strongly a factor is held to what it is now
SHARPNESS: Final = 8.0  # how much more likely one candidate is than another, by the logarithm of their scores


Judged = tuple[Asked, Floats]
"""A question, and the weights that it is answered by."""


class Choice(NamedTuple):
    """Candidates of which one is to be chosen: (candidates, numbers), and which are right."""

    app: str
    rows: Floats
    right: npt.NDArray[np.bool_]


def fitted(choices: Sequence[Choice], start: Floats, pull: Floats) -> Floats:
    """Return the weights of a conditional logistic model, by Newton's method: of each choice, a right candidate is to
    be the likeliest. Weights are held to where they start."""
    telling = [one for one in choices if one.right.any() and not one.right.all()]
    if not telling:
        return start
    rows, right = np.concatenate([one.rows for one in telling]), np.concatenate([one.right for one in telling])
    of = np.repeat(np.arange(len(telling)), [len(one.rows) for one in telling])

    def shares(strength: Floats) -> Floats:
        total = np.bincount(of, strength, len(telling))
        return np.asarray(strength / total[of])

    weights = start.copy()
    for _ in range(60):
        said = rows @ weights
        most = np.full(len(telling), -np.inf)
        np.maximum.at(most, of, said)
        strength = np.exp(said - most[of])
        likely, hoped = shares(strength), shares(np.maximum(strength * right, 1e-300))
        means = np.zeros((len(telling), rows.shape[1]))
        np.add.at(means, of, likely[:, None] * rows)
        curvature = (rows * likely[:, None]).T @ rows - means.T @ means + np.diag(pull)
        step = np.linalg.solve(curvature, (hoped - likely) @ rows - pull * (weights - start))
        weights += step * min(1.0, 2 / max(1e-9, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-4:
            break
    return weights


def texts(asked: Iterable[Asked]) -> Iterator[Choice]:
    """Yield the texts of the same words, of which one is meant."""
    for one in asked:
        for some in _groups(one).values():
            yield Choice(one.app, np.array([shown.look for shown in some]), np.array([shown.right for shown in some]))


def _groups(asked: Asked) -> dict[int, list[Shown]]:
    found: dict[int, list[Shown]] = {}
    for shown in asked.shown:
        if shown.group is not None:
            found.setdefault(shown.group, []).append(shown)
    return found


def look_weights(asked: Iterable[Asked], *, without: int | None = None) -> Floats:
    """Return the weights of the looks; with `without`, that number of them stays 0."""
    width = len(Look._fields)
    pull = np.array([1e6 if number == without else PULL for number in range(width)])
    return fitted(list(texts(asked)), np.zeros(width), pull)


def part(app: str) -> int:
    """Return the part that an application is in; the words of one, in whatever look, are in one part."""
    return zlib.crc32(app.partition("+")[0].encode()) % PARTS


def look(app: str) -> int:
    """Return the part that the look of an application is in, whatever its words."""
    return zlib.crc32(app.partition("+")[2].encode()) % PARTS


def held_out(
    asked: Sequence[Asked], fit: Callable[[Sequence[Asked]], Floats], *, by: Callable[[str], int] = part
) -> Iterator[Judged]:
    """Yield each question with the weights that were fitted without its application."""
    for number, group in groupby(sorted(asked, key=lambda one: by(one.app)), lambda one: by(one.app)):
        weights = fit([one for one in asked if by(one.app) != number])
        yield from ((one, weights) for one in group)


def decisions(judged: Iterable[Judged]) -> Counter[str]:
    """Count the groups of texts of the same words that the weights decide, rightly or wrongly, or leave open."""
    counted: Counter[str] = Counter()
    for asked, weights in judged:
        for some in _groups(asked).values():
            right = [shown.right for shown in some]
            if not any(right) or all(right):
                continue
            left = [shown.right for shown in some if not _is_mention(shown, some, weights)]
            counted["right" if all(left) else "open" if any(left) else "wrong"] += 1
    return counted


def _is_mention(shown: Shown, some: Sequence[Shown], weights: Floats) -> bool:
    likely = max(float(np.array(one.look) @ weights) for one in some)
    return float(np.array(shown.look) @ weights) < likely - log(ODDS)


class Refit(NamedTuple):
    """What a factor is, what the choices would have it be, and how many of them know it."""

    now: float
    refitted: float
    choices: int


class Mark(NamedTuple):
    asked: int
    right: int
    wrong: int
    refused: int


def marks(judged: Iterable[Judged]) -> dict[str, Mark]:
    """Return by kind how many questions are answered right, wrong and not at all, as the grounder decides it: mentions
    keep a share of their score, and of two that fit alike it asks which is meant."""
    counted: dict[str, Counter[str]] = {}
    for asked, weights in judged:
        count = counted.setdefault("absent" if asked.absent else asked.kind, Counter())
        count["asked"] += 1
        count[_answer(asked, weights)] += 1
    return {
        kind: Mark(one["asked"], one["right"], one["wrong"], one["refused"]) for kind, one in sorted(counted.items())
    }


def _answer(asked: Asked, weights: Floats) -> str:
    groups = _groups(asked)
    scored = []
    for shown in asked.shown:
        some = groups.get(shown.group, []) if shown.group is not None else []
        share = MENTION if some and _is_mention(shown, some, weights) else 1.0
        least = SURE * LIKELY * MOVED_ICON if shown.by == "icon" else SURE
        if shown.score * share >= least:
            scored.append((shown.score * share, shown.right))
    scored.sort(key=lambda one: -one[0])
    if not scored or (len(scored) > 1 and scored[1][0] > EQUAL * scored[0][0]):
        return "refused"
    return "right" if scored[0][1] else "wrong"


def factor_choices(asked: Iterable[Asked]) -> tuple[list[str], list[Choice]]:
    """Return the factors that scores are made of, each value of each by itself, and the choices in these terms: what is
    graded counts by its logarithm, what is one of a few values by which it is."""
    rows = [(one, [_terms(shown) for shown in one.shown if shown.score >= SURE]) for one in asked]
    names = sorted({name for _, some in rows for terms in some for name in terms})
    choices = [
        Choice(
            one.app,
            np.array([[terms.get(name, 0.0) for name in names] for terms in some]),
            np.array([shown.right for shown in one.shown if shown.score >= SURE]),
        )
        for one, some in rows
        if some
    ]
    return names, choices


def _terms(shown: Shown) -> dict[str, float]:
    graded = {name: log(max(0.02, shown.factors[name])) for name in ("name", "neighbours", "place")}
    stepped = {
        f"{shown.by} {name} {value:.2f}": 1.0
        for name, value in shown.factors.items()
        if name not in graded and round(value, 2) != 1
    }
    return {**graded, **stepped}


def refitted_factors(asked: Sequence[Asked]) -> Mapping[str, Refit]:
    """Return what the choices say of each factor."""
    names, choices = factor_choices(asked)
    now = np.array([SHARPNESS * (log(float(name.split()[-1])) if name[-1].isdigit() else 1.0) for name in names])
    then = fitted(choices, now, np.full(len(names), HELD))
    known = np.array([(one.rows != 0).any(0) for one in choices]).sum(0)
    return {
        name: Refit(_factor(name, before), _factor(name, after), int(count))
        for name, before, after, count in zip(names, now.tolist(), then.tolist(), known.tolist(), strict=True)
    }


def _factor(name: str, weight: float) -> float:
    """Return a weight as the factor that it stands for, or as the power of a graded one."""
    return round(float(np.exp(weight / SHARPNESS)) if name[-1].isdigit() else weight / SHARPNESS, 2)
