"""What a server says, piece by piece: thought told from answer, however it marks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openai.types.chat import ChatCompletionChunk

from screenagent.models.vision import ReplySection

END_OF_THOUGHT: Final = "</think>"


@dataclass(frozen=True)
class StreamPiece:
    text: str
    part: ReplySection = "answer"
    reason: str | None = None


def stream_pieces(chunk: ChatCompletionChunk) -> Iterator[StreamPiece]:
    """The text in one chunk, however the server marks what is thought."""
    for choice in chunk.choices[:1]:
        delta = choice.delta
        extra = delta.model_extra or {}
        thought = extra.get("reasoning_content") or extra.get("reasoning")
        if isinstance(thought, str) and thought:
            yield StreamPiece(thought, "thought")
        content: object = delta.content
        if isinstance(content, list):  # Mistral's parts, which the client's types do not know
            yield from _parts(content)
        elif isinstance(content, str) and content:
            yield StreamPiece(content)
        if delta.refusal:
            yield StreamPiece(delta.refusal, reason="content_filter")
        if choice.finish_reason:
            yield StreamPiece("", reason=choice.finish_reason)


def _parts(content: Sequence[Any]) -> Iterator[StreamPiece]:
    for part in content:
        match part:
            case {"type": "text", "text": str(text)}:
                yield StreamPiece(text)
            case {"type": "thinking", "thinking": list(thoughts)}:
                yield from (StreamPiece(str(thought.get("text", "")), "thought") for thought in thoughts)


class Split:
    """Tells thought from answer where a server leaves `<think>…</think>` in the text, and where it takes an answer
    without a thought for one."""

    def __init__(self, thinks: bool) -> None:
        self._thinks = thinks
        self._inside = False
        self._held = ""
        self._began = False

    def parts(self, said: Iterator[StreamPiece]) -> Iterator[StreamPiece]:
        for piece in said:
            if piece.part == "thought":
                yield piece if self._thinks else StreamPiece(piece.text, "answer", piece.reason)
            elif piece.reason is not None:
                yield StreamPiece(self._held, "thought" if self._inside else "answer")
                self._held = ""
                yield piece
            else:
                yield from self._marked(piece.text)

    def _marked(self, text: str) -> Iterator[StreamPiece]:
        self._held += text
        if not self._began:
            if "<think>".startswith(self._held.lstrip()[:7]) and len(self._held.lstrip()) < 7:
                return
            self._began = True
            if self._held.lstrip().startswith("<think>"):
                self._inside, self._held = True, self._held.lstrip().removeprefix("<think>")
        if self._inside:
            before, end, after = self._held.partition(END_OF_THOUGHT)
            if not end:
                kept = _overlap(self._held, END_OF_THOUGHT)
                yield StreamPiece(self._held[: len(self._held) - kept], "thought")
                self._held = self._held[len(self._held) - kept :]
                return
            yield StreamPiece(before, "thought")
            self._inside, self._held = False, after
        yield StreamPiece(self._held)
        self._held = ""


def _overlap(text: str, mark: str) -> int:
    """How much of the end of `text` may be the beginning of `mark`."""
    return next((n for n in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-n:])), 0)
