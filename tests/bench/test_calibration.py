from __future__ import annotations

import random

import pytest

from screenagent.bench.calibration import (
    Bin,
    CalibrationAnswer,
    Judged,
    bins,
    bound_point,
    calibration_summary,
    diagram,
    ece,
    fitted_weights,
    held_out,
    judged_by,
)
from screenagent.geometry import PixelBox
from screenagent.grounding.certainty import FAMILIES, Signs, Weights, confidence, signs_of
from screenagent.grounding.expression import parse
from screenagent.grounding.scoring import Candidate, Evidence

NO_TARGETS: dict[str, int] = {}


def answer(score: float, *, right: bool, app: str = "one", by: str = "text", kind: str = "text") -> CalibrationAnswer:
    return CalibrationAnswer(app, kind, by, Signs(score=score), right)


def boastful(n: int = 400) -> list[CalibrationAnswer]:
    """Says 0.9 and is right half the time, says 0.1 and never is."""
    chance = random.Random(4)
    high = [answer(0.9, right=chance.random() < 0.5, app=f"{number % 20}") for number in range(n)]
    return [*high, *(answer(0.1, right=False, app=f"{number % 20}") for number in range(n))]


def said(*judged: tuple[float, bool]) -> list[Judged]:
    return [Judged(answer(confidence, right=right), confidence) for confidence, right in judged]


def test_confidence_grows_with_the_score_and_stays_one() -> None:
    for by in (*FAMILIES, "place"):
        steps = [confidence(Signs(score=score / 20), by) for score in range(21)]
        assert steps == sorted(steps)
        assert 0 <= steps[0] <= steps[-1] <= 1


def test_a_boaster_is_taken_down_to_what_it_is_right_in() -> None:
    known = boastful()
    weights = fitted_weights(known)["name"]
    assert weights.confidence(Signs(score=0.9)) == pytest.approx(0.5, abs=0.05)
    assert weights.confidence(Signs(score=0.1)) < 0.05
    found = calibration_summary(known, NO_TARGETS)
    assert found.raw > 0.2
    assert max(found.ece, found.held_out) < 0.05


def test_a_method_with_few_answers_gets_no_weights() -> None:
    few = [answer(0.5, right=True, by="icon")] * 5
    assert fitted_weights(few) == {}
    assert [one.confidence for one in judged_by(few, {})] == [0.5] * 5


def test_even_answers_that_are_all_right_have_weights() -> None:
    weights = fitted_weights([answer(1.0, right=True)] * 50)["name"]
    assert 0.9 < weights.confidence(Signs(score=1.0)) < 1


def test_an_application_is_judged_by_weights_that_were_fitted_without_it() -> None:
    others = [answer(0.9, right=True, app="good")] * 40
    odd = [answer(0.9, right=False, app="odd")] * 40
    judged = {one.answer.app: one.confidence for one in held_out([*others, *odd])}
    assert judged["odd"] > 0.9
    assert judged["good"] < 0.1


def test_the_error_is_the_distance_of_what_is_said_from_what_is() -> None:
    assert bins(said((1.0, True), (0.9375, False), (0.25, False))) == [
        Bin(n=1, confidence=0.25, right=0.0),
        Bin(n=2, confidence=0.96875, right=0.5),
    ]
    assert ece(said((0.75, True), (0.75, False))) == 0.25
    assert ece([]) == 0.0


def test_a_bound_lets_through_what_is_as_sure() -> None:
    point = bound_point(said((0.9, True), (0.8, False), (0.5, True)), 0.8, {"text": 4})
    assert (point.n, point.wrong, point.rate, point.recall) == (2, 1, 0.5, {"text": 0.25})


def test_the_chosen_bound_is_the_lowest_with_at_most_one_wrong_in_a_hundred() -> None:
    good = [answer(0.9, right=True, app=f"{number % 10}") for number in range(300)]
    poor = [answer(0.2, right=number % 4 == 0, app=f"{number % 10}") for number in range(80)]
    found = calibration_summary([*good, *poor], {"text": 400})
    assert found.unbounded.wrong == 60
    assert found.chosen is not None
    assert (found.chosen.n, found.chosen.wrong, found.chosen.recall) == (300, 0, {"text": 0.75})


def test_the_diagram_shows_both_series_and_the_bounds() -> None:
    known = boastful(40)
    before, after = judged_by(known, {}), judged_by(known, {"name": Weights(bias=-5, score=6)})
    drawn = diagram(before, after, calibration_summary(known, {"text": 80, "icon": 5}))
    colours = {colour for _, colour in drawn.getcolors(10**6) or ()}
    assert {(36, 132, 255), (245, 146, 0), (20, 160, 90)} <= colours


def test_a_control_bears_its_label_only_if_that_is_close_to_it() -> None:
    def signs(tie: float) -> Signs:
        found = Candidate(PixelBox(0, 0, 50, 20), "Encoding", Evidence(name=0.98, tie=tie), "field")
        return signs_of(parse("change the 'Encoding' setting"), found)

    assert (signs(1.0).exact, signs(0.85).exact, signs(0.7).exact) == (1, 1, 0)
    assert confidence(signs(1.0), "field") > confidence(signs(0.7), "field") + 0.05


@pytest.mark.parametrize(
    ("said", "text", "exact", "renamed", "label"),
    [
        ("click Save", "Save", 1, 0, 0),
        ("click 'Save'", "Save…", 1, 0, 0),
        ("the Save button", "Save as", 0, 1, 0),
        ("press the 'M-' key", "M+", 0, 1, 0),
        ("show the transactions", "Transactions", 0, 0, 0),
        ("type into the Name field", "Name", 1, 0, 1),
    ],
)
def test_a_name_to_the_letter_and_a_label_alone_are_signs(
    said: str, text: str, exact: float, renamed: float, label: float
) -> None:
    best = Candidate(PixelBox(0, 0, 50, 20), text, Evidence(name=0.9), "text")
    signs = signs_of(parse(said), best)
    assert (signs.exact, signs.renamed, signs.label) == (exact, renamed, label)
