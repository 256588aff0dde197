from __future__ import annotations

from pathlib import Path

import pytest
import torch

from screenagent.bench.model import (
    BEFORE_PICTURE,
    ModelSummary,
    Setup,
    model_screen,
    prefill_flops,
    preprocess_ms,
    run_model,
    step_bytes,
    transformers_preprocess,
    vision_flops,
    widths,
)
from screenagent.engine.config import published_config
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineTurn
from screenagent.engine.model import Phi4Network
from screenagent.engine.synthetic import TINY, random_chat, random_model

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def summary(tiny: Path) -> ModelSummary:
    return run_model(Setup(CPU, torch.float32, checkpoint=tiny, rounds=1), progress=lambda _: None)


def test_it_counts_the_forwards_of_a_box(summary: ModelSummary) -> None:
    assert (summary.forwards_3_decimals, summary.forwards_4_decimals, summary.plain_forwards_4_decimals) == (3, 7, 24)


def test_the_next_question_computes_no_picture(summary: ModelSummary) -> None:
    assert summary.next_question_positions <= 60


def test_nothing_is_faster_than_its_floor(summary: ModelSummary) -> None:
    assert 0 < summary.next_floor_ms < summary.next_ms
    assert 0 < summary.first_floor_ms < summary.first_ms


def test_preprocessing_gives_the_patches_of_transformers_in_a_fifth_of_its_time() -> None:
    """Side by side, since other work on the machine slows both."""
    theirs = transformers_preprocess(times=5)
    assert theirs is not None
    assert theirs.same
    assert preprocess_ms(times=11) < theirs.ms / 5


def test_the_floors_arithmetic_is_that_of_the_published_sizes() -> None:
    """Counted apart from this code: 4.41 + 0.23 and 117.8 TFLOP, 28.29 GB a step without keys and values."""
    assert vision_flops(published_config(), 3600) / 1e12 == pytest.approx(4.41 + 0.23, abs=0.02)
    assert prefill_flops(published_config(), 4072, 0) / 1e12 == pytest.approx(117.8, abs=0.1)
    model = Phi4Network(published_config(), device=torch.device("meta"), dtype=torch.bfloat16)
    assert step_bytes(model, 0) / 1e9 == pytest.approx(28.29, abs=0.01)


def test_a_random_model_has_a_prompt_of_the_published_length() -> None:
    engine = Engine(random_model(TINY, device=CPU, dtype=torch.float32), random_chat(before_picture=BEFORE_PICTURE))
    prompt, _ = engine.prompt(
        (EngineTurn("user", "x", (model_screen(1),)),), mode="nothink", budget=DecodeBudget(answer=1)
    )
    assert len(prompt.segments[0]) == BEFORE_PICTURE


def test_fewer_layers_keep_the_published_widths() -> None:
    fewer = widths(2)
    assert (fewer.num_hidden_layers, fewer.vision_config.layers_used, fewer.hidden_size) == (2, 2, 5120)
    assert widths(40) == published_config()
