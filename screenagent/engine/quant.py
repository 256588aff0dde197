"""Smaller weights for the layers of the language model: int8, fp8 or int4, by the kernels that torch itself brings.

The rest stays as it is: it is a tenth of the bytes, and pictures and token choice suffer most.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from screenagent.engine.config import CheckpointError, Quant
from screenagent.engine.model import Phi4Network

GROUP = 128  # inputs that share a scale in int4
TILE = 8  # outputs that a card's layout keeps together, of one group
MOST_ROWS = 32  # for which a card's int4 kernel is made; more are cheaper by weights unpacked on the way
PART = 4096  # outputs that are unpacked at a time
FP8 = torch.float8_e4m3fn


def parameter(*shape: int, like: nn.Linear, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape, device=like.weight.device, dtype=dtype), requires_grad=False)


class SmallLinear(nn.Module):
    """A linear layer without bias whose weights are quantised as they arrive."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features

    def take(self, weight: Tensor) -> None:  # (outputs, inputs)
        """Quantise `weight`, on its own device, and keep that."""
        raise NotImplementedError

    def pack(self) -> None:
        """Lay the stored form out as the device's kernel wants it."""


class Int8Linear(SmallLinear):
    """One scale an output."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear)
        self.quantized = parameter(self.out_features, self.in_features, like=linear, dtype=torch.int8)
        self.scale = parameter(self.out_features, like=linear, dtype=linear.weight.dtype)

    def take(self, weight: Tensor) -> None:
        scale = weight.abs().amax(1).float().clamp_min(1e-12) / 127
        self.quantized = frozen((weight / scale[:, None]).round().to(torch.int8))
        self.scale = frozen(scale.to(weight.dtype))

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu":
            return torch._weight_int8pack_mm(x, self.quantized, self.scale)
        return F.linear(x, self.quantized.to(x.dtype)) * self.scale


class Fp8Linear(SmallLinear):
    """One scale an output for the weights, one a row for what comes in: the product itself runs in fp8."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear)
        self.quantized = parameter(self.out_features, self.in_features, like=linear, dtype=FP8)
        self.scale = parameter(1, self.out_features, like=linear, dtype=torch.float32)

    def take(self, weight: Tensor) -> None:
        self.quantized, scale = map(frozen, to_fp8(weight))
        self.scale = frozen(scale.T.contiguous())

    def forward(self, x: Tensor) -> Tensor:
        quantized, scale = to_fp8(x)
        product = torch._scaled_mm(
            quantized, self.quantized.T, scale_a=scale, scale_b=self.scale, out_dtype=torch.bfloat16
        )
        return product.to(x.dtype)


def to_fp8(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The rows in fp8, and the scale of each: (rows, 1)."""
    scale = rows.abs().amax(1, keepdim=True).float().clamp_min(1e-12) / torch.finfo(FP8).max
    return (rows / scale).to(FP8), scale


class Int4Linear(SmallLinear):
    """A scale and a zero for every 128 inputs of an output; stored two to a byte, then laid out for the device."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(linear)
        if self.in_features % GROUP or self.out_features % 16:
            raise CheckpointError(f"int4 needs widths of multiples of {GROUP}, not {self.in_features}")
        groups = self.in_features // GROUP
        self.quantized = parameter(self.out_features, self.in_features // 2, like=linear, dtype=torch.uint8)
        self.scale_and_zero = parameter(groups, self.out_features, 2, like=linear, dtype=torch.bfloat16)

    def take(self, weight: Tensor) -> None:
        groups = weight.float().view(self.out_features, -1, GROUP)
        low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
        scale = ((high - low) / 15).clamp_min(1e-12)
        levels = ((groups - low) / scale).round().clamp(0, 15).to(torch.uint8).view(self.out_features, -1)
        both = torch.cat((scale, low + 8 * scale), -1)  # the kernels count levels from the eighth
        self.quantized = frozen(levels[:, ::2] << 4 | levels[:, 1::2])
        self.scale_and_zero = frozen(both.transpose(0, 1).contiguous().to(torch.bfloat16))

    def pack(self) -> None:
        if self.quantized.device.type == "cuda":
            self.quantized = frozen(torch.ops.aten._convert_weight_to_int4pack(self.quantized, 8))
        elif self.quantized.device.type == "cpu":
            levels = torch.stack((self.quantized >> 4, self.quantized & 15), -1).view(self.out_features, -1)
            self.quantized = frozen(torch.ops.aten._convert_weight_to_int4pack_for_cpu(levels.int(), 1))

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cuda" and len(x) > MOST_ROWS:
            return torch.cat([F.linear(x.bfloat16(), part) for part in self._parts()], -1).to(x.dtype)
        kernel = (
            torch.ops.aten._weight_int4pack_mm_for_cpu if x.device.type == "cpu" else torch.ops.aten._weight_int4pack_mm
        )
        product: Tensor = kernel(x.bfloat16(), self.quantized, GROUP, self.scale_and_zero)
        return product.to(x.dtype)

    def _parts(self) -> Iterator[Tensor]:
        """The weights from before they were packed for a card, some outputs at a time, so that few lie about."""
        scale, zero = self.scale_and_zero.transpose(0, 1)[..., None].unbind(2)  # (outputs, groups, 1) each
        order = packed_order(self.quantized.device)
        for start in range(0, self.out_features, PART):
            outputs = slice(start, start + PART)
            packed = self.quantized[start // TILE : (start + PART) // TILE]
            tiles = nibbles(packed)[..., order]
            levels = tiles.view(*tiles.shape[:2], TILE, GROUP).transpose(1, 2).flatten(0, 1)
            yield ((levels.bfloat16() - 8) * scale[outputs] + zero[outputs]).flatten(1)


def nibbles(packed: Tensor) -> Tensor:
    """(tiles down, tiles across, 32, 4) of a card's layout -> (tiles down, tiles across, TILE * GROUP) levels."""
    pairs = packed.view(torch.uint8).flatten(2)
    return torch.stack((pairs & 15, pairs >> 4), -1).flatten(2)


@cache
def packed_order(device: torch.device) -> Tensor:
    """Where in a packed tile each weight of it lies, (TILE * GROUP,): found by packing one whose levels are its own
    places, four bits at a time."""
    places = torch.arange(TILE * GROUP, device=device).view(TILE, GROUP)
    lies = torch.zeros(TILE * GROUP, dtype=torch.long, device=device)
    for bits in (0, 4, 8):
        levels = (places >> bits & 15).to(torch.uint8)
        packed = torch.ops.aten._convert_weight_to_int4pack(levels[:, ::2] << 4 | levels[:, 1::2], 8)
        lies += nibbles(packed).flatten().long() << bits
    return lies.argsort()


KINDS: dict[Quant, type[SmallLinear]] = {"int8": Int8Linear, "fp8": Fp8Linear, "int4": Int4Linear}


def frozen(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor, requires_grad=False)


def prepare_quant(model: Phi4Network, quant: Quant) -> None:
    """Put quantised layers, still empty, where the language model's linear layers stand."""
    if quant == "none":
        return
    for layer in model.language.layers:
        for part in (layer.self_attn, layer.mlp):
            assert isinstance(part, nn.Module)
            for name, linear in list(part.named_children()):
                if isinstance(linear, nn.Linear):
                    setattr(part, name, KINDS[quant](linear))


def pack(model: Phi4Network) -> None:
    for module in model.modules():
        if isinstance(module, SmallLinear):
            module.pack()
