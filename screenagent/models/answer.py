"""Collects a vision model's reply: an answer is used whole or not at all."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from screenagent.models.vision import Chunk, Finished, Refused
from screenagent.protocols import Retry


@dataclass(frozen=True)
class Reply:
    """An answer; `notes` say what the model changed in the request, such as pictures shrunk to fit."""

    text: str
    notes: tuple[str, ...] = ()


def stream(chunks: Iterator[Chunk]) -> Generator[str, None, Reply | Refused]:
    """Yield the thought as it forms; return the answer or the refusal. Raise `Retry` if the answer was cut off."""
    said = ""
    for chunk in chunks:
        match chunk:
            case Refused():
                return chunk
            case Finished(reason="length"):
                raise Retry("the model's answer was longer than it may be, and was cut off", "model_answer")
            case Finished(notes=notes):
                return Reply(said, notes)
            case _ if chunk.part == "thought":
                yield chunk.text
            case _:
                said += chunk.text
    raise Retry("the model's answer broke off", "model_answer")


def complete(chunks: Iterator[Chunk]) -> Reply | Refused:
    """Return the answer or the refusal without showing the thought."""
    listening = stream(chunks)
    while True:
        try:
            next(listening)
        except StopIteration as end:
            answer: Reply | Refused = end.value
            return answer
