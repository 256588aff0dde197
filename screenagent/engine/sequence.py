"""The sequence at hand on the device: prefilled in chunks, then prolonged a few tokens at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from screenagent.engine.cache import Cache, position_names
from screenagent.engine.chat import ChatPicture, ChatPrompt
from screenagent.engine.model import Check, Phi4Network
from screenagent.engine.step import DecodeStep, sees

CHUNK = 1024  # positions of a prefill between two looks at whether to go on


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
            self._catch_up()
            x = x[count:]
        return self._model.language.logits(features[-len(guesses) - 1 :])

    def _catch_up(self) -> None:
        """Let the device finish, so that a stop never waits for more than a chunk."""
        if self._device.type == "cuda":
            torch.cuda.current_stream().synchronize()
        self._check()

    @torch.inference_mode()
    def forward(self, tokens: Sequence[int]) -> Tensor:
        self._check()
        self.forwards += 1
        logits = self._step(tokens, self.length)
        self._cache.grow(tokens)
        return logits
