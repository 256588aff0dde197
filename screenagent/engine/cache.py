"""Keys and values: one static cache for the sequence at hand, and what is kept of pictures that were seen before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from screenagent.engine.chat import ChatPicture, ChatPrompt
from screenagent.engine.config import Config
from screenagent.engine.model import LayerCache

PositionName = int | bytes  # of what stands at a position: a token, or the picture by its pixels' digest


def position_names(prompt: ChatPrompt) -> list[PositionName]:
    found: list[PositionName] = []
    for segment in prompt.segments:
        found += [segment.digest] * len(segment.patches) if isinstance(segment, ChatPicture) else segment
    return found


def picture_spans(prompt: ChatPrompt) -> list[range]:
    """Where the pictures stand; from the second on with what stands between it and the one before."""
    spans: list[range] = []
    at = 0
    for segment in prompt.segments:
        if isinstance(segment, ChatPicture):
            start = spans[-1].stop if spans else at
            at += len(segment.patches)
            spans.append(range(start, at))
        else:
            at += len(segment)
    return spans


def kv_bytes_per_token(config: Config, dtype: torch.dtype) -> int:
    return 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * dtype.itemsize


class CachedSpan(NamedTuple):
    """The keys and values of a span, to be copied back when all that comes before it is the same again."""

    span: range
    keys: Tensor  # (layers, kv_heads, span, head_dim)
    values: Tensor

    @property
    def bytes(self) -> int:
        return self.keys.nbytes + self.values.nbytes


class Cache:
    """Its keys and values never move, so a captured graph can write to them; `held` says what they belong to."""

    def __init__(
        self, config: Config, *, capacity: int, device: torch.device, dtype: torch.dtype, kept_bytes: int
    ) -> None:
        shape = (config.num_hidden_layers, config.num_key_value_heads, capacity, config.head_dim)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.capacity = capacity
        self.kept_bytes = kept_bytes
        self.held: list[PositionName] = []
        self._spans: list[range] = []
        # By everything up to the span's end.
        self._kept: OrderedDict[tuple[PositionName, ...], CachedSpan] = OrderedDict()

    @property
    def layers(self) -> list[LayerCache]:
        return [LayerCache(keys, values) for keys, values in zip(self.keys, self.values, strict=True)]

    @property
    def nbytes(self) -> int:
        return self.keys.nbytes + self.values.nbytes + sum(kept.bytes for kept in self._kept.values())

    def grow(self, more: Sequence[PositionName]) -> None:
        """Positions that were computed belong to what is held."""
        self.held += more

    def cut(self, length: int) -> None:
        del self.held[length:]

    def begin(self, prompt: ChatPrompt) -> int:
        """Hold as much of `prompt` as is known, and say how much; its last position is always left to compute."""
        wanted = position_names(prompt)
        spans = picture_spans(prompt)
        common = shared_length(self.held, wanted)
        for span in self._spans:  # copied away, since they are about to be written over
            if common < span.stop <= len(self.held):
                self._keep(span)
        self.cut(common)
        for span in spans:
            self._recall(wanted, span)
        self.cut(len(wanted) - 1)
        self._spans = spans
        return len(self.held)

    def clear(self) -> None:
        """Forget everything; the static part stays allocated."""
        self.held = []
        self._spans = []
        self._kept.clear()

    def _keep(self, span: range) -> None:
        name = tuple(self.held[: span.stop])
        at = slice(span.start, span.stop)
        size = 2 * self.keys[:, :, at].nbytes
        if name in self._kept or size > self.kept_bytes:
            return
        while self._kept and size + sum(kept.bytes for kept in self._kept.values()) > self.kept_bytes:
            self._kept.popitem(last=False)
        self._kept[name] = CachedSpan(span, self.keys[:, :, at].clone(), self.values[:, :, at].clone())

    def _recall(self, wanted: list[PositionName], span: range) -> None:
        kept = self._kept.get(tuple(wanted[: span.stop]))
        if kept is None or not kept.span.start <= len(self.held) < span.stop:
            return
        self._kept.move_to_end(tuple(wanted[: span.stop]))
        at = slice(kept.span.start, kept.span.stop)
        self.keys[:, :, at] = kept.keys
        self.values[:, :, at] = kept.values
        self.held = wanted[: span.stop]


def shared_length(one: Sequence[PositionName], other: Sequence[PositionName]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (first, second) in enumerate(pairs) if first != second), min(len(one), len(other)))
