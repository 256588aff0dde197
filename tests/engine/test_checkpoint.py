from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from screenagent.engine import synthetic
from screenagent.engine.checkpoint import VISION, check_names, load_network, place
from screenagent.engine.config import CheckpointError, Config, published_config
from screenagent.engine.model import Phi4Network

CPU = torch.device("cpu")
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def load_tiny(folder: Path) -> Phi4Network:
    return load_network(folder, device=CPU, dtype=torch.float32)


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A tiny checkpoint to damage."""
    return Path(shutil.copytree(tiny, tmp_path / "checkpoint"))


def change_shard(folder: Path, file: str, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = load_file(folder / file)
    change(tensors)
    save_file(tensors, folder / file)


def change_json(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def without_tower(tensors: dict[str, torch.Tensor]) -> None:
    for name in [name for name in tensors if name.startswith(VISION)]:
        del tensors[name]


def test_every_stored_weight_arrives(tiny: Path) -> None:
    model = load_tiny(tiny)
    parameters = dict(model.named_parameters())
    stored = load_file(tiny / FIRST) | load_file(tiny / SECOND)
    for name, tensor in stored.items():
        ours = place(name, model.config)
        if ours is not None:
            assert torch.equal(parameters.pop(ours), tensor.float()), name
    assert not parameters


def test_the_published_names_load_strictly() -> None:
    model = Phi4Network(published_config(), device=torch.device("meta"), dtype=torch.bfloat16)
    names = synthetic.shapes(published_config())
    check_names(model, names)
    assert sum(parameter.numel() for parameter in model.parameters()) == 15_089_037_984


def test_the_real_names_and_shapes_load_strictly(published: Path) -> None:
    real = json.loads((published / "real_state_dict.json").read_text())["state_dict"]
    model = Phi4Network(published_config(), device=torch.device("meta"), dtype=torch.bfloat16)
    check_names(model, {name: tuple(shape) for name, shape in real.items()})
    unused = [name for name in real if place(name, published_config()) is None]
    assert (len(real), len(unused)) == (695, 695 - len(list(model.parameters())))
    assert {name.split(".")[4] for name in unused} == {"encoder", "post_layernorm", "head"}


def test_the_published_config_is_the_one_that_is_written_down(published: Path) -> None:
    raw = json.loads((published / "checkpoint" / "config.json").read_text())
    sizes = {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads"}
    same = set(Config.model_fields) - sizes - {"mm_hidden_size", "vision_config"}
    ours = published_config().model_dump()
    assert {key: raw[key] for key in same} == {key: ours[key] for key in same}


def test_a_shard_that_is_missing_is_named(copy: Path) -> None:
    (copy / SECOND).unlink()
    with pytest.raises(CheckpointError, match=SECOND):
        load_tiny(copy)


def test_a_truncated_shard_is_named(copy: Path) -> None:
    whole = (copy / FIRST).read_bytes()
    (copy / FIRST).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=rf"{FIRST} is truncated"):
        load_tiny(copy)


def test_a_missing_tensor_is_named(copy: Path) -> None:
    change_shard(copy, SECOND, lambda tensors: tensors.__delitem__(min(tensors)))
    with pytest.raises(CheckpointError, match="missing from model-00002"):
        load_tiny(copy)


def test_a_tensor_missing_from_shard_and_index_is_named(copy: Path) -> None:
    index = json.loads((copy / "model.safetensors.index.json").read_text())["weight_map"]
    change_shard(copy, index["lm_head.weight"], lambda tensors: tensors.__delitem__("lm_head.weight"))
    change_json(copy / "model.safetensors.index.json", lambda c: c["weight_map"].__delitem__("lm_head.weight"))
    with pytest.raises(CheckpointError, match=r"1 tensors are missing.*language.lm_head.weight"):
        load_tiny(copy)


def test_an_extra_tensor_is_named(copy: Path) -> None:
    change_shard(copy, FIRST, lambda tensors: tensors.update({"model.layers.99.extra": torch.zeros(1)}))
    change_json(
        copy / "model.safetensors.index.json", lambda c: c["weight_map"].update({"model.layers.99.extra": FIRST})
    )
    with pytest.raises(CheckpointError, match=r"'model\.layers\.99\.extra'"):
        load_tiny(copy)


def test_swapped_shards_are_mixed_up(copy: Path) -> None:
    (copy / FIRST).rename(copy / "aside")
    (copy / SECOND).rename(copy / FIRST)
    (copy / "aside").rename(copy / SECOND)
    with pytest.raises(CheckpointError, match="mixed up"):
        load_tiny(copy)


def test_a_tensor_of_another_shape_is_named_with_both(copy: Path) -> None:
    change_json(copy / "config.json", lambda config: config.update(intermediate_size=96))
    with pytest.raises(CheckpointError, match=r"shape \[\d+, \d+\], config.json asks for"):
        load_tiny(copy)


def test_an_index_that_points_outside_is_refused(copy: Path) -> None:
    change_json(
        copy / "model.safetensors.index.json",
        lambda c: c["weight_map"].update({"lm_head.weight": "../elsewhere.safetensors"}),
    )
    with pytest.raises(CheckpointError, match="own folder"):
        load_tiny(copy)


def test_pickled_weights_are_not_looked_at(copy: Path) -> None:
    for file in copy.glob("model*"):
        file.unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        load_tiny(copy)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "gelu"),
        ("rope_scaling", {"type": "longrope"}),
        ("tie_word_embeddings", True),
        ("model_type", "phi3"),
    ],
)
def test_a_config_that_needs_other_code_is_refused(copy: Path, key: str, value: object) -> None:
    change_json(copy / "config.json", lambda config: config.update({key: value}))
    with pytest.raises(CheckpointError, match=key):
        load_tiny(copy)


def test_a_folder_without_a_config_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        load_tiny(tmp_path)


def test_the_untuned_tower_cannot_come_in_from_elsewhere(copy: Path) -> None:
    """The published loader fills a tower that is not in the folder from the hub; here it is missing."""
    index = json.loads((copy / "model.safetensors.index.json").read_text())["weight_map"]
    for file in {FIRST, SECOND}:
        change_shard(copy, file, without_tower)
    change_json(
        copy / "model.safetensors.index.json",
        lambda c: c.update(weight_map={n: f for n, f in index.items() if not n.startswith(VISION)}),
    )
    with pytest.raises(CheckpointError, match=r"missing.*vision\."):
        load_tiny(copy)


LOADING = """
import resource, sys, torch
from pathlib import Path
from screenagent.engine.checkpoint import load_network

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = load_network(Path(sys.argv[1]), device=torch.device("cpu"), dtype=torch.bfloat16)
weights = sum(parameter.nbytes for parameter in model.parameters())
print(weights, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_loading_never_holds_a_second_copy_of_the_weights(tmp_path: Path) -> None:
    """At its peak the process holds the weights and the one shard that is read."""
    wide = synthetic.TINY.model_copy(update={"hidden_size": 768, "intermediate_size": 4096, "num_hidden_layers": 6})
    folder = synthetic.write(tmp_path / "wide", config=wide, shards=6)
    largest = max(file.stat().st_size for file in folder.glob("*.safetensors"))
    loaded = subprocess.run([sys.executable, "-c", LOADING, folder], capture_output=True, text=True, check=True)
    weights, grown = map(int, loaded.stdout.split())
    assert weights > 100e6
    assert grown < weights + largest + 20e6
