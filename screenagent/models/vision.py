"""The interface to a vision-language model: a request with pictures, a stream of chunks, and the reply they form."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from screenagent.errors import UserError
from screenagent.geometry import Value
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter, Mode, Usage

ReplySection = Literal["thought", "answer"]


class Request(Value):
    """A prompt: the pictures in order, then the text, or the text first with `text_first`."""

    text: str
    pictures: tuple[Screenshot, ...] = ()
    system: str = ""
    text_first: bool = False


class Numbers(Value):
    """An answer of `count` numbers from 0 to 1, such as `[0.174, 0.868]`; `decimals` limits the digits of each."""

    kind: Literal["numbers"] = "numbers"
    count: int = Field(default=4, gt=0)
    decimals: tuple[int, int] = (1, 4)

    @property
    def pattern(self) -> str:
        """The regular expression of such an answer."""
        fewest, most = self.decimals
        number = rf"(0\.[0-9]{{{fewest},{most}}}|1\.0{{{fewest},{most}}})"
        return rf"\[{', '.join([number] * self.count)}\]"


class Regex(Value):
    kind: Literal["regex"] = "regex"
    pattern: str


class JsonSchema(Value):
    kind: Literal["json"] = "json"
    definition: Mapping[str, Any]


AnswerGrammar = Annotated[Numbers | Regex | JsonSchema, Field(discriminator="kind")]


class TokenBudget(Value):
    """The token limits of a reply. At its limit, reasoning is closed and the answer begins; an answer is cut off."""

    thought: int = Field(default=2048, ge=0)
    answer: int = Field(default=1024, gt=0)


class TextChunk(Value):
    """A piece of the reasoning or the answer, as it is generated."""

    kind: Literal["said"] = "said"
    text: str
    part: ReplySection


class Finished(Value):
    """The last chunk of an answer: whether the model ended it or the budget cut it off.

    `notes` list changes to the request, such as pictures that were shrunk to fit.
    """

    kind: Literal["finished"] = "finished"
    reason: Literal["end", "length"]
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()


class Refused(Value):
    """The last chunk of a reply in which the model refuses; it is never read as a plan or a place."""

    kind: Literal["refused"] = "refused"
    text: str
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()


Chunk = Annotated[TextChunk | Finished | Refused, Field(discriminator="kind")]


class RequestRefused(UserError):
    """A server rejects a request as it is written, but may accept a different one."""


class VisionModel(Protocol):
    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        """Yield text as it is generated, then `Finished` or `Refused`. The grammar constrains only the answer."""
        ...


class Metered:
    """A vision model that adds the usage of each reply to a meter, under the name of its family.

    A reply that breaks off does not report its cost, so it counts as one request with the time that it took.
    """

    def __init__(self, model: VisionModel, meter: Meter, *, name: str) -> None:
        self._model = model
        self._meter = meter
        self._name = name

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        began, ended = time.perf_counter(), False
        try:
            for chunk in self._model.generate(request, mode=mode, grammar=grammar, budget=budget or TokenBudget()):
                if isinstance(chunk, Finished | Refused):
                    ended = True
                    self._meter.add(_with_requests(chunk.usage), mode, model=self._name)
                yield chunk
        finally:
            if not ended:
                self._meter.add_broken(time.perf_counter() - began, model=self._name)


def _with_requests(usage: Usage) -> Usage:
    """Return `usage` with at least one request; a model in this process counts none."""
    return usage if usage.requests else usage.model_copy(update={"requests": 1})


@dataclass(frozen=True)
class Reply:
    """An answer; `notes` list changes to the request, such as pictures that were shrunk to fit."""

    text: str
    notes: tuple[str, ...] = ()


def stream(chunks: Iterator[Chunk]) -> Generator[str, None, Reply | Refused]:
    """Yield the reasoning as it is generated; return the answer or the refusal. Raise `Retry` if it was cut off."""
    said = ""
    for chunk in chunks:
        match chunk:
            case Refused():
                return chunk
            case Finished(reason="length"):
                raise Retry("the model's answer reached its token limit and was cut off", "model_answer")
            case Finished(notes=notes):
                return Reply(said, notes)
            case _ if chunk.part == "thought":
                yield chunk.text
            case _:
                said += chunk.text
    raise Retry("the model's answer broke off", "model_answer")


def complete(chunks: Iterator[Chunk]) -> Reply | Refused:
    """Return the answer or the refusal without yielding the reasoning."""
    listening = stream(chunks)
    while True:
        try:
            next(listening)
        except StopIteration as end:
            answer: Reply | Refused = end.value
            return answer
