"""Measures what a reply costs."""

from __future__ import annotations

import time

from screenagent.models.remote.stream import StreamChunk, TokenUsage, stream_pieces
from screenagent.usage import Usage


class ReplyClock:
    """Measures the time and the tokens of a reply.

    Prefill ends with the first token; the rest is decode. Token counts are the server's. A reply takes one request, or
    two with `thought_over` between them. A server may repeat its counts in every chunk, so the last ones count.
    """

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._prefill = 0.0
        self._first: float | None = None
        self._prompt = self._thought = self._requests = 0
        self._usage = TokenUsage()
        self._pieces = {"thought": 0, "answer": 0}

    def sent(self) -> None:
        """Count a request."""
        self._requests += 1

    def tick(self, chunk: StreamChunk) -> None:
        """Note when `chunk` arrived and which tokens it accounts for."""
        self._last = time.perf_counter()
        if self._first is None and chunk.choices:
            self._first = self._last
            self._prefill += self._last - self._began
        for piece in stream_pieces(chunk):
            self._pieces[piece.part] += bool(piece.text)
        self._usage = chunk.usage or self._usage

    def thought_over(self) -> None:
        """Count all completion tokens so far as reasoning."""
        self._prompt = max(self._prompt, self._usage.prompt_tokens)
        self._thought += self._usage.completion_tokens
        self._usage, self._pieces = TokenUsage(), {"thought": 0, "answer": 0}

    def usage(self) -> Usage:
        decode = max(0.0, self._last - self._began - self._prefill)
        thought = self._reasoning()
        return Usage(
            seconds={"prefill": self._prefill, "decode": decode},
            requests=self._requests,
            prompt_tokens=max(self._prompt, self._usage.prompt_tokens),
            thought_tokens=self._thought + thought,
            answer_tokens=self._usage.completion_tokens - thought,
        )

    def _reasoning(self) -> int:
        """Return the number of reasoning tokens in the last request.

        Some servers count a whole completion as reasoning, and some count none of it. If the completion has both
        parts, the tokens are then divided in proportion to the pieces of each.
        """
        every, told, pieces = self._usage.completion_tokens, self._usage.reasoning, self._pieces
        if 0 < told < every or (not told and not pieces["thought"]) or (told and not pieces["answer"]):
            return min(told, every)
        return every * pieces["thought"] // sum(pieces.values())
