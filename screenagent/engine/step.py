"""One decode forward: plainly, or at a few fixed shapes so that it is compiled and, on CUDA, replayed as a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from screenagent.engine.cache import Cache
from screenagent.engine.decoding import WIDEST
from screenagent.engine.model import LayerCache, Phi4Network

WIDTHS = (1, WIDEST)  # tokens a forward; what is missing is filled up, which costs nothing beside reading the weights
REACHES = (1024, 5120)  # cached positions that are looked at: a question alone, one with a full screen; else all


class DecodeStep(Protocol):
    def __call__(self, tokens: Sequence[int], start: int) -> Tensor:
        """Write `tokens` into the cache from position `start` on; the logits after each: (tokens, vocabulary)."""
        ...


def sees(at: Tensor, reach: int) -> Tensor:
    """Which of the first `reach` cached positions each of the positions `at` sees: (positions, reach)."""
    return torch.arange(reach, device=at.device) <= at[:, None]


def run_step(model: Phi4Network, layers: list[LayerCache], tokens: Tensor, at: Tensor, reach: int) -> Tensor:
    language = model.language
    return language.logits(language(language.embed_tokens(tokens), layers, at, sees(at, reach)))


class EagerStep:
    """The slow twin."""

    def __init__(self, model: Phi4Network, cache: Cache) -> None:
        self._model = model
        self._layers = cache.layers
        self._device = cache.keys.device

    def __call__(self, tokens: Sequence[int], start: int) -> Tensor:
        stop = start + len(tokens)
        at = torch.arange(start, stop, device=self._device)
        return run_step(self._model, self._layers, torch.tensor(tokens, device=self._device), at, stop)


class CompiledStep:
    """Fills up to a fixed width; what that writes behind the sequence is never seen and is written over."""

    def __init__(self, model: Phi4Network, cache: Cache, compiler: str) -> None:
        self._plain = EagerStep(model, cache)
        self._layers = cache.layers
        self._device = cache.keys.device
        self._capacity = cache.capacity
        self._compiled = torch.compile(run_step, fullgraph=True, dynamic=False, backend=compiler)
        self._model = model
        self._shapes: dict[tuple[int, int], Callable[[Tensor, Tensor], Tensor]] = {}

    def __call__(self, tokens: Sequence[int], start: int) -> Tensor:
        if len(tokens) > WIDTHS[-1]:  # a long run that a grammar forces: as rare as it is wide
            return self._plain(tokens, start)
        width = next(width for width in WIDTHS if width >= len(tokens))
        reach = next((reach for reach in REACHES if start + width <= reach < self._capacity), self._capacity)
        filled = torch.tensor([*tokens, *[0] * (width - len(tokens))], device=self._device)
        at = torch.arange(start, start + width, device=self._device)
        return self._shape(width, reach, filled, at)(filled, at)[: len(tokens)]

    def _shape(self, width: int, reach: int, tokens: Tensor, at: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        if (width, reach) not in self._shapes:

            def forward(tokens: Tensor, at: Tensor) -> Tensor:
                return self._compiled(self._model, self._layers, tokens, at, reach)

            graph = self._device.type == "cuda"
            self._shapes[width, reach] = captured(forward, tokens, at) if graph else forward
        return self._shapes[width, reach]


def captured(
    forward: Callable[[Tensor, Tensor], Tensor], tokens: Tensor, at: Tensor
) -> Callable[[Tensor, Tensor], Tensor]:
    """`forward` as a CUDA graph; its result is written over by the next call."""
    own_tokens, own_at = tokens.clone(), at.clone()
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # compiles and warms up; writes what the first replay writes again
        for _ in range(3):
            forward(own_tokens, own_at)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = forward(own_tokens, own_at)

    def replay(tokens: Tensor, at: Tensor) -> Tensor:
        own_tokens.copy_(tokens)
        own_at.copy_(at)
        graph.replay()
        return logits

    return replay
