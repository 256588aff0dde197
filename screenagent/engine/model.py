"""Phi-4-reasoning-vision from patches and token ids to logits, top to bottom, one sequence at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from screenagent.engine.config import Config, VisionConfig

Check = Callable[[], None]  # raises to leave a long computation; called between layers


def keep_going() -> None:
    """The check of a computation that nothing stops."""


class Factory(NamedTuple):
    """Where a module's parameters are made, and in which precision."""

    device: torch.device
    dtype: torch.dtype

    def linear(self, inputs: int, outputs: int, *, bias: bool) -> nn.Linear:
        return nn.Linear(inputs, outputs, bias=bias, device=self.device, dtype=self.dtype)

    def layer_norm(self, config: VisionConfig) -> nn.LayerNorm:
        return nn.LayerNorm(config.hidden_size, config.layer_norm_eps, device=self.device, dtype=self.dtype)


class VisionAttention(nn.Module):
    def __init__(self, config: VisionConfig, make: Factory) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.q_proj = make.linear(width, width, bias=True)
        self.k_proj = make.linear(width, width, bias=True)
        self.v_proj = make.linear(width, width, bias=True)
        self.out_proj = make.linear(width, width, bias=True)

    def forward(self, x: Tensor) -> Tensor:  # (patches, width)
        def split(y: Tensor) -> Tensor:
            return y.view(1, x.shape[0], self.heads, -1).transpose(1, 2)  # (1, heads, patches, head_dim)

        seen = F.scaled_dot_product_attention(split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x)))
        mixed: Tensor = self.out_proj(seen.transpose(1, 2).reshape(x.shape))
        return mixed


class VisionMlp(nn.Module):
    def __init__(self, config: VisionConfig, make: Factory) -> None:
        super().__init__()
        self.fc1 = make.linear(config.hidden_size, config.intermediate_size, bias=True)
        self.fc2 = make.linear(config.intermediate_size, config.hidden_size, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc2(F.gelu(self.fc1(x), approximate="tanh"))
        return y


class VisionLayer(nn.Module):
    def __init__(self, config: VisionConfig, make: Factory) -> None:
        super().__init__()
        self.layer_norm1 = make.layer_norm(config)
        self.self_attn = VisionAttention(config, make)
        self.layer_norm2 = make.layer_norm(config)
        self.mlp = VisionMlp(config, make)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))  # type: ignore[no-any-return]


class VisionEmbeddings(nn.Module):
    """Normalises uint8 patches by a table, so a picture travels to the device in a quarter of the bytes."""

    normalized: Tensor

    def __init__(self, config: VisionConfig, make: Factory) -> None:
        super().__init__()
        self.patch_embedding = make.linear(config.num_channels * config.patch_size**2, config.hidden_size, bias=True)
        self.position_embedding = nn.Embedding(
            config.num_patches, config.hidden_size, device=make.device, dtype=make.dtype
        )
        self.register_buffer("normalized", normalized_bytes(), persistent=False)

    def forward(self, patches: Tensor, high: int, wide: int) -> Tensor:  # (patches, 768) uint8
        pixels = self.normalized[patches.int()].to(self.patch_embedding.weight.dtype)  # (patches, 768)
        embedded: Tensor = self.patch_embedding(pixels)
        return embedded + self.positions(high, wide)

    def positions(self, high: int, wide: int) -> Tensor:
        """The position table stretched to the picture's grid, always in float32: it is small and sets every patch."""
        table = self.position_embedding.weight
        side = math.isqrt(table.shape[0])
        square = table.float().view(1, side, side, -1).permute(0, 3, 1, 2)  # (1, width, side, side)
        grid = F.interpolate(square, size=(high, wide), mode="bilinear", align_corners=False, antialias=True)
        return grid[0].flatten(1).T.to(table.dtype)  # (high * wide, width)


def normalized_bytes() -> Tensor:
    """What each of the 256 byte values becomes: the rounding of float64 to float32 stands between the two steps."""
    scaled = (torch.arange(256, dtype=torch.float64, device="cpu") * (1 / 255)).to(torch.float32)
    return (scaled - 0.5) / 0.5


class VisionTower(nn.Module):
    """Only what the features need: the checkpoint's last layer, final norm and pooling head are never run."""

    def __init__(self, config: VisionConfig, make: Factory) -> None:
        super().__init__()
        self.embeddings = VisionEmbeddings(config, make)
        self.layers = nn.ModuleList(VisionLayer(config, make) for _ in range(config.layers_used))

    def forward(self, patches: Tensor, high: int, wide: int, *, check: Check = keep_going) -> Tensor:
        x: Tensor = self.embeddings(patches, high, wide)  # (patches, width)
        for layer in self.layers:
            check()
            x = layer(x)
        return x


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float, make: Factory) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, device=make.device, dtype=make.dtype))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * y.to(x.dtype)


class Rotation(NamedTuple):
    """The turn of each position, in the model's precision."""

    cos: Tensor  # (positions, head_dim)
    sin: Tensor

    def __call__(self, x: Tensor) -> Tensor:  # (heads, positions, head_dim)
        first, second = x.chunk(2, -1)
        return x * self.cos + torch.cat((-second, first), -1) * self.sin


class LayerCache(NamedTuple):
    """One layer's keys and values, with room for the longest sequence."""

    keys: Tensor  # (kv_heads, capacity, head_dim)
    values: Tensor


class Attention(nn.Module):
    def __init__(self, config: Config, make: Factory) -> None:
        super().__init__()
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.head_dim
        rows = (self.heads + 2 * self.kv_heads) * self.head_dim
        self.qkv_proj = make.linear(config.hidden_size, rows, bias=False)
        self.o_proj = make.linear(self.heads * self.head_dim, config.hidden_size, bias=False)

    def forward(self, x: Tensor, rotate: Rotation, cache: LayerCache, at: Tensor, sees: Tensor | None) -> Tensor:
        heads = self.qkv_proj(x).view(x.shape[0], -1, self.head_dim).transpose(0, 1)  # (q, k, v heads; n; head_dim)
        q, k, v = heads.split([self.heads, self.kv_heads, self.kv_heads])
        q, k = rotate(q), rotate(k)
        cache.keys.index_copy_(1, at, k)
        cache.values.index_copy_(1, at, v)
        seen = attend_from_start(q, k, v) if sees is None else attend(q, cache, sees)
        mixed: Tensor = self.o_proj(seen.transpose(0, 1).reshape(x.shape[0], -1))
        return mixed


def attend_from_start(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Nothing stands before these positions, so no mask is built and the fastest kernels apply."""
    return F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]


def attend(q: Tensor, cache: LayerCache, sees: Tensor) -> Tensor:  # sees: (n, reach), which cached positions each sees
    """The heads that share keys become more queries of one head, so keys and values are read once and never copied."""
    (heads, n, _), reach, shared = q.shape, sees.shape[1], cache.keys.shape[0]
    group = heads // shared
    seen = F.scaled_dot_product_attention(
        q.reshape(1, shared, group * n, -1),
        cache.keys[None, :, :reach],
        cache.values[None, :, :reach],
        attn_mask=sees.repeat(group, 1),
    )
    return seen.reshape(heads, n, -1)


class Mlp(nn.Module):
    def __init__(self, config: Config, make: Factory) -> None:
        super().__init__()
        self.gate_up_proj = make.linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = make.linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up_proj(x).chunk(2, -1)
        y: Tensor = self.down_proj(up * F.silu(gate))
        return y


class Layer(nn.Module):
    def __init__(self, config: Config, make: Factory) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps, make)
        self.self_attn = Attention(config, make)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps, make)
        self.mlp = Mlp(config, make)

    def forward(self, x: Tensor, rotate: Rotation, cache: LayerCache, at: Tensor, sees: Tensor | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotate, cache, at, sees)
        return x + self.mlp(self.post_attention_layernorm(x))  # type: ignore[no-any-return]


class LanguageModel(nn.Module):
    frequencies: Tensor

    def __init__(self, config: Config, make: Factory) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, device=make.device, dtype=make.dtype)
        self.layers = nn.ModuleList(Layer(config, make) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps, make)
        self.lm_head = make.linear(config.hidden_size, config.vocab_size, bias=False)
        self.register_buffer("frequencies", rope_frequencies(config), persistent=False)

    def forward(
        self, x: Tensor, cache: list[LayerCache], at: Tensor, sees: Tensor | None, *, check: Check = keep_going
    ) -> Tensor:
        """Write positions `at` into the cache and return their features. `sees` None: they are the sequence's first."""
        rotate = self.rotation(at, x.dtype)
        for layer, layer_cache in zip(self.layers, cache, strict=True):
            check()
            x = layer(x, rotate, layer_cache, at, sees)  # (n, width)
        return x

    def logits(self, x: Tensor) -> Tensor:  # (n, width) -> (n, vocabulary) in float32
        y: Tensor = self.lm_head(self.norm(x))
        return y.float()

    def rotation(self, at: Tensor, dtype: torch.dtype) -> Rotation:
        angles = at[:, None].float() * self.frequencies  # (n, head_dim / 2)
        turned = torch.cat((angles, angles), -1)
        return Rotation(turned.cos().to(dtype), turned.sin().to(dtype))


def rope_frequencies(config: Config) -> Tensor:
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.int64, device="cpu").float() / config.head_dim
    return 1.0 / config.rope_theta**exponents


class Phi4Network(nn.Module):
    """`vision` and `projector` turn a picture into vectors that stand among the token embeddings of `language`."""

    def __init__(self, config: Config, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        make = Factory(device, dtype)
        self.config = config
        self.vision = VisionTower(config.vision_config, make)
        self.projector = nn.Sequential(
            make.linear(config.mm_hidden_size, config.hidden_size, bias=True),
            nn.GELU(),  # the exact one, unlike the encoder's
            make.linear(config.hidden_size, config.hidden_size, bias=True),
        )
        self.language = LanguageModel(config, make)

    def picture(self, patches: Tensor, high: int, wide: int, *, check: Check = keep_going) -> Tensor:
        """The vectors of a picture in row order, one a patch, as many as there are: never padded."""
        x: Tensor = self.projector(self.vision(patches, high, wide, check=check))  # (patches, width)
        return x
