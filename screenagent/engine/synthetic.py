"""A checkpoint made from a seed, with a tokenizer and a template of our own: to test and to measure without weights."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers.pre_tokenizers import ByteLevel
from torch import Tensor

from screenagent.engine.chat import Chat, ChatMessage
from screenagent.engine.checkpoint import PLACES, VISION, finished, put
from screenagent.engine.config import PUBLISHED, Config, Quant, VisionConfig
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import pack, prepare_quant

TINY = PUBLISHED.model_copy(
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
TEMPLATE = """<|im_start|>system<|im_sep|>{instructions}<|im_end|>
{{% for message in messages %}}
{{{{ '<|im_start|>' + message['role'] + '<|im_sep|>' + message['content'] + '<|im_end|>' }}}}
{{% endfor %}}
{{% if add_generation_prompt %}}
{{{{ '<|im_start|>assistant<|im_sep|>' }}}}
{{% endif %}}
"""
MARKS = ("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|dummy_84|>", "<|dummy_85|>")
WORDS = ("<think>", "</think>")  # one token each, but text to the tokenizer
# Letters, and what surrounds them, stay apart from digits; digits come in threes.
SPLIT = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def template(instructions: str) -> str:
    return TEMPLATE.format(instructions=instructions)


def tokenizer_json() -> str:
    """A token for each byte, for each number of up to three digits, and for each mark of the template."""
    digits = "0123456789"
    pairs = ["".join(pair) for pair in product(digits, repeat=2)]
    triples = ["".join(triple) for triple in product(digits, repeat=3)]
    tokens = [*sorted(ByteLevel.alphabet()), *pairs, *triples]
    added = [
        {
            "id": len(tokens) + number,
            "content": mark,
            "single_word": False,
            "lstrip": mark in MARKS,
            "rstrip": mark in MARKS,
            "normalized": False,
            "special": mark in MARKS,
        }
        for number, mark in enumerate((*MARKS, *WORDS))
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "vocab": {token: number for number, token in enumerate(tokens)},
        "merges": [f"{number[:cut]} {number[cut:]}" for number in (*pairs, *triples) for cut in range(1, len(number))],
    }
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": added,
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
            "post_processor": None,
            "decoder": byte_level,
            "model": model,
        }
    )


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
