from __future__ import annotations

from pathlib import Path

import pytest
import torch

from screenagent.engine import decoding
from screenagent.engine.engine import Engine, EngineTurn
from screenagent.errors import WrongUsage
from screenagent.models.parsing import refuses
from screenagent.models.phi4 import Phi4, chosen_device, load_phi4
from screenagent.models.vision import (
    Finished,
    JsonSchema,
    Numbers,
    Refused,
    Regex,
    Request,
    TextChunk,
    TokenBudget,
    VisionModel,
)
from screenagent.screenshot import Screenshot
from tests.engine.pictures import pattern
from tests.engine.spelling import SpellingHead

SCREEN = Screenshot.of(pattern(320, 200, 5))
QUESTION = Request(text="Where is it?", pictures=(SCREEN,))


@pytest.fixture(scope="module")
def model(tiny: Path) -> Phi4:
    return Phi4(Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32))


def answer(model: VisionModel, request: Request = QUESTION, **asked: object) -> str:
    chunks = model.generate(request, **asked)  # type: ignore[arg-type]
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk) and chunk.part == "answer")


def test_it_is_a_vision_model_that_ends_with_what_it_cost(model: Phi4) -> None:
    *said, last = model.generate(QUESTION, mode="think", budget=TokenBudget(thought=4, answer=6))
    assert isinstance(last, Finished)
    assert (last.reason, last.usage.thought_tokens, last.usage.answer_tokens) == ("length", 4, 6)
    assert set(last.usage.seconds) == {"encode", "prefill", "decode"}
    assert {chunk.part for chunk in said if isinstance(chunk, TextChunk)} == {"thought", "answer"}


def test_a_box_is_always_well_formed(model: Phi4) -> None:
    text = answer(model, mode="nothink", grammar=Numbers(count=4))
    numbers = [float(number) for number in text.strip("[]").split(", ")]
    assert (len(numbers), text[0], text[-1]) == (4, "[", "]")


@pytest.mark.parametrize(
    ("grammar", "answers"),
    [(Regex(pattern="yes|no"), {"yes", "no"}), (JsonSchema(definition={"type": "boolean"}), {"true", "false"})],
)
def test_answers_keep_to_their_grammar(model: Phi4, grammar: Regex | JsonSchema, answers: set[str]) -> None:
    assert answer(model, mode="nothink", grammar=grammar) in answers


def test_several_pictures_are_seen(model: Phi4) -> None:
    *_, one = model.generate(QUESTION, mode="nothink", budget=TokenBudget(answer=1))
    two = Request(text="what changed?", pictures=(SCREEN, Screenshot.of(pattern(320, 200, 6))))
    *_, both = model.generate(two, mode="nothink", budget=TokenBudget(answer=1))
    assert isinstance(one, Finished)
    assert isinstance(both, Finished)
    assert both.usage.prompt_tokens > one.usage.prompt_tokens + 200


def test_a_refusal_is_no_answer(model: Phi4) -> None:
    engine = model.engine
    turn = EngineTurn("user", QUESTION.text, (SCREEN.pixels,))
    prompt, _ = engine.prompt((turn,), mode="nothink", budget=decoding.DecodeBudget())
    words = [*engine.chat.encode_plain("I'm sorry, but I can't help with that."), engine.chat.special.end]
    head = engine.model.language.lm_head
    try:
        engine.model.language.lm_head = SpellingHead(engine.cache, prompt.length, words, 1408)  # type: ignore[assignment]
        *_, last = model.generate(QUESTION, mode="nothink")
    finally:
        engine.model.language.lm_head = head
    assert isinstance(last, Refused)
    assert last.text == "I'm sorry, but I can't help with that."


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("I'm sorry, but I can't assist with that request.", True),
        ("I’m sorry, I cannot help.", True),
        ("I am unable to help with this.", True),
        ("I can't assist with that.", True),
        ("[0.1, 0.2, 0.3, 0.4]", False),
        ("The dialog says: I'm sorry.", False),
        ("I can see a dialog.", False),
        ("I can't tell the two apart, but the left one is larger.", False),
    ],
)
def test_refusals_are_told_from_answers(text: str, refusal: bool) -> None:
    assert refuses(text) is refusal


def test_it_loads_by_path_only() -> None:
    with pytest.raises(Exception, match=r"no config\.json"):
        load_phi4(Path("microsoft/Phi-4-reasoning-vision-15B"), device="cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without a GPU")
def test_without_a_gpu_asking_for_one_is_an_error_that_says_so() -> None:
    with pytest.raises(WrongUsage, match="no CUDA device"):
        chosen_device("cuda")
    assert chosen_device(None).type in ("cpu", "mps")
