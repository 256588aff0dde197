"""What a reply took."""

from __future__ import annotations

import time

from openai.types.chat import ChatCompletionChunk

from screenagent.usage import Usage


class ReplyClock:
    """What a reply took: prefill is up to the first word, decode the rest; tokens are as the server counts them."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._prefill = 0.0
        self._first: float | None = None
        self._prompt = self._thought = self._answer = 0
        self._thinking = False

    def tick(self, chunk: ChatCompletionChunk) -> None:
        self._last = time.perf_counter()
        if self._first is None and chunk.choices:
            self._first = self._last
            self._prefill += self._last - self._began
        if chunk.usage is not None:
            details = chunk.usage.completion_tokens_details
            thought = (details.reasoning_tokens if details else None) or 0
            self._prompt = max(self._prompt, chunk.usage.prompt_tokens)
            self._thought += thought
            self._answer += chunk.usage.completion_tokens - thought

    def thought_over(self) -> None:
        """What was counted so far was thought."""
        self._thought, self._answer = self._thought + self._answer, 0

    def usage(self) -> Usage:
        decode = max(0.0, self._last - self._began - self._prefill)
        return Usage(
            seconds={"prefill": self._prefill, "decode": decode},
            prompt_tokens=self._prompt,
            thought_tokens=self._thought,
            answer_tokens=self._answer,
        )
