"""What a step cost: seconds by phase, tokens, and how often models were asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from screenagent.geometry import Value

Phase = Literal[
    "capture", "decide", "encode", "prefill", "decode", "locate", "approve", "guard", "act", "settle", "check"
]

Mode = Literal["think", "nothink", "auto"]


class Usage(Value):
    """What something cost: seconds by phase, how often a model was asked by mode, tokens by kind."""

    seconds: Mapping[Phase, float] = Field(default_factory=dict)
    asked: Mapping[Mode, int] = Field(default_factory=dict)
    prompt_tokens: int = 0
    thought_tokens: int = 0
    answer_tokens: int = 0

    @property
    def gears(self) -> str:
        """How often a model was asked, thinking or not, and its tokens, in words; empty where none was asked."""
        modes = {"think": "think", "nothink": "no-think", "auto": "as it likes"}
        kinds = {"read": self.prompt_tokens, "thought": self.thought_tokens, "said": self.answer_tokens}
        asked = [f"{times} {modes[mode]}" for mode, times in self.asked.items()]
        return ", ".join([*asked, *(f"{tokens:,} tokens {kind}" for kind, tokens in kinds.items() if tokens)])

    def __add__(self, other: Usage) -> Usage:
        phases = dict(self.seconds) | {
            phase: self.seconds.get(phase, 0.0) + spent for phase, spent in other.seconds.items()
        }
        modes = dict(self.asked) | {mode: self.asked.get(mode, 0) + times for mode, times in other.asked.items()}
        return Usage(
            seconds=phases,
            asked=modes,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            thought_tokens=self.thought_tokens + other.thought_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
        )


class Meter:
    """Safe to read while another thread asks a model."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = Usage()
        self.calls = 0
        """How often a model has answered since the beginning."""

    def add(self, usage: Usage, mode: Mode) -> None:
        with self._lock:
            self._used += usage + Usage(asked={mode: 1})
            self.calls += 1

    def take(self) -> Usage:
        """What was added since the last call."""
        with self._lock:
            used, self._used = self._used, Usage()
        return used
