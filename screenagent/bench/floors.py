"""The least time that a question can take: its arithmetic at the measured rate, its bytes at the measured bandwidth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from screenagent.engine.cache import kv_bytes_per_token
from screenagent.engine.config import Config
from screenagent.engine.memory import weight_bytes
from screenagent.engine.model import Phi4Network


@dataclass(frozen=True)
class Machine:
    """What the device reaches in this very run."""

    flops: float  # a second, in matrix products of the model's precision
    bandwidth: float  # bytes a second

    @classmethod
    def measured(cls, device: torch.device, dtype: torch.dtype) -> Machine:
        gpu = device.type == "cuda"
        side = 8192 if gpu else 1536
        one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        product = fastest(lambda: one @ other, device)
        large = torch.empty((4 << 30) if gpu else (256 << 20), dtype=torch.uint8, device=device)
        target = torch.empty_like(large)
        copy = fastest(lambda: target.copy_(large), device)
        return cls(flops=2 * side**3 / product, bandwidth=2 * large.nbytes / copy)


def fastest(work: Callable[[], object], device: torch.device, *, times: int = 8) -> float:
    """Seconds."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - start)
    return best


def vision_flops(config: Config, patches: int) -> float:
    vision, width = config.vision_config, config.vision_config.hidden_size
    layer = 4 * width**2 + 2 * width * vision.intermediate_size
    embedding = vision.num_channels * vision.patch_size**2 * width
    projector = (width + config.hidden_size) * config.hidden_size
    attention = 2 * vision.layers_used * patches * width
    return 2.0 * patches * (vision.layers_used * layer + embedding + projector + attention)


def prefill_flops(config: Config, positions: int, past: int) -> float:
    heads = config.num_attention_heads * config.head_dim
    qkv = config.hidden_size * (heads + 2 * config.num_key_value_heads * config.head_dim)
    layer = qkv + heads * config.hidden_size + 3 * config.hidden_size * config.intermediate_size
    seen = past + positions / 2
    head = config.hidden_size * config.vocab_size
    return 2.0 * positions * config.num_hidden_layers * (layer + 2 * heads * seen) + 2.0 * head


def step_bytes(model: Phi4Network, length: int) -> float:
    """What one decode forward reads: all weights but the embeddings, and the keys and values."""
    language = model.language
    dtype = language.norm.weight.dtype
    read = weight_bytes(language) - weight_bytes(language.embed_tokens)
    return read + kv_bytes_per_token(model.config, dtype) * length


def question_floor(model: Phi4Network, machine: Machine, *, patches: int, new: int, past: int, forwards: int) -> float:
    """Seconds of a question that encodes `patches`, prefills `new` positions behind `past` ones and then decodes."""
    reading = step_bytes(model, past + new) / machine.bandwidth
    encode = vision_flops(model.config, patches) / machine.flops if patches else 0.0
    prefill = max(prefill_flops(model.config, new, past) / machine.flops, reading)
    return encode + prefill + forwards * reading
