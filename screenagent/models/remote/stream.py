"""The events of a streamed answer: what each may contain, and the text that it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from screenagent.models.remote.errors import BUSY, AnswerTooLong, BadEvent, BadStatus, ErrorEvent, error_text
from screenagent.models.vision import ReplySection

FAILED: Final = frozenset({"abort", "error"})
"""Finish reasons that mean that the server gave up on the answer."""
LETTERS_A_TOKEN: Final = 8
"""An upper bound on the average letters per token of an answer."""

TokenCount = Annotated[int, Field(ge=0, le=10**9)]


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TokenDetails(_Event):
    reasoning_tokens: TokenCount | None = None


class TokenUsage(_Event):
    prompt_tokens: TokenCount = 0
    completion_tokens: TokenCount = 0
    completion_tokens_details: TokenDetails | None = None

    @property
    def reasoning(self) -> int:
        details = self.completion_tokens_details
        return (details.reasoning_tokens if details else None) or 0


class Delta(_Event):
    """New text. `content` is a list in Mistral's format; the reasoning field has one of two names."""

    content: str | tuple[Any, ...] | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: str | None = None


class StreamChoice(_Event):
    delta: Delta | None = None
    finish_reason: str | None = None


class StreamChunk(_Event):
    """One event of a streamed answer."""

    choices: tuple[StreamChoice, ...] | None = None
    usage: TokenUsage | None = None


@dataclass(frozen=True)
class StreamPiece:
    """A piece of a reply's text; the last piece says why the reply ended."""

    text: str
    part: ReplySection = "answer"
    reason: str | None = None


def parse_event(data: str) -> StreamChunk:
    """Return the chunk in an event. Raise an error report as an exception, and `BadEvent` for anything else."""
    try:
        found = from_json(data, allow_inf_nan=True)
    except ValueError as error:
        raise BadEvent(data) from error
    reports = isinstance(found, Mapping) and (found.get("error") or not found.get("choices"))
    if reports and (said := error_text(found)) is not None:
        raise _reported(found, said)
    try:
        chunk = StreamChunk.model_validate(found)
    except ValidationError as error:
        raise BadEvent(data) from error
    if failed := [choice.finish_reason for choice in chunk.choices or () if choice.finish_reason in FAILED]:
        raise ErrorEvent(f"finish_reason is {failed[0]}")
    return chunk


def _reported(found: Mapping[str, Any], said: str) -> BadStatus | ErrorEvent:
    """Return an in-stream rejection as a `BadStatus`: vLLM detects some errors only after the stream begins."""
    match found:
        case {"error": {"code": int(status)}} if 400 <= status < 500 and status not in BUSY:
            return BadStatus(status, said)
        case _:
            return ErrorEvent(said)


def stream_pieces(chunk: StreamChunk) -> Iterator[StreamPiece]:
    """Yield the text in one chunk, split into reasoning and answer if the server has separate fields for them."""
    for choice in (chunk.choices or ())[:1]:
        delta = choice.delta or Delta()
        thought = delta.reasoning_content or delta.reasoning
        if isinstance(thought, str) and thought:
            yield StreamPiece(thought, "thought")
        match delta.content:
            case str(text) if text:
                yield StreamPiece(text)
            case tuple(parts):
                yield from _parts(parts)
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
                yield from (StreamPiece(text, "thought") for text in map(_thought_text, thoughts) if text)


def _thought_text(part: object) -> str:
    match part:
        case {"text": str(text)}:
            return text
        case _:
            return ""


def says_something(chunk: StreamChunk) -> bool:
    """Return whether a chunk advances the answer; an empty one only keeps the connection alive."""
    return chunk.usage is not None or any(True for _ in stream_pieces(chunk))


class Allowance:
    """Checks the length of an answer against its token limit.

    A token arrives in at most one chunk and has a few letters on average. If an answer exceeds both bounds, the server
    is not enforcing the limit.
    """

    def __init__(self, most_tokens: int) -> None:
        self._most_tokens = most_tokens
        self._chunks = self._letters = 0

    def count(self, chunk: StreamChunk) -> None:
        """Count one chunk; raise `AnswerTooLong` if the answer must have exceeded its token limit."""
        for piece in stream_pieces(chunk):
            self._chunks += 1
            self._letters += len(piece.text)
        if self._chunks > 2 * self._most_tokens + 64 and self._letters > LETTERS_A_TOKEN * self._most_tokens:
            raise AnswerTooLong(f"it sent more text than its max_tokens of {self._most_tokens} can hold")
