"""What weights take, and which form of them fits into the memory that is free."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch
from torch import nn

from screenagent.engine.cache import kv_bytes_per_token
from screenagent.engine.config import Config, EngineError, Quant
from screenagent.engine.model import Phi4Network
from screenagent.engine.quant import prepare_quant

GB = 10**9
WORKSPACE = 3 * GB // 2  # what a prefill's chunk, the picture encoder and the driver's libraries take besides
FORMS: tuple[Quant, ...] = ("none", "fp8", "int8", "int4")  # the first that fits is taken


class TooLittleMemory(EngineError):
    """No form of the weights fits; the message says what would."""

    code = "too_little_memory"


@dataclass(frozen=True)
class Choice:
    """`line` is the one that the user reads before anything is loaded."""

    quant: Quant
    kept_bytes: int  # for the keys and values of pictures seen before
    line: str


def weight_bytes(module: nn.Module) -> int:
    return sum(parameter.nbytes for parameter in module.parameters())


def form_bytes(config: Config, quant: Quant) -> int:
    """Return what the weights take in this form."""
    model = Phi4Network(config, device=torch.device("meta"), dtype=torch.bfloat16)
    prepare_quant(model, quant)
    return weight_bytes(model)


def needed_bytes(config: Config, quant: Quant, *, positions: int) -> int:
    """Return the bytes of the weights, the cache of one sequence, and room to work."""
    return form_bytes(config, quant) + positions * kv_bytes_per_token(config, torch.bfloat16) + WORKSPACE


def runs_on(quant: Quant, capability: tuple[int, int] | None) -> bool:
    """Whether a CUDA card of this generation has the kernels; a CPU, without one, runs all."""
    if capability is None:
        return True
    oldest: dict[Quant, tuple[int, int]] = {"none": (7, 5), "fp8": (8, 9), "int8": (7, 5), "int4": (8, 0)}
    return capability >= oldest[quant]


def choose_form(
    free: int, config: Config, *, capability: tuple[int, int] | None, asked: Quant | None = None, positions: int = 8192
) -> Choice:
    """The largest form of the weights that fits into `free` bytes and runs on the device."""
    tried: dict[Quant, int] = {}
    for quant in (asked,) if asked else FORMS:
        tried[quant] = needed = needed_bytes(config, quant, positions=positions)
        if runs_on(quant, capability) and needed <= free:
            kept = min(4 * GB, (free - needed) // 2)
            return Choice(quant, kept, line(quant, needed, free, kept))
    raise TooLittleMemory(memory_refusal(tried, free, capability))


def line(quant: Quant, needed: int, free: int, kept: int) -> str:
    form = "the weights as they are" if quant == "none" else f"{quant} weights"
    return (
        f"{free / GB:.1f} GB are free: {form}, which with cache and work take {needed / GB:.1f} GB; "
        f"{kept / GB:.1f} GB are for pictures seen before"
    )


def memory_refusal(tried: dict[Quant, int], free: int, capability: tuple[int, int] | None) -> str:
    wanted = ", ".join(
        f"{'bf16' if quant == 'none' else quant} {needed / GB:.1f} GB"
        + ("" if runs_on(quant, capability) else " (not on this card)")
        for quant, needed in tried.items()
    )
    return (
        f"{free / GB:.1f} GB are free and the model needs more: {wanted}. Close what else uses the card, or run a GGUF "
        "of the model with llama.cpp, which can leave layers in host memory"
    )


def free_bytes(device: torch.device) -> int:
    """What is free at this moment, after the desktop and the browser have taken theirs."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return psutil.virtual_memory().available


def capability(device: torch.device) -> tuple[int, int] | None:
    return torch.cuda.get_device_capability(device) if device.type == "cuda" else None
