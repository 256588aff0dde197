"""A vision model's answer as a whole: nothing is done on half of one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from screenagent.models.vision import Chunk, Finished, Refused
from screenagent.protocols import Retry


@dataclass(frozen=True)
class Reply:
    """`notes` say what was changed in the request to make it possible."""

    text: str
    notes: tuple[str, ...] = ()


def stream(chunks: Iterator[Chunk]) -> Generator[str, None, Reply | Refused]:
    """Yield the thought as it forms; return the answer, or the refusal. `Retry` where it was cut off."""
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
    """The same, where nobody listens to the thought."""
    listening = stream(chunks)
    while True:
        try:
            next(listening)
        except StopIteration as end:
            answer: Reply | Refused = end.value
            return answer
