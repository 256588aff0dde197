"""The sequence at hand on the device: prefilled in chunks, then prolonged a few tokens at a time.

A decode forward runs plainly, or at a few fixed shapes so that it is compiled and, on CUDA, replayed as a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from screenagent.engine.cache import Cache, position_names
from screenagent.engine.chat import ChatPicture, ChatPrompt
from screenagent.engine.decoding import WIDEST
from screenagent.engine.model import Check, LayerCache, Phi4Network

CHUNK = 1024  # positions of a prefill between two looks at whether to go on
WIDTHS = (1, WIDEST)  # tokens a forward; what is missing is filled up, which costs nothing beside reading the weights
REACHES = (1024, 5120)  # cached positions that are looked at: a question alone, one with a full screen; else all

DecodeStep = Callable[[Sequence[int], int], Tensor]
"""Writes tokens into the cache from a position on and returns the logits after each: (tokens, vocabulary)."""


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


class LongSequence:
    """A prompt and what was said after it. `check` raises to leave it; what was computed by then stays good."""

    def __init__(self, model: Phi4Network, cache: Cache, step: DecodeStep, *, check: Check) -> None:
        self._model = model
        self._cache = cache
        self._step = step
        self._check = check
        self._device = cache.keys.device
        self.forwards = 0  # after the prefill

    @property
    def length(self) -> int:
        return len(self._cache.held)

    def cut(self, length: int) -> None:
        self._cache.cut(length)

    @torch.inference_mode()
    def embed(self, prompt: ChatPrompt, start: int, guesses: Sequence[int]) -> Tensor:
        """The vectors of the prompt from position `start` on, and of the guesses after it: (positions, width)."""
        parts: list[Tensor] = []
        at = 0
        for segment in (*prompt.segments, tuple(guesses)):
            count = len(segment.patches) if isinstance(segment, ChatPicture) else len(segment)
            if at + count > start:
                vectors = self._look(segment) if isinstance(segment, ChatPicture) else self._words(segment)
                parts.append(vectors[max(0, start - at) :])
            at += count
        return torch.cat(parts)

    def _look(self, picture: ChatPicture) -> Tensor:
        pixels = torch.from_numpy(picture.patches.pixels).to(self._device)
        return self._model.picture(pixels, picture.patches.high, picture.patches.wide, check=self._check)

    def _words(self, tokens: Sequence[int]) -> Tensor:
        vectors: Tensor = self._model.language.embed_tokens(torch.tensor(tokens, device=self._device, dtype=torch.long))
        return vectors

    @torch.inference_mode()
    def prefill(self, x: Tensor, prompt: ChatPrompt, guesses: Sequence[int]) -> Tensor:
        """Go through `x`, the rest of the prompt and the guesses; the logits after the prompt and after each guess."""
        whole = [*position_names(prompt), *guesses]
        layers = self._cache.layers
        features = x[:0]
        while len(x):
            # A last chunk of a few positions would read all the weights for them alone, so it joins the one before.
            count = CHUNK if len(x) > CHUNK + CHUNK // 4 else len(x)
            start, stop = self.length, self.length + count
            at = torch.arange(start, stop, device=self._device)
            seen = sees(at, stop) if start else None
            features = self._model.language(x[:count], layers, at, seen, check=self._check)
            self._cache.grow(whole[start:stop])
            if self._device.type == "cuda":  # let the device finish, so that a stop never waits for more than a chunk
                torch.cuda.current_stream().synchronize()
            self._check()
            x = x[count:]
        return self._model.language.logits(features[-len(guesses) - 1 :])

    @torch.inference_mode()
    def forward(self, tokens: Sequence[int]) -> Tensor:
        self._check()
        self.forwards += 1
        logits = self._step(tokens, self.length)
        self._cache.grow(tokens)
        return logits
