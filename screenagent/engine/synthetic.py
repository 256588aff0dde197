"""A checkpoint made from a seed, with a tokenizer and a template of our own: to test and to measure without weights."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from importlib import resources
from itertools import product
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import Tensor

from screenagent.engine.chat import Chat, ChatMessage
from screenagent.engine.checkpoint import PLACES, VISION, finished, put
from screenagent.engine.config import Config, Quant, VisionConfig, published_config
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import pack, prepare_quant

TINY = published_config().model_copy(
    update={
        "hidden_size": 32,
        "intermediate_size": 80,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 1408,
        "mm_hidden_size": 48,
        "vision_config": VisionConfig(hidden_size=48, intermediate_size=96, num_attention_heads=2, num_hidden_layers=3),
    }
)
MARKS = ("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|dummy_84|>", "<|dummy_85|>")
WORDS = ("<think>", "</think>")  # one token each, but text to the tokenizer


def template(instructions: str) -> str:
    return _data("synthetic_template.jinja").replace("INSTRUCTIONS", instructions)


def tokenizer_json() -> str:
    """Return a tokenizer with a token for each byte, number of up to three digits, and mark of the template."""
    numbers = ["".join(digits) for length in (2, 3) for digits in product("0123456789", repeat=length)]
    tokens = [*sorted(ByteLevel.alphabet()), *numbers]
    flags = ("lstrip", "rstrip", "special")
    added = [
        {"id": len(tokens) + number, "content": mark, "single_word": False, "normalized": False}
        | dict.fromkeys(flags, mark in MARKS)
        for number, mark in enumerate((*MARKS, *WORDS))
    ]
    tokenizer = yaml.safe_load(_data("synthetic_tokenizer.yaml"))
    tokenizer["added_tokens"] = added
    tokenizer["model"]["vocab"] = {token: number for number, token in enumerate(tokens)}
    tokenizer["model"]["merges"] = [f"{n[:cut]} {n[cut:]}" for n in numbers for cut in range(1, len(n))]
    return json.dumps(tokenizer)


def _data(name: str) -> str:
    return resources.files("screenagent.engine").joinpath(name).read_text("utf-8")


def published_name(ours: str) -> str:
    for published, place in PLACES.items():
        if ours.startswith(place) and (place != "language." or not ours.startswith("language.lm_head.")):
            return published + ours.removeprefix(place)
    raise ValueError(ours)


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Published names and shapes, those that are stored but never used among them."""
    model = Phi4Network(config, device=torch.device("meta"), dtype=torch.float32)
    used = {published_name(name): tuple(parameter.shape) for name, parameter in model.named_parameters()}
    first, last = f"{VISION}encoder.layers.0.", f"{VISION}encoder.layers.{config.vision_config.layers_used}."
    width = (config.vision_config.hidden_size,)
    return (
        used
        | {last + name.removeprefix(first): shape for name, shape in used.items() if name.startswith(first)}
        | {f"{VISION}post_layernorm.weight": width, f"{VISION}post_layernorm.bias": width}
        | {f"{VISION}head.probe": (1, 1, *width)}
    )


def random_tensor(name: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Large enough that leaving one out shows, small enough that signals neither vanish nor explode."""
    noise = torch.randn(shape, generator=generator)
    if "norm" in name and name.endswith("weight"):
        return 1 + 0.1 * noise
    if len(shape) == 1 or "embedding.weight" in name or "embed_tokens" in name:
        return 0.5 * noise
    return noise / math.sqrt(shape[-1])


def random_tensors(config: Config, seed: int) -> Iterator[tuple[str, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    for name, shape in shapes(config).items():
        yield name, random_tensor(name, shape, generator)


def write(
    folder: Path, *, config: Config = TINY, seed: int = 0, instructions: str = "Answer the question.", shards: int = 2
) -> Path:
    """A checkpoint laid out like the published one."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: tensor.to(torch.bfloat16) for name, tensor in random_tensors(config, seed)}
    names = list(stored)
    index: dict[str, str] = {}
    for number in range(shards):
        part = names[len(names) * number // shards : len(names) * (number + 1) // shards]
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        save_file({name: stored[name] for name in part}, folder / file)
        index |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "tokenizer.json").write_text(tokenizer_json())
    (folder / "chat_template.jinja").write_text(template(instructions))
    return folder


def random_model(
    config: Config, *, device: torch.device, dtype: torch.dtype, quant: Quant = "none", seed: int = 0
) -> Phi4Network:
    """Random weights straight on the device. One block of noise is laid out again and again: what is computed with
    them means nothing, and takes as long."""
    model = Phi4Network(config, device=torch.device("meta"), dtype=dtype)
    generator = torch.Generator().manual_seed(seed)
    block = torch.randn(1 << 20, generator=generator).to(device=device, dtype=dtype)
    parameters = list(model.named_parameters())
    prepare_quant(model, quant)
    for name, parameter in parameters:
        size = parameter.numel()
        noise = block.repeat(-(-size // len(block)))[:size].view(parameter.shape)
        noise /= math.sqrt(parameter.shape[-1])
        put(model, name, 1 + noise if name.endswith("norm.weight") else noise, device=device, dtype=dtype)
    pack(model)
    return finished(model, device=device)


def random_chat(*, before_picture: int) -> Chat:
    """A chat whose system prompt is so long that the first picture stands behind `before_picture` tokens."""
    opening = len(Chat(tokenizer_json(), template("")).prompt([ChatMessage("user", "")], mode="auto").segments[0])
    closing = len("assistant") + 3  # the end of the user's turn and the start of the answer's
    return Chat(tokenizer_json(), template("x" * (before_picture - (opening - closing))))
