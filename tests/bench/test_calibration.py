from __future__ import annotations

import random

import pytest

from screenagent.bench.calibration import (
    Bin,
    CalibrationAnswer,
    bins,
    calibration_summary,
    diagram,
    ece,
    fitted_curves,
    reliability_line,
)
from screenagent.grounding.scoring import FITTED, Curve, calibrated


def boastful(n: int = 400) -> list[CalibrationAnswer]:
    """Says 0.9 and is right half the time, says 0.1 and never is."""
    chance = random.Random(4)
    high = [CalibrationAnswer(f"{number % 20}.png", "text", 0.9, chance.random() < 0.5) for number in range(n)]
    return [*high, *(CalibrationAnswer(f"{number % 20}.png", "text", 0.1, right=False) for number in range(n))]


def test_confidence_grows_with_the_score_and_stays_one() -> None:
    for rung in (*FITTED, "place"):
        steps = [calibrated(score / 20, rung) for score in range(-2, 24)]
        assert steps == sorted(steps)
        assert 0 <= steps[0] <= steps[-1] <= 1


def test_a_boaster_is_taken_down_to_what_it_is_right_in() -> None:
    known = boastful()
    curve = fitted_curves(known)["text"]
    assert curve.at(0.9) == pytest.approx(0.5, abs=0.05)
    assert curve.at(0.1) < 0.05
    found = calibration_summary(known)
    assert found.raw > 0.2
    assert max(found.ece, found.held_out) < 0.05


def test_a_rung_with_few_answers_gets_no_curve() -> None:
    few = [CalibrationAnswer("one.png", "icon", 0.5, right=True)] * 5
    assert fitted_curves(few) == {}
    assert reliability_line(few, {}) == [(0.5, True)] * 5


def test_even_answers_that_are_all_right_have_a_curve() -> None:
    curve = fitted_curves([CalibrationAnswer("one.png", "text", 1.0, right=True)] * 50)["text"]
    assert 0.9 < curve.at(1.0) < 1


def test_the_error_is_the_distance_of_what_is_said_from_what_is() -> None:
    assert bins([(1.0, True), (0.9375, False), (0.25, False)]) == [
        Bin(n=1, confidence=0.25, right=0.0),
        Bin(n=2, confidence=0.96875, right=0.5),
    ]
    assert ece([(0.75, True), (0.75, False)]) == 0.25
    assert ece([]) == 0.0


def test_the_diagram_shows_both_series() -> None:
    known = boastful(40)
    colours = dict.fromkeys(
        colour
        for _, colour in diagram(
            reliability_line(known, {}), reliability_line(known, {"text": Curve(-5, 6)})
        ).getcolors(10**6)
        or ()
    )
    assert {(36, 132, 255), (245, 146, 0)} <= set(colours)
