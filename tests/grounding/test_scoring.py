from __future__ import annotations

from screenagent.geometry import PixelBox
from screenagent.grounding.scoring import Candidate, Evidence, Neighbour, explain

RECT = PixelBox(10, 10, 50, 30)


def test_a_score_is_the_product_of_the_evidence() -> None:
    evidence = Evidence(
        name=0.9, tie=0.8, role=0.7, headline=0.95, text_kind=0.85, rival=0.5,
        neighbours=(Neighbour("right", "Name", 0.6), Neighbour("near", "Age", 0.4)), place=0.3,
    )  # fmt: skip
    expected = 0.9 * 0.8 * (0.7 * 0.95) * 0.85 * 0.5 * 0.6 * 0.4 * 0.3
    assert Candidate(RECT, "Save", evidence, "text").score == expected


def test_a_match_without_other_evidence_keeps_its_score() -> None:
    assert Candidate(RECT, "Save", Evidence(name=0.92), "text").score == 0.92


def test_an_explanation_names_each_factor_that_counts() -> None:
    evidence = Evidence(name=0.92, role=0.94, neighbours=(Neighbour("right", "Name", 1.0),), place=0.7)
    candidate = Candidate(RECT, "Save", evidence, "text")
    assert explain(candidate) == "name 0.92 · role ×0.94 · right of “Name” ×1.00 · place on the screen ×0.70"


def test_an_explanation_says_that_an_icon_matched() -> None:
    assert explain(Candidate(RECT, "save", Evidence(name=0.5, rival=0.85), "icon")) == (
        "icon 0.50 · a text fits, too ×0.85"
    )


def test_a_candidate_is_pointed_at_where_its_text_is_written() -> None:
    written = PixelBox(20, 12, 40, 28)
    assert Candidate(RECT, "Save", Evidence(name=1.0), "field", written).spot == written
    assert Candidate(RECT, "Save", Evidence(name=1.0), "text").spot == RECT
