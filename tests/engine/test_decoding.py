from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from screenagent.engine.decoding import DecodeBudget, Sampling
from screenagent.engine.engine import Engine, EngineEnd, EngineText, EngineTurn
from screenagent.engine.grammar import NUMBERS, GrammarError, TokenGrammar, numbers
from tests.engine.pictures import pattern
from tests.engine.spelling import SpellingHead

QUESTION = (EngineTurn("user", "Where is it?", (pattern(320, 200, 5),)),)
PLAN = {
    "type": "object",
    "properties": {"action": {"enum": ["click", "type"]}, "at": {"type": "integer"}},
    "required": ["action", "at"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture
def slow(engine: Engine) -> Iterator[Engine]:
    """The same engine, one forward a token."""
    engine.settings = replace(engine.settings, fast=False)
    yield engine
    engine.settings = replace(engine.settings, fast=True)


def tokens(engine: Engine, grammar: TokenGrammar | None, **asked: object) -> list[int]:
    reply = engine.reply(QUESTION, grammar=grammar, **asked)  # type: ignore[arg-type]
    return [said.token for said in reply if isinstance(said, EngineText)]


def spelled(engine: Engine, answer: str, grammar: TokenGrammar) -> tuple[str, int]:
    """What comes out, and in how many forwards, when the model's head spells out `answer`."""
    chat, head = engine.chat, engine.model.language.lm_head
    prompt, _ = engine.prompt(QUESTION, mode="nothink", budget=DecodeBudget())
    ids = [*chat.encode_plain(answer), chat.special.end]
    vocab_size = engine.model.config.vocab_size
    try:
        engine.model.language.lm_head = SpellingHead(engine.cache, prompt.length, ids, vocab_size)  # type: ignore[assignment]
        *said, ended = engine.reply(QUESTION, mode="nothink", grammar=grammar)
    finally:
        engine.model.language.lm_head = head
    assert isinstance(ended, EngineEnd)
    return "".join(piece.text for piece in said if isinstance(piece, EngineText)), ended.cost.forwards


BOX = numbers(4)
THREE = numbers(4, decimals=(3, 3))
FOUR = numbers(4, decimals=(4, 4))


@pytest.mark.parametrize(
    ("answer", "grammar", "forwards"),
    [
        ("[0.174, 0.868, 0.224, 0.977]", THREE, 3),
        ("[0.1740, 0.8680, 0.2240, 0.9770]", FOUR, 7),
        ("[0.1740, 0.8680, 0.2240, 0.9770]", BOX, 7),
        # Whether a digit follows the last number's three has to be looked at, where the grammar leaves it open.
        ("[0.174, 0.868, 0.224, 0.977]", BOX, 4),
        ("[0.5, 0.17, 0.5, 0.25]", BOX, 4),
    ],
)
def test_a_box_takes_few_forwards(engine: Engine, answer: str, grammar: TokenGrammar, forwards: int) -> None:
    assert spelled(engine, answer, grammar) == (answer, forwards)


@pytest.mark.parametrize(
    ("answer", "forwards"),
    [
        ("[1.000, 0.868, 0.224, 0.977]", 4),
        ("[0.174, 1.000, 0.224, 0.977]", 4),
        ("[0.174, 0.868, 1.000, 0.977]", 4),
        ("[0.174, 0.868, 0.224, 1.000]", 4),
        ("[1.000, 1.000, 1.000, 1.000]", 7),
    ],
)
def test_each_leading_one_costs_one_more_forward(engine: Engine, answer: str, forwards: int) -> None:
    """The 0 was assumed. Any three digits may follow here, so that those after the 1 have to be looked for, too."""
    number = "[01][.][0-9]{3}"
    beyond_one = TokenGrammar.regex(rf"\[{number}, {number}, {number}, {number}\]", likely=NUMBERS)
    assert spelled(engine, answer, beyond_one) == (answer, forwards)


def test_what_follows_a_leading_one_is_forced_and_makes_up_for_it(engine: Engine) -> None:
    assert spelled(engine, "[0.174, 1.000, 0.224, 1.000]", THREE) == ("[0.174, 1.000, 0.224, 1.000]", 3)


@pytest.mark.parametrize(
    "answer", ["[0.1745, 0.868, 0.224, 0.977]", "[0.174, 0.8685, 0.224, 0.977]", "[0.174, 0.868, 0.2245, 0.977]"]
)
def test_each_fourth_digit_costs_one_more_forward(engine: Engine, answer: str) -> None:
    """The comma was assumed after three digits."""
    assert spelled(engine, answer, BOX) == (answer, 5)


def test_a_fourth_digit_of_the_last_number_takes_the_place_of_the_look_at_its_end(engine: Engine) -> None:
    assert spelled(engine, "[0.174, 0.868, 0.224, 0.9775]", BOX) == ("[0.174, 0.868, 0.224, 0.9775]", 4)


@pytest.mark.parametrize(
    ("answer", "grammar", "forwards"),
    [("[0.1740, 0.8680, 0.2240, 0.9770]", BOX, 24), ("[0.174, 0.868, 0.224, 0.977]", BOX, 20)],
)
def test_plain_decoding_takes_a_forward_a_token(
    slow: Engine, answer: str, grammar: TokenGrammar, forwards: int
) -> None:
    assert spelled(slow, answer, grammar) == (answer, forwards)


GRAMMARS = {
    "free": None,
    "box": BOX,
    "three decimals": THREE,
    "one number": numbers(1),
    "plan": TokenGrammar.json(PLAN),
    "long forced text": TokenGrammar.regex("(yes|no), because that is what the question asked for[.!]"),
}


SAMPLED = Sampling(temperature=1.5, top_p=0.9, seed=3)


@pytest.mark.parametrize("name", GRAMMARS)
@pytest.mark.parametrize(
    ("mode", "sampling"),
    [("think", Sampling()), ("nothink", Sampling()), ("auto", Sampling()), ("auto", SAMPLED)],
    ids=["think", "nothink", "auto", "auto, sampled"],
)
def test_fast_decoding_gives_the_tokens_of_plain_decoding(
    engine: Engine, name: str, mode: str, sampling: Sampling
) -> None:
    asked = {"mode": mode, "budget": DecodeBudget(thought=7, answer=36), "sampling": sampling}
    fast = tokens(engine, GRAMMARS[name], **asked)
    engine.settings = replace(engine.settings, fast=False)
    try:
        plain = tokens(engine, GRAMMARS[name], **asked)
    finally:
        engine.settings = replace(engine.settings, fast=True)
    assert fast == plain
    assert len(fast) > 5


def test_a_wrong_guess_leaves_no_trace_in_the_cache(engine: Engine) -> None:
    """The next question over the same keys and values gets what a fresh engine gives."""
    spelled(engine, "[0.5, 1.0, 0.1234, 0.25]", BOX)
    after = tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20))
    engine.cache.clear()
    assert after == tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20))


def parts(engine: Engine, grammar: TokenGrammar | None, budget: DecodeBudget) -> list[tuple[str, int]]:
    """How many tokens of thought and of answer came, in order."""
    found: list[tuple[str, int]] = []
    for said in engine.reply(QUESTION, mode="think", grammar=grammar, budget=budget):
        if isinstance(said, EngineText):
            same = found and found[-1][0] == said.part
            found[-1:] = [(said.part, found[-1][1] + 1)] if same else [*found[-1:], (said.part, 1)]
    return found


def test_at_its_budget_the_thought_is_closed_and_the_answer_begins(engine: Engine) -> None:
    assert parts(engine, None, DecodeBudget(thought=7, answer=5)) == [("thought", 7), ("answer", 5)]


def test_the_grammar_binds_the_answer_only(engine: Engine) -> None:
    reply = list(engine.reply(QUESTION, mode="think", grammar=TokenGrammar.regex("yes|no"), budget=DecodeBudget(9, 20)))
    thought = "".join(s.text for s in reply if isinstance(s, EngineText) and s.part == "thought")
    answer = "".join(s.text for s in reply if isinstance(s, EngineText) and s.part == "answer")
    assert answer in ("yes", "no")
    assert thought not in ("yes", "no")


def test_the_answers_budget_ends_it_and_says_so(engine: Engine) -> None:
    *said, ended = engine.reply(QUESTION, mode="nothink", budget=DecodeBudget(answer=6))
    assert isinstance(ended, EngineEnd)
    assert (len(said), ended.reason, ended.cost.answer_tokens) == (6, "length", 6)


def test_sampling_repeats_with_its_seed_and_differs_without(engine: Engine) -> None:
    def sample(seed: int) -> list[int]:
        sampling = Sampling(temperature=2.0, seed=seed)
        return tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20), sampling=sampling)

    assert sample(1) == sample(1) != sample(2)


def test_a_tiny_top_p_is_greedy(engine: Engine) -> None:
    greedy = tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20))
    sampling = Sampling(temperature=1.0, top_p=1e-6)
    assert tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20), sampling=sampling) == greedy


@pytest.mark.parametrize("sampling", [{"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_sampling_out_of_range_is_refused(sampling: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        Sampling(**sampling)  # type: ignore[arg-type]


@pytest.mark.parametrize("grammar", [TokenGrammar.regex("a["), TokenGrammar.json({"type": "no such type"})])
def test_a_grammar_that_cannot_be_compiled_is_refused_before_anything_runs(
    engine: Engine, grammar: TokenGrammar
) -> None:
    held = list(engine.cache.held)
    with pytest.raises(GrammarError):
        list(engine.reply((EngineTurn("user", "other", (Image.new("RGB", (64, 64)),)),), grammar=grammar))
    assert engine.cache.held == held


class Cancelled(Exception):
    pass


def test_cancelled_within_one_token(engine: Engine) -> None:
    said: list[EngineText] = []

    def check() -> None:
        if len(said) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        said.extend(
            piece for piece in engine.reply(QUESTION, mode="nothink", check=check) if isinstance(piece, EngineText)
        )
    assert len(said) == 3


@pytest.mark.parametrize("checks", [1, 3, 5, 8])
def test_a_prefill_is_cancelled_between_layers_and_the_next_reply_is_right(engine: Engine, checks: int) -> None:
    engine.cache.clear()
    wanted = tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20))
    engine.cache.clear()
    left = checks

    def check() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(engine.reply(QUESTION, mode="nothink", check=check))
    assert tokens(engine, None, mode="nothink", budget=DecodeBudget(answer=20)) == wanted


def test_one_reply_at_a_time(engine: Engine) -> None:
    first = engine.reply(QUESTION, mode="nothink")
    next(first)
    with pytest.raises(RuntimeError, match="busy"):
        next(engine.reply(QUESTION, mode="nothink"))
    first.close()  # type: ignore[attr-defined]
    assert next(engine.reply(QUESTION, mode="nothink"))
