"""Whether the grounder is right as often as it says, and from which confidence on it may act unasked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from screenagent.bench.ground import GroundResult
from screenagent.bench.results import share, wilson
from screenagent.geometry import Location, Value
from screenagent.grounding.certainty import FAMILIES, Signs, Weights, as_row

BINS = 10
FEWEST = 20
"""Answers of a family of methods, without which no weights are fitted to it."""
PULL = 0.3
"""How strongly each weight but the bias is held towards 0 where the answers say little."""
LOOSE = 1e-2
"""The same for the bias."""
WRONG: Final = 0.01
"""How many of the answers that are acted on unasked may be wrong, at most."""
BOUNDS: Final = tuple(step / 100 for step in range(100))


class CalibrationAnswer(NamedTuple):
    """An answer that names a place: `by` is its method, `kind` what was asked for, `app` whose screen it is."""

    app: str
    kind: str
    by: str
    signs: Signs
    right: bool


class Judged(NamedTuple):
    """An answer and the confidence in it."""

    answer: CalibrationAnswer
    confidence: float


class Bin(Value):
    """Answers of about the same confidence: how sure they were on average, and how many of them were right."""

    n: int
    confidence: float
    right: float


class BoundPoint(Value):
    """What a bound on the confidence lets through: `n` answers, of which `wrong` are, and the part of the targets of
    each kind that is still found."""

    bound: float
    n: int
    wrong: int
    rate: float | None
    interval: tuple[float, float] | None
    recall: Mapping[str, float]


class CalibrationSummary(Value):
    """`ece` is the mean distance of confidence from rightness; `held_out` of weights fitted without the application
    that they are measured on; `raw` of bare scores. `chosen` is the lowest bound, held out, at which at most 1 in 100
    is wrong, and `unbounded` is all that is answered. `weights` are by family, in the order of the signs."""

    n: int
    raw: float
    ece: float
    held_out: float
    unbounded: BoundPoint
    chosen: BoundPoint | None
    curve: tuple[BoundPoint, ...]
    weights: Mapping[str, tuple[float, ...]]


def answers(results: Sequence[GroundResult]) -> list[CalibrationAnswer]:
    """Those that name a place; it is right within 8 pixels of the target, and never where there is none."""
    return [
        CalibrationAnswer(result.app, _kind(result), result.answer.by, result.signs, result.within_8px)
        for result in results
        if isinstance(result.answer, Location) and result.signs is not None
    ]


def targets_by_kind(results: Iterable[GroundResult]) -> dict[str, int]:
    """Return how many targets of each kind are there to be found."""
    counted: dict[str, int] = defaultdict(int)
    for result in results:
        if result.bbox is not None:
            counted[result.data_type] += 1
    return dict(counted)


def _kind(result: GroundResult) -> str:
    return result.data_type if result.bbox is not None else "absent"


def fitted_weights(known: Sequence[CalibrationAnswer]) -> dict[str, Weights]:
    """Return weights by family of methods."""
    families = {family: list(group) for family, group in groupby(sorted(known, key=_family), _family)}
    return {family: _fit(group) for family, group in families.items() if len(group) >= FEWEST}


def _family(answer: CalibrationAnswer) -> str:
    return FAMILIES.get(answer.by, answer.by)


def _fit(known: Sequence[CalibrationAnswer]) -> Weights:
    """Logistic regression by Newton's method."""
    signs = np.array([as_row(answer.signs) for answer in known])  # (answers, signs)
    right = np.array([answer.right for answer in known], float)
    pull = np.array([LOOSE, *(PULL for _ in signs[0][1:])])
    weights = np.zeros(signs.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-signs @ weights))
        gradient = signs.T @ (right - likely) - pull * weights
        curvature = (signs * (likely * (1 - likely))[:, None]).T @ signs + np.diag(pull)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return Weights(*(round(float(weight), 2) for weight in weights))


def held_out(known: Sequence[CalibrationAnswer]) -> list[Judged]:
    """Return each answer with the confidence that weights give it which were fitted without its application."""
    judged: list[Judged] = []
    for app in sorted({answer.app for answer in known}):
        weights = fitted_weights([answer for answer in known if answer.app != app])
        judged += judged_by([answer for answer in known if answer.app == app], weights)
    return judged


def judged_by(known: Sequence[CalibrationAnswer], weights: Mapping[str, Weights]) -> list[Judged]:
    """Return each answer with its confidence: its bare score, if there are no weights for its family."""
    return [
        Judged(one, weights[_family(one)].confidence(one.signs) if _family(one) in weights else one.signs.score)
        for one in known
    ]


def calibration_summary(known: Sequence[CalibrationAnswer], targets: Mapping[str, int]) -> CalibrationSummary:
    weights, left_out = fitted_weights(known), held_out(known)
    curve = tuple(bound_point(left_out, bound, targets) for bound in BOUNDS)
    return CalibrationSummary(
        n=len(known),
        raw=ece(judged_by(known, {})),
        ece=ece(judged_by(known, weights)),
        held_out=ece(left_out),
        unbounded=bound_point(left_out, 0.0, targets),
        chosen=next((point for point in curve if point.rate is not None and point.rate <= WRONG), None),
        curve=curve,
        weights={by: tuple(fitted) for by, fitted in weights.items()},
    )


def bound_point(judged: Sequence[Judged], bound: float, targets: Mapping[str, int]) -> BoundPoint:
    """Return what is answered, wrong and found with at least this confidence."""
    passed = [one.answer for one in judged if one.confidence >= bound]
    wrong = sum(not one.right for one in passed)
    found = {kind: sum(one.right and one.kind == kind for one in passed) for kind in targets}
    return BoundPoint(
        bound=bound,
        n=len(passed),
        wrong=wrong,
        rate=share(wrong, len(passed)),
        interval=wilson(wrong, len(passed)),
        recall={kind: round(found[kind] / count, 4) for kind, count in targets.items()},
    )


def bins(judged: Sequence[Judged]) -> list[Bin]:
    found = []
    for _, group in groupby(sorted(judged, key=_sureness), lambda one: min(BINS - 1, int(one.confidence * BINS))):
        members = list(group)
        sure, right = (sum(column) / len(members) for column in zip(*map(_said, members), strict=True))
        found.append(Bin(n=len(members), confidence=sure, right=right))
    return found


def _sureness(judged: Judged) -> float:
    return judged.confidence


def _said(judged: Judged) -> tuple[float, bool]:
    return judged.confidence, judged.answer.right


def ece(judged: Sequence[Judged]) -> float:
    total = sum(abs(one.confidence - one.right) * one.n for one in bins(judged))
    return round(total / len(judged), 4) if judged else 0.0


SIDE, EDGE = 420, 56
INK, FAINT, GOOD, POOR = (40, 44, 52), (205, 208, 213), (36, 132, 255), (245, 146, 0)
HUES: Final = ((36, 132, 255), (20, 160, 90), (150, 90, 220))


def diagram(before: Sequence[Judged], after: Sequence[Judged], summary: CalibrationSummary) -> Image.Image:
    """Left, rightness over sureness, as matched and as said; on the diagonal they are the same, and a disc shows how
    many. Right, what each bound lets through: wrong answers and found targets."""
    panel = SIDE + 2 * EDGE
    image = Image.new("RGB", (2 * panel, panel), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for left in (EDGE, panel + EDGE):
        _grid(draw, font, left)
    _reliability(draw, before, after)
    draw.text((EDGE, 12), f"{len(after)} answers: score of the match (ECE {ece(before):.3f})", POOR, font)
    draw.text((EDGE, 30), f"and confidence said (ECE {ece(after):.3f})", GOOD, font)
    draw.text((EDGE + SIDE / 2, panel - 12), "how sure", INK, font, anchor="ms")
    draw.text((EDGE + 8, EDGE + 8), "how often right", INK, font)
    _bounds(draw, font, panel + EDGE, summary)
    return image


def _grid(draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, left: float) -> None:
    for step in range(0, 11, 2):
        along, label = SIDE * step / 10, f"{step / 10:.1f}"
        draw.line((left + along, EDGE, left + along, EDGE + SIDE), fill=FAINT)
        draw.line((left, EDGE + along, left + SIDE, EDGE + along), fill=FAINT)
        draw.text((left + along, EDGE + SIDE + 6), label, INK, font, anchor="mt")
        draw.text((left - 8, EDGE + SIDE - along), label, INK, font, anchor="rm")


def _reliability(draw: ImageDraw.ImageDraw, before: Sequence[Judged], after: Sequence[Judged]) -> None:
    draw.line((EDGE, EDGE + SIDE, EDGE + SIDE, EDGE), fill=INK)
    for judged, colour in ((before, POOR), (after, GOOD)):
        found = bins(judged)
        places = [(EDGE + SIDE * one.confidence, EDGE + SIDE * (1 - one.right)) for one in found]
        draw.line(places, fill=colour, width=2)
        for (x, y), one in zip(places, found, strict=True):
            radius = max(2.5, 24 * (one.n / len(judged)) ** 0.5)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=2)


def _bounds(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    left: float,
    summary: CalibrationSummary,
) -> None:
    def line(colour: tuple[int, int, int], height: Callable[[BoundPoint], float]) -> None:
        points = [point for point in summary.curve if point.n]
        draw.line([(left + SIDE * one.bound, EDGE + SIDE * (1 - height(one))) for one in points], fill=colour, width=2)

    line(POOR, lambda point: point.rate or 0.0)
    draw.text((left, 12), "wrong of those acted on", POOR, font)
    x = left
    for kind, colour in zip(summary.unbounded.recall, HUES, strict=False):
        line(colour, lambda point, kind=kind: point.recall[kind])  # type: ignore[misc]
        draw.text((x, 30), f"{kind} found", colour, font)
        x += 110
    if summary.chosen:
        at = left + SIDE * summary.chosen.bound
        draw.line((at, EDGE, at, EDGE + SIDE), fill=INK)
        draw.text((at - 4, EDGE + SIDE / 2), f"{summary.chosen.bound:.2f}", INK, font, anchor="rm")
    draw.text((left + SIDE / 2, SIDE + 2 * EDGE - 12), "bound, applications held out", INK, font, anchor="ms")
