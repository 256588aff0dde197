"""The icon encoder, and the word vectors that it learns to meet."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

WIDTH = 384
"""Of the space in which icons and words meet."""


def _conv(from_: int, to: int, *, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(from_, to, size, stride, size // 2, bias=False), nn.BatchNorm2d(to))


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _conv(width, width), _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return relu(x + self.second(relu(self.first(x), inplace=True)), inplace=True)


class IconNet(nn.Module):
    """(icons, 4, 32, 32) -> (icons, WIDTH), of length 1."""

    def __init__(self, widths: tuple[int, int, int] = (48, 128, 288)) -> None:
        super().__init__()
        small, middle, large = widths
        self.trunk = nn.Sequential(
            *(_conv(4, small, size=5, stride=2), nn.ReLU(inplace=True), Residual(small)),
            *(_conv(small, middle, stride=2), nn.ReLU(inplace=True), Residual(middle)),
            *(_conv(middle, large, stride=2), nn.ReLU(inplace=True), Residual(large)),
        )
        self.norm = nn.BatchNorm1d(2 * large)
        self.head = nn.Linear(2 * large, WIDTH)

    def forward(self, icons: Tensor) -> Tensor:
        seen = self.trunk(icons)
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)
        return normalize(self.head(self.norm(pooled)), dim=1)


class Words(nn.Module):
    """A text is the sum of its words' vectors: a word that says little has a short one. The row after the last word is
    none, and stays zero."""

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        none = torch.zeros(1, vectors.shape[1])
        self.table = nn.EmbeddingBag.from_pretrained(
            torch.cat([vectors, none]), mode="sum", freeze=False, padding_idx=len(vectors)
        )
        self.scale = nn.Parameter(torch.tensor(math.log(20.0)))

    def forward(self, bags: Tensor) -> Tensor:
        """(texts, most words) of rows -> (texts, WIDTH), of length 1."""
        return normalize(self.table(bags), dim=1)
