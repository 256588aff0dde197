"""The engine on a graphics card answers as it does without one; skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from screenagent.engine.config import Quant
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineText, EngineTurn
from screenagent.engine.grammar import TokenGrammar, numbers
from screenagent.engine.quant import KINDS
from tests.engine.pictures import pattern

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

BOX = numbers(4, decimals=(3, 3))
CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """Float32 as on the CPU, else the last digit of a random model's box is a matter of rounding."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32 = before


def loaded(tiny: Path, device: torch.device) -> Engine:
    return Engine.load(tiny, device=device, dtype=torch.float32)


def answers(engine: Engine) -> list[list[int]]:
    """Two questions about one screen, one about the next, and one in free words."""
    first, other = pattern(1280, 720, 1), pattern(1280, 720, 2)
    boxes = [tokens(engine, text, shown, BOX) for text, shown in (("a", first), ("b", first), ("a", other))]
    return [*boxes, tokens(engine, "what is this?", other, None)]


def tokens(engine: Engine, text: str, shown: Image.Image, grammar: TokenGrammar | None) -> list[int]:
    turn = EngineTurn("user", text, (shown,))
    replied = engine.reply((turn,), mode="nothink", grammar=grammar, budget=DecodeBudget(answer=48))
    return [said.token for said in replied if isinstance(said, EngineText)]


def test_graphs_on_a_card_answer_as_the_cpu_does(tiny: Path) -> None:
    assert answers(loaded(tiny, CUDA)) == answers(loaded(tiny, CPU))


def test_the_fast_way_on_a_card_answers_as_the_plain_one(tiny: Path) -> None:
    engine = loaded(tiny, CUDA)
    fast = answers(engine)
    engine.settings = replace(engine.settings, fast=False)
    assert answers(engine) == fast


@pytest.mark.parametrize(("quant", "error"), [("int8", 0.02), ("fp8", 0.06), ("int4", 0.15)])
@pytest.mark.parametrize("rows", [1, 8, 100])
def test_a_quantised_layer_on_a_card_stays_close(quant: Quant, error: float, rows: int) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(512, 256, bias=False, dtype=torch.bfloat16, device=CUDA).requires_grad_(False)
    x = torch.randn(rows, 512, dtype=torch.bfloat16, device=CUDA)
    small = KINDS[quant](linear)
    small.take(linear.weight)
    small.pack()
    close = linear(x).float()
    assert (small(x).float() - close).norm() / close.norm() < error
