"""Loading: from a local folder, safetensors only, every tensor placed or left out on purpose, one tensor at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from screenagent.engine.config import CheckpointError, Config
from screenagent.engine.model import Phi4

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


def load(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Phi4:
    """The model of the checkpoint in `folder`, checked against the files' headers before any weight is read."""
    config = Config.read(folder)
    stored = headers(folder)
    model = Phi4(config, device=torch.device("meta"), dtype=dtype)
    check_names(model, {name: tensor.shape for name, tensor in stored.items()})
    for name, tensor in tensors(stored, config):
        assign(model, name, tensor.to(device=device, dtype=dtype, copy=True))
    return finished(model, device=device)


def finished(model: Phi4, *, device: torch.device) -> Phi4:
    """What is computed and not stored comes to the device too."""
    for name, buffer in list(model.named_buffers()):
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, buffer.to(device))
    return model.eval().requires_grad_(False)


def check_names(model: Phi4, found: Mapping[str, tuple[int, ...]]) -> None:
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
