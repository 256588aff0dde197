"""Loading: from a local folder, safetensors only, every tensor placed or left out on purpose, one tensor at a time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from screenagent.engine.config import CheckpointError, Config, Quant
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import SmallLinear, pack, prepare_quant

QUANT_FILE = "quantization.json"
VISION = "model.vision_tower.vision_tower.vision_model."
PLACES = {  # how a published name begins -> how ours does; the first that fits counts
    f"{VISION}embeddings.": "vision.embeddings.",
    f"{VISION}encoder.layers.": "vision.layers.",
    "model.mm_projector.": "projector.",
    "lm_head.": "language.lm_head.",
    "model.": "language.",
}


class Stored(NamedTuple):
    """Where a tensor lies and what its file's header says of it."""

    file: Path
    shape: tuple[int, ...]


def unused(config: Config) -> tuple[str, ...]:
    """How the names begin of tensors that are stored, but never read: the features are taken before them."""
    last = config.vision_config.layers_used
    return (f"{VISION}encoder.layers.{last}.", f"{VISION}post_layernorm.", f"{VISION}head.")


def place(name: str, config: Config) -> str | None:
    """Where in `Phi4` a published tensor goes; None if it is left out on purpose."""
    if name.startswith(unused(config)):
        return None
    for published, ours in PLACES.items():
        if name.startswith(published):
            return ours + name.removeprefix(published)
    raise CheckpointError(f"unknown tensor {name!r}: it has no place in this model")


def load_network(folder: Path, *, device: torch.device, dtype: torch.dtype, quant: Quant = "none") -> Phi4Network:
    """The model of the checkpoint in `folder`, checked against the files' headers before any weight is read. Weights
    are quantised as they come, one tensor at a time; a folder that holds them quantised is taken as it is."""
    config = Config.read(folder)
    stored_quant = quant_of(folder)
    if quant not in ("none", stored_quant) and stored_quant != "none":
        raise CheckpointError(f"{folder} holds {stored_quant} weights; {quant} ones can only be made of the originals")
    stored = headers(folder)
    model = Phi4Network(config, device=torch.device("meta"), dtype=dtype)
    prepare_quant(model, stored_quant)
    check_names(model, {name: tensor.shape for name, tensor in stored.items()})
    if stored_quant == "none":
        prepare_quant(model, quant)
    for name, tensor in tensors(stored, config):
        put(model, name, tensor, device=device, dtype=dtype)
    pack(model)
    return finished(model, device=device)


def quant_of(folder: Path) -> Quant:
    """How the weights in `folder` were quantised when they were saved."""
    path = folder / QUANT_FILE
    if not path.is_file():
        return "none"
    quant: Quant = json.loads(path.read_text())["quant"]
    return quant


def put(model: Phi4Network, name: str, tensor: Tensor, *, device: torch.device, dtype: torch.dtype) -> None:
    """A stored tensor to its place: quantised on the device if its layer is, in `dtype` unless it has its own."""
    owner = model.get_submodule(name.rpartition(".")[0])
    if isinstance(owner, SmallLinear):
        if name.endswith(".weight"):
            owner.take(tensor.to(device=device, dtype=dtype))
            return
        dtype = model.get_parameter(name).dtype
    assign(model, name, tensor.to(device=device, dtype=dtype, copy=True))


def quantize(source: Path, target: Path, *, quant: Quant, device: torch.device) -> None:
    """Write the checkpoint in `source` to `target` with quantised weights, shard by shard: in memory there is one
    tensor and one shard of small ones."""
    config = Config.read(source)
    if quant_of(source) != "none":
        raise CheckpointError(f"{source} is quantised already")
    stored = headers(source)
    model = Phi4Network(config, device=torch.device("meta"), dtype=torch.bfloat16)
    check_names(model, {name: tensor.shape for name, tensor in stored.items()})
    prepare_quant(model, quant)
    target.mkdir(parents=True, exist_ok=True)
    index: dict[str, str] = {}
    for file in sorted({tensor.file for tensor in stored.values()}):
        small = small_shard(model, {n: t for n, t in stored.items() if t.file == file}, device)
        save_file(small, target / file.name)
        index |= dict.fromkeys(small, file.name)
    (target / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    for name in ("config.json", "tokenizer.json", "chat_template.jinja"):
        shutil.copy(source / name, target / name)
    (target / QUANT_FILE).write_text(json.dumps({"quant": quant}))  # last: a folder without it is not finished


def small_shard(model: Phi4Network, stored: Mapping[str, Stored], device: torch.device) -> dict[str, Tensor]:
    """The tensors of one shard under their published names, quantised where their layer is; unused ones are left."""
    small: dict[str, Tensor] = {}
    published = {place(name, model.config): name for name in stored}
    for ours, tensor in tensors(stored, model.config):
        name = published[ours]
        owner = model.get_submodule(ours.rpartition(".")[0])
        if not isinstance(owner, SmallLinear):
            small[name] = tensor.clone()
            continue
        owner.take(tensor.to(device))
        for last, parameter in owner.named_parameters():
            small[f"{name.removesuffix('weight')}{last}"] = parameter.data.cpu()
        owner.to("meta")
    return small


def finished(model: Phi4Network, *, device: torch.device) -> Phi4Network:
    """What is computed and not stored comes to the device too."""
    for name, buffer in list(model.named_buffers()):
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, buffer.to(device))
    return model.eval().requires_grad_(False)


def check_names(model: Phi4Network, found: Mapping[str, tuple[int, ...]]) -> None:
    """Every parameter has exactly one stored tensor of its shape, and nothing is stored that has no use."""
    wanted = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    for name, shape in found.items():
        ours = place(name, model.config)
        if ours is None:
            continue
        if ours not in wanted:
            raise CheckpointError(f"unknown tensor {name!r}: it has no place in this model")
        expected = wanted.pop(ours)
        if shape != expected:
            raise CheckpointError(f"tensor {name!r} has shape {list(shape)}, config.json asks for {list(expected)}")
    if wanted:
        names = ", ".join(sorted(wanted)[:3])
        raise CheckpointError(f"{len(wanted)} tensors are missing, first of all {names}")


def headers(folder: Path) -> dict[str, Stored]:
    """What the shards say that they hold, which must be what the index says."""
    stored: dict[str, Stored] = {}
    index = shard_index(folder)
    for file in sorted(set(index.values())):
        for name, shape in header(folder / file).items():
            if index.get(name) != file:
                said = f"in {index[name]}" if name in index else "nowhere"
                raise CheckpointError(f"tensor {name!r} lies in {file}, but the index says {said}: shards are mixed up")
            stored[name] = Stored(folder / file, shape)
    for name, file in index.items():
        if name not in stored:
            raise CheckpointError(f"tensor {name!r} is missing from {file}, where the index says it is")
    return stored


def shard_index(folder: Path) -> dict[str, str]:
    """Tensor name -> file name."""
    path = folder / "model.safetensors.index.json"
    if not path.is_file():
        single = folder / "model.safetensors"
        if not single.is_file():
            raise CheckpointError(f"no model.safetensors.index.json and no model.safetensors in {folder}")
        return dict.fromkeys(header(single), single.name)
    try:
        files: dict[str, Any] = json.loads(path.read_text())["weight_map"]
    except (ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is not an index of safetensors files: {error}") from None
    for file in sorted(set(files.values())):
        if Path(file).name != file or not file.endswith(".safetensors"):
            raise CheckpointError(f"{path} names {file!r}, which is no safetensors file of its own folder")
        if not (folder / file).is_file():
            raise CheckpointError(f"{file} is missing from {folder}, although the index names it; download it again")
    return files


def header(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, framework="pt") as shard:
            return {name: tuple(shard.get_slice(name).get_shape()) for name in shard.keys()}  # noqa: SIM118 -- no dict
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is truncated or no safetensors file: {error}; download it again") from None


def tensors(stored: Mapping[str, Stored], config: Config) -> Iterator[tuple[str, Tensor]]:
    """Our names with their tensors, views of a mapped file that is unmapped when its last tensor is placed."""
    for file in sorted({tensor.file for tensor in stored.values()}):
        with safe_open(file, framework="pt") as shard:
            for name in sorted(name for name, tensor in stored.items() if tensor.file == file):
                ours = place(name, config)
                if ours is not None:
                    yield ours, shard.get_tensor(name)


def assign(model: nn.Module, name: str, tensor: Tensor) -> None:
    owner, _, last = name.rpartition(".")
    setattr(model.get_submodule(owner), last, nn.Parameter(tensor, requires_grad=False))
