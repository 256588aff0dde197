from __future__ import annotations

from pathlib import Path

import pytest
import torch

from screenagent.bench.screens import screens
from screenagent.bench.verify import VerifyReport, decimals, token_checks, valid, verify_weights
from screenagent.engine.chat import Chat
from screenagent.engine.engine import Engine, EngineSettings
from screenagent.engine.synthetic import template, tokenizer_json
from screenagent.geometry import Size
from screenagent.models.phi4 import Phi4
from screenagent.models.vision import TokenBudget


@pytest.fixture(scope="module")
def report(tiny: Path) -> VerifyReport:
    few = EngineSettings(largest_picture=256)
    engine = Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32, settings=few)
    model = Phi4(engine)
    forms = (("bf16", model), ("again", model))
    short = TokenBudget(thought=8, answer=10)
    return verify_weights(engine.chat, forms, where="a tiny checkpoint", count=3, budget=short)


def test_the_same_weights_agree_with_themselves(report: VerifyReport) -> None:
    first, again = report.forms
    assert (first.agreed, again.agreed, again.of) == (3, 3, 3)


def test_the_report_says_all_that_is_taken_for_granted(report: VerifyReport) -> None:
    text = str(report)
    assert text.startswith("model verify: a tiny checkpoint\n")
    for said in ("| bf16 |", "| again |", "token ids", "decimals printed", "plans valid", "refusals", "modes"):
        assert said in text


def test_random_weights_are_not_found_to_be_right(report: VerifyReport) -> None:
    """They hit a target by chance at most, and never close a thought."""
    assert report.forms[0].found <= 2
    assert report.forms[0].obeyed["think"] is False


def test_there_are_thirty_screens_each_with_its_target_on_it() -> None:
    shown = list(screens())
    assert len({screen.image.tobytes() for screen in shown}) == 30
    for screen in shown:
        size = Size(width=screen.image.width, height=screen.image.height)
        left, top, right, bottom = screen.box.pixels(size)
        inside = screen.image.crop((left, top, right, bottom))
        assert 10 < right - left < size.width / 2
        assert 10 < bottom - top < size.height / 3
        assert len(inside.getcolors(1 << 20) or ()) > 1


def test_the_screens_are_the_same_each_time() -> None:
    assert [s.image.tobytes() for s in screens(3)] == [s.image.tobytes() for s in screens(3)]


def test_decimals_are_counted_as_printed() -> None:
    assert decimals(["[0.174, 0.5, 1.0, 0.2240]", "nothing"]) == {3: 1, 1: 2, 4: 1}


@pytest.mark.parametrize(
    ("answer", "is_valid"),
    [('{"steps": [{"action": "click", "target": "x"}]}', True), ('{"steps": []}', False), ("{", False), ("[]", False)],
)
def test_a_plan_is_valid_or_not(answer: str, is_valid: bool) -> None:
    assert valid(answer) is is_valid


def test_a_wrong_tokenizer_shows() -> None:
    assert all(token_checks(Chat(tokenizer_json(), template("Answer."))).values())
    spaced = template("Answer.").replace("'<|im_sep|>' + message", "'<|im_sep|>x' + message")
    assert not all(token_checks(Chat(tokenizer_json(), spaced)).values())
