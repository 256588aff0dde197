"""Whether the grounder is right as often as it says: fits its confidence, and draws how well that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from screenagent.bench.ground import GroundResult
from screenagent.geometry import Location, Value
from screenagent.grounding.scoring import Curve

BINS = 10
FOLDS = 5
FEWEST = 20
"""Answers of a rung, without which no curve is fitted to it."""
PULL = 1e-2
"""How strongly a curve is held towards doing nothing where the answers say little."""


class CalibrationAnswer(NamedTuple):
    picture: str
    by: str
    score: float
    right: bool


class Bin(Value):
    """Answers of about the same confidence: how sure they were on average, and how many of them were right."""

    n: int
    confidence: float
    right: float


class CalibrationSummary(Value):
    """`ece` is the mean distance of confidence from rightness; `held_out` of curves fitted without the picture that
    they are measured on; `raw` without any. `curves` are bias and slope by rung."""

    n: int
    raw: float
    ece: float
    held_out: float
    curves: Mapping[str, tuple[float, float]]


def answers(results: Sequence[GroundResult]) -> list[CalibrationAnswer]:
    """Those that name a place; it is right within 8 pixels of the target, and never where there is none."""
    return [
        CalibrationAnswer(result.picture, result.answer.by, result.answer.confidence, result.within_8px)
        for result in results
        if isinstance(result.answer, Location)
    ]


def fitted_curves(known: Sequence[CalibrationAnswer]) -> dict[str, Curve]:
    by_rung = {rung: list(group) for rung, group in groupby(sorted(known, key=lambda a: a.by), lambda a: a.by)}
    return {rung: _fit(group) for rung, group in by_rung.items() if len(group) >= FEWEST}


def _fit(known: Sequence[CalibrationAnswer]) -> Curve:
    """Logistic regression by Newton's method."""
    scores = np.array([(1.0, answer.score) for answer in known])  # (answers, bias and slope)
    right = np.array([answer.right for answer in known], float)
    weights = np.zeros(2)
    for _ in range(50):
        likely = 1 / (1 + np.exp(-scores @ weights))
        gradient = scores.T @ (right - likely) - PULL * weights
        curvature = (scores * (likely * (1 - likely))[:, None]).T @ scores + PULL * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return Curve(bias=round(float(weights[0]), 2), slope=round(float(weights[1]), 2))


def calibration_summary(known: Sequence[CalibrationAnswer]) -> CalibrationSummary:
    curves = fitted_curves(known)
    pictures = sorted({answer.picture for answer in known})
    held_out: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        left_out = set(pictures[fold::FOLDS])
        others = fitted_curves([answer for answer in known if answer.picture not in left_out])
        held_out += reliability_line([answer for answer in known if answer.picture in left_out], others)
    return CalibrationSummary(
        n=len(known),
        raw=ece(reliability_line(known, {})),
        ece=ece(reliability_line(known, curves)),
        held_out=ece(held_out),
        curves={rung: (curve.bias, curve.slope) for rung, curve in curves.items()},
    )


def reliability_line(known: Sequence[CalibrationAnswer], curves: Mapping[str, Curve]) -> list[tuple[float, bool]]:
    """Confidence and rightness."""
    return [
        (curves[answer.by].at(answer.score) if answer.by in curves else answer.score, answer.right) for answer in known
    ]


def bins(said: Sequence[tuple[float, bool]]) -> list[Bin]:
    found = []
    for _, group in groupby(sorted(said), key=lambda one: min(BINS - 1, int(one[0] * BINS))):
        members = list(group)
        sure, right = (sum(column) / len(members) for column in zip(*members, strict=True))
        found.append(Bin(n=len(members), confidence=sure, right=right))
    return found


def ece(said: Sequence[tuple[float, bool]]) -> float:
    total = sum(abs(one.confidence - one.right) * one.n for one in bins(said))
    return round(total / len(said), 4) if said else 0.0


SIDE, EDGE = 420, 56
INK, FAINT, GOOD, POOR = (40, 44, 52), (205, 208, 213), (36, 132, 255), (245, 146, 0)


def diagram(before: Sequence[tuple[float, bool]], after: Sequence[tuple[float, bool]]) -> Image.Image:
    """Rightness over sureness, as matched and as said; on the diagonal they are the same. A disc shows how many."""
    image = Image.new("RGB", (SIDE + 2 * EDGE, SIDE + 2 * EDGE), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for step in range(0, 11, 2):
        along, label = EDGE + SIDE * step / 10, f"{step / 10:.1f}"
        draw.line((along, EDGE, along, EDGE + SIDE), fill=FAINT)
        draw.line((EDGE, along, EDGE + SIDE, along), fill=FAINT)
        draw.text((along, EDGE + SIDE + 6), label, INK, font, anchor="mt")
        draw.text((EDGE - 8, EDGE + SIDE - SIDE * step / 10), label, INK, font, anchor="rm")
    draw.line((EDGE, EDGE + SIDE, EDGE + SIDE, EDGE), fill=INK)
    for said_so, colour in ((before, POOR), (after, GOOD)):
        places = [(EDGE + SIDE * one.confidence, EDGE + SIDE * (1 - one.right)) for one in bins(said_so)]
        draw.line(places, fill=colour, width=2)
        for (x, y), one in zip(places, bins(said_so), strict=True):
            radius = max(2.5, 24 * (one.n / len(said_so)) ** 0.5)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=2)
    draw.text((EDGE, 12), f"{len(after)} answers: score of the match (ECE {ece(before):.3f})", POOR, font)
    draw.text((EDGE, 30), f"and confidence said (ECE {ece(after):.3f})", GOOD, font)
    draw.text((EDGE + SIDE / 2, 2 * EDGE + SIDE - 12), "how sure", INK, font, anchor="ms")
    draw.text((EDGE + 8, EDGE + 8), "how often right", INK, font)
    return image
