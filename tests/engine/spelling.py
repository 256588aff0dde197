"""A head that spells out a given answer, so that forwards can be counted whatever the weights are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from screenagent.engine.cache import Cache


class SpellingHead(nn.Module):
    """The logits after position `start + n` say that the answer's n-th token comes next."""

    def __init__(self, cache: Cache, start: int, answer: Sequence[int], vocab_size: int) -> None:
        super().__init__()
        self._cache = cache
        self._start = start
        self._answer = answer
        self._vocab_size = vocab_size
        self.calls: list[int] = []  # rows asked for in each forward

    def forward(self, features: Tensor) -> Tensor:
        rows = len(features)
        self.calls.append(rows)
        # A prefill has grown the cache by the time it asks for logits; a step grows it afterwards.
        first = len(self._cache.held) - self._start + (1 if len(self.calls) > 1 else 1 - rows)
        logits = torch.zeros(rows, self._vocab_size)
        for row in range(rows):
            at = min(first + row, len(self._answer) - 1)
            logits[row, self._answer[at]] = 1.0
        return logits
