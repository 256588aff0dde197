from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from screenagent.engine import synthetic
from screenagent.engine.checkpoint import load_network, quantize
from screenagent.engine.config import CheckpointError, Quant, published_config
from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import Engine, EngineText, EngineTurn
from screenagent.engine.grammar import numbers
from screenagent.engine.memory import weight_bytes
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import KINDS, prepare_quant
from tests.engine.pictures import pattern

CPU = torch.device("cpu")
WIDE = synthetic.TINY.model_copy(update={"hidden_size": 256, "intermediate_size": 512})
QUANTS: tuple[Quant, ...] = ("int8", "fp8", "int4")


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("wide"), config=WIDE)


def answer(engine: Engine) -> str:
    turn = EngineTurn("user", "Where?", (pattern(320, 200, 5),))
    replied = engine.reply((turn,), mode="nothink", grammar=numbers(4), budget=DecodeBudget(answer=40))
    return "".join(said.text for said in replied if isinstance(said, EngineText))


@pytest.mark.parametrize(("quant", "error"), [("int8", 0.02), ("fp8", 0.06), ("int4", 0.15)])
@pytest.mark.parametrize("rows", [1, 8, 100])
def test_a_quantised_layer_stays_close(quant: Quant, error: float, rows: int) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(512, 256, bias=False, dtype=torch.bfloat16).requires_grad_(False)
    x = torch.randn(rows, 512, dtype=torch.bfloat16)
    small = KINDS[quant](linear)
    small.take(linear.weight)
    small.pack()
    exact = linear(x).float()
    assert (small(x).float() - exact).norm() / exact.norm() < error


@pytest.mark.parametrize("quant", QUANTS)
def test_a_checkpoint_quantised_while_loading_answers_like_one_saved_quantised(
    wide: Path, tmp_path: Path, quant: Quant
) -> None:
    quantize(wide, tmp_path / quant, quant=quant, device=CPU)
    loaded = Engine.load(wide, device=CPU, dtype=torch.bfloat16, quant=quant)
    saved = Engine.load(tmp_path / quant, device=CPU, dtype=torch.bfloat16)
    assert answer(loaded) == answer(saved)
    assert weight_bytes(loaded.model) == weight_bytes(saved.model)
    assert answer(saved).count(",") == 3


@pytest.mark.parametrize("quant", QUANTS)
def test_a_quantised_checkpoint_is_smaller_on_disk_and_keeps_published_names(
    wide: Path, tmp_path: Path, quant: Quant
) -> None:
    quantize(wide, tmp_path / quant, quant=quant, device=CPU)
    names = json.loads((tmp_path / quant / "model.safetensors.index.json").read_text())["weight_map"]
    assert "model.layers.0.mlp.down_proj.quantized" in names
    assert "model.layers.0.mlp.down_proj.weight" not in names
    assert size(tmp_path / quant) < size(wide)


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def test_another_quantisation_of_quantised_weights_is_refused(wide: Path, tmp_path: Path) -> None:
    quantize(wide, tmp_path / "small", quant="int8", device=CPU)
    with pytest.raises(CheckpointError, match="holds int8 weights"):
        load_network(tmp_path / "small", device=CPU, dtype=torch.bfloat16, quant="int4")
    with pytest.raises(CheckpointError, match="quantised already"):
        quantize(tmp_path / "small", tmp_path / "smaller", quant="int4", device=CPU)


def test_int4_refuses_widths_that_its_groups_do_not_divide(tiny: Path) -> None:
    with pytest.raises(CheckpointError, match="multiples of 128"):
        load_network(tiny, device=CPU, dtype=torch.bfloat16, quant="int4")


@pytest.mark.parametrize(("quant", "most"), [("none", 30.3), ("int8", 16.7), ("fp8", 16.7), ("int4", 10.3)])
def test_the_published_sizes_take_so_many_gigabytes(quant: Quant, most: float) -> None:
    model = Phi4Network(published_config(), device=torch.device("meta"), dtype=torch.bfloat16)
    prepare_quant(model, quant)
    assert most - 0.3 < weight_bytes(model) / 1e9 < most
