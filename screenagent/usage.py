"""What a step cost: seconds by phase, tokens, and how often models were asked."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, TypeVar

from pydantic import Field

from screenagent.geometry import Value

KeyT = TypeVar("KeyT")
CostT = TypeVar("CostT")

Phase = Literal[
    "capture", "decide", "encode", "prefill", "decode", "locate", "approve", "guard", "act", "settle", "check"
]

Mode = Literal["think", "nothink", "auto"]


class ModelUsage(Value):
    """What a model's replies cost: requests sent, tokens by kind, and seconds until each reply was complete."""

    requests: int = 0
    prompt_tokens: int = 0
    thought_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: ModelUsage) -> ModelUsage:
        return ModelUsage(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            thought_tokens=self.thought_tokens + other.thought_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            seconds=self.seconds + other.seconds,
        )


class Usage(Value):
    """What something cost: seconds by phase, how often a model was asked by mode, requests, and tokens by kind.

    One question may take two requests: a thought, and then the answer. `by_model` has the same cost by the model's
    family (by its name if its family is unknown) and by the phase in which it was asked.
    """

    seconds: Mapping[Phase, float] = Field(default_factory=dict)
    asked: Mapping[Mode, int] = Field(default_factory=dict)
    requests: int = 0
    prompt_tokens: int = 0
    thought_tokens: int = 0
    answer_tokens: int = 0
    by_model: Mapping[str, Mapping[Phase, ModelUsage]] = Field(default_factory=dict)

    @property
    def modes(self) -> str:
        """How often a model was asked, thinking or not, in words; empty if none was asked."""
        modes = {"think": "think", "nothink": "no-think", "auto": "as it likes"}
        return ", ".join(f"{times} {modes[mode]}" for mode, times in self.asked.items())

    @property
    def sent(self) -> str:
        """How many requests each model got, in words; empty if that is not known."""
        by_model = {model: sum(cost.requests for cost in costs.values()) for model, costs in self.by_model.items()}
        return ", ".join(f"{_counted(requests, 'request')} to {model}" for model, requests in by_model.items())

    @property
    def gears(self) -> str:
        """How often a model was asked, thinking or not, and its tokens, in words; empty where none was asked."""
        kinds = {"read": self.prompt_tokens, "thought": self.thought_tokens, "said": self.answer_tokens}
        tokens = (f"{tokens:,} tokens {kind}" for kind, tokens in kinds.items() if tokens)
        return ", ".join(part for part in (self.modes, self.sent, *tokens) if part)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            seconds=_merged(self.seconds, other.seconds, operator.add),
            asked=_merged(self.asked, other.asked, operator.add),
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            thought_tokens=self.thought_tokens + other.thought_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            by_model=_merged(self.by_model, other.by_model, partial(_merged, add=operator.add)),
        )


def _merged(
    one: Mapping[KeyT, CostT], other: Mapping[KeyT, CostT], add: Callable[[CostT, CostT], CostT]
) -> dict[KeyT, CostT]:
    """Return both mappings in one, with the sum if a key is in both."""
    return dict(one) | {key: add(one[key], cost) if key in one else cost for key, cost in other.items()}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Meter:
    """Safe to read while another thread asks a model."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = Usage()
        self._by_model: dict[str, ModelUsage] = {}
        self.calls = 0
        """How often a model has answered since the beginning."""

    def add(self, usage: Usage, mode: Mode, *, model: str) -> None:
        """Add what a reply of `model` cost."""
        cost = ModelUsage(
            requests=usage.requests,
            prompt_tokens=usage.prompt_tokens,
            thought_tokens=usage.thought_tokens,
            answer_tokens=usage.answer_tokens,
            seconds=sum(usage.seconds.values()),
        )
        with self._lock:
            self._used += usage + Usage(asked={mode: 1})
            self._count(cost, model)
            self.calls += 1

    def add_broken(self, seconds: float, *, model: str) -> None:
        """Add a request of which no reply came of use; its seconds stay with the phase in which it was sent."""
        with self._lock:
            self._used += Usage(requests=1)
            self._count(ModelUsage(requests=1, seconds=seconds), model)

    def take(self, phase: Phase) -> Usage:
        """Return what was added since the last call; the models were asked in `phase`."""
        with self._lock:
            by_model, self._by_model = self._by_model, {}
            used, self._used = self._used, Usage()
        return used + Usage(by_model={model: {phase: cost} for model, cost in by_model.items()})

    def _count(self, cost: ModelUsage, model: str) -> None:
        self._by_model[model] = self._by_model.get(model, ModelUsage()) + cost
