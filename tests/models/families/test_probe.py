"""A model that does not point as its family is said to is found out on three marks, before anything is clicked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from screenagent.fakes import ScriptedModel
from screenagent.geometry import Box
from screenagent.models.families import Family, all_families, family_named
from screenagent.models.families.probe import MARKS, SIZE, ProbeMark, WrongFamily, detect_family, prove_family
from screenagent.models.vision import Request
from screenagent.usage import Mode

Writes = Callable[[Box], str]


def in_thousandths(box: Box) -> str:
    return '{"bbox_2d": [%d, %d, %d, %d]}' % tuple(round(edge * 1000) for edge in edges(box))  # noqa: UP031


def in_fractions(box: Box) -> str:
    return "[{:.4f}, {:.4f}, {:.4f}, {:.4f}]".format(*edges(box))


def in_pixels(box: Box) -> str:
    left, top, right, bottom = box.pixels(SIZE)
    return f"Action: click(start_box='({(left + right) // 2},{(top + bottom) // 2})')"


def edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def asked_for(request: Request) -> ProbeMark:
    return next(mark for mark in MARKS if mark.target in request.text)


def pointing(write: Writes) -> ScriptedModel:
    return ScriptedModel(lambda request, mode: write(asked_for(request).box))


@pytest.mark.parametrize(
    ("family", "write"), [("phi4", in_fractions), ("qwen3", in_thousandths), ("ui-tars-1.5", in_pixels)]
)
def test_a_model_that_points_as_its_family_does_is_proven_in_six_questions(family: str, write: Writes) -> None:
    model = pointing(write)
    prove_family(model, family_named(family))
    assert [grammar is not None for _, _, grammar in model.asked] == [False] * 3 + [True] * 3
    assert len({request.pictures[0].digest for request, _, _ in model.asked}) == 1


@pytest.mark.parametrize(
    ("family", "write", "fits"),
    [("phi4", in_thousandths, "qwen3"), ("qwen3", in_fractions, "phi4"), ("qwen3", in_pixels, "ui-tars-1.5")],
)
def test_a_mismatch_names_the_family_that_would_fit(family: str, write: Writes, fits: str) -> None:
    with pytest.raises(WrongFamily, match=f"correct for {fits};"):
        prove_family(pointing(write), family_named(family))


def test_swapped_axes_fit_no_family_by_chance() -> None:
    swapped = lambda box: in_fractions(Box(left=box.top, top=box.left, right=box.bottom, bottom=box.right))  # noqa: E731
    with pytest.raises(WrongFamily, match="not a place on that button"):
        prove_family(pointing(swapped), family_named("phi4"))


def test_a_form_that_bends_the_answer_is_found_out() -> None:
    """Held to fractions, a model that counts otherwise prints plausible ones."""

    def bent(request: Request, mode: Mode) -> str:
        return in_fractions(asked_for(request).box) if len(model.asked) <= 3 else "[0.1, 0.1, 0.2, 0.2]"

    model = ScriptedModel(bent)
    with pytest.raises(WrongFamily, match="constrained to its format"):
        prove_family(model, family_named("phi4"))


@pytest.mark.parametrize(
    ("write", "found"), [(in_fractions, "phi4"), (in_thousandths, "qwen3"), (in_pixels, "ui-tars-1.5")]
)
def test_an_unknown_model_is_of_the_family_as_which_it_points(write: Writes, found: str) -> None:
    model = pointing(write)
    families: list[Family] = [family_named(name) for name in ("phi4", "qwen3", "ui-tars-1.5")]
    assert detect_family((family, model) for family in families).name == found


def test_a_model_that_points_as_none_does_is_of_no_family() -> None:
    model = ScriptedModel(lambda request, mode: "I would click the button.")
    with pytest.raises(WrongFamily, match=r"like any known family.*I would click"):
        detect_family((family, model) for family in all_families().values())
