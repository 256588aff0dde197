"""all-MiniLM-L6-v2 with its weights, without what a label does not need: 6 layers, 12 heads, a width of 384."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

LAYERS, HEADS, WIDTH = 6, 12, 384
POSITIONS = 64  # of the 512 that it was trained for


class Encoder(nn.Module):
    """From pieces (texts, length), padded by 0, to vectors (texts, WIDTH) of length 1: the mean of what is said of the
    pieces. `kept` are the pieces that stay, each in bytes with a scale of its own."""

    table: Tensor
    scales: Tensor
    places: Tensor

    def __init__(self, weights: Mapping[str, Tensor], kept: Sequence[int]) -> None:
        super().__init__()
        self._weights = {name.removeprefix("bert."): value for name, value in weights.items()}
        table = self._weights["embeddings.word_embeddings.weight"][torch.tensor(kept)]
        scales = table.abs().amax(1, keepdim=True) / 127
        self.register_buffer("scales", scales)
        self.register_buffer("table", (table / scales).round().to(torch.int8))
        places = self._weights["embeddings.position_embeddings.weight"][:POSITIONS]
        self.register_buffer("places", places + self._weights["embeddings.token_type_embeddings.weight"][0])
        self.normed = self.norm_of("embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer(self, f"encoder.layer.{number}.") for number in range(LAYERS))

    def forward(self, pieces: Tensor) -> Tensor:
        there = pieces != 0
        x = self.normed(self.table[pieces].float() * self.scales[pieces] + self.places[: pieces.shape[1]])
        ignored = (~there).float()[:, None, None] * -1e4
        for layer in self.layers:
            x = layer(x, ignored)
        counted = there.float()[..., None]
        return normalize((x * counted).sum(1) / counted.sum(1), dim=1)

    def linear(self, *names: str) -> nn.Linear:
        """One layer that computes what those of these names do, side by side."""
        weight = torch.cat([self._weights[f"{name}.weight"] for name in names])
        made = nn.Linear(weight.shape[1], weight.shape[0])
        made.weight.data, made.bias.data = weight, torch.cat([self._weights[f"{name}.bias"] for name in names])
        return made

    def norm_of(self, name: str) -> nn.LayerNorm:
        made = nn.LayerNorm(WIDTH, eps=1e-12)
        made.weight.data, made.bias.data = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return made


class Layer(nn.Module):
    def __init__(self, of: Encoder, name: str) -> None:
        super().__init__()
        self.looking = of.linear(*(f"{name}attention.self.{part}" for part in ("query", "key", "value")))
        self.seen = of.linear(f"{name}attention.output.dense")
        self.seen_norm = of.norm_of(f"{name}attention.output.LayerNorm")
        self.wide = of.linear(f"{name}intermediate.dense")
        self.narrow = of.linear(f"{name}output.dense")
        self.norm = of.norm_of(f"{name}output.LayerNorm")

    def forward(self, x: Tensor, ignored: Tensor) -> Tensor:
        texts, length, _ = x.shape
        split = self.looking(x).view(texts, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = split[0], split[1], split[2]
        share = (query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + ignored).softmax(-1)
        x = self.seen_norm(x + self.seen((share @ value).transpose(1, 2).reshape(texts, length, WIDTH)))
        said: Tensor = self.norm(x + self.narrow(gelu(self.wide(x))))
        return said
