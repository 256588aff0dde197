from __future__ import annotations

from pathlib import Path

import pytest
import torch

from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineEnd, EngineSettings, EngineText, EngineTurn
from screenagent.engine.grammar import TokenGrammar, numbers
from tests.engine.pictures import pattern

PICTURE = pattern(320, 200, 5)
CPU = torch.device("cpu")
FORCED = TokenGrammar.regex("(yes|no), because that is what the question asked for[.!]")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own compiler raises some


def load(tiny: Path, compiler: str | None) -> Engine:
    return Engine.load(tiny, device=CPU, dtype=torch.float32, settings=EngineSettings(compiler=compiler))


@pytest.fixture(scope="module")
def plain(tiny: Path) -> Engine:
    return load(tiny, None)


@pytest.fixture(scope="module")
def traced(tiny: Path) -> Engine:
    """At the compiled step's fixed shapes, but without the minutes that making machine code of each takes."""
    return load(tiny, "aot_eager")


def tokens(engine: Engine, text: str, grammar: TokenGrammar | None) -> list[int]:
    turn = EngineTurn("user", text, (PICTURE,))
    asked = engine.reply((turn,), mode="nothink", grammar=grammar, budget=DecodeBudget(answer=40))
    return [said.token for said in asked if isinstance(said, EngineText)]


@pytest.mark.parametrize(
    ("grammar", "length"),
    [(None, 5), (numbers(4), 5), (FORCED, 5), (None, 1000)],
    ids=["free", "box", "a forced text wider than the step", "beyond the first reach"],
)
def test_fixed_shapes_give_the_tokens_of_the_plain_step(
    traced: Engine, plain: Engine, grammar: TokenGrammar | None, length: int
) -> None:
    text = "x" * length
    assert tokens(traced, text, grammar) == tokens(plain, text, grammar)


def test_the_compiled_step_gives_the_tokens_of_the_plain_one(tiny: Path, plain: Engine) -> None:
    assert tokens(load(tiny, "inductor"), "Where?", numbers(4)) == tokens(plain, "Where?", numbers(4))


def test_what_fills_up_a_step_is_never_seen(traced: Engine, plain: Engine) -> None:
    """A further question reuses positions that lie before the filling, and gets what a fresh engine gives."""
    tokens(traced, "Where is it?", numbers(4))
    turn = EngineTurn("user", "And now?", (PICTURE,))
    *said, last = traced.reply((turn,), mode="nothink", budget=DecodeBudget(answer=12))
    assert isinstance(last, EngineEnd)
    assert last.cost.reused_positions > 200
    assert said == [*plain.reply((turn,), mode="nothink", budget=DecodeBudget(answer=12))][:-1]
