"""Where the agent meets a vision-language model: what it is asked and how it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from screenagent.geometry import Value
from screenagent.screenshot import Screenshot
from screenagent.usage import Mode, Usage

ReplySection = Literal["thought", "answer"]


class Request(Value):
    """What a vision model is asked: it sees the pictures first, in this order, then reads the text."""

    text: str
    pictures: tuple[Screenshot, ...] = ()


class Numbers(Value):
    """An answer of `count` numbers from 0 to 1, `[0.174, 0.868, …]`, of at most so many decimals each."""

    kind: Literal["numbers"] = "numbers"
    count: int = Field(default=4, gt=0)
    decimals: tuple[int, int] = (1, 4)


class Regex(Value):
    kind: Literal["regex"] = "regex"
    pattern: str


class JsonSchema(Value):
    kind: Literal["json"] = "json"
    definition: Mapping[str, Any]


AnswerGrammar = Annotated[Numbers | Regex | JsonSchema, Field(discriminator="kind")]


class TokenBudget(Value):
    """How many tokens: at its end a thought is closed and the answer begins, and an answer just ends."""

    thought: int = Field(default=2048, ge=0)
    answer: int = Field(default=1024, gt=0)


class TextChunk(Value):
    """A piece of text as it forms."""

    kind: Literal["said"] = "said"
    text: str
    part: ReplySection


class Finished(Value):
    """The last chunk: whether the model came to its end or to its budget's. `notes` say what was changed in the
    request to make it possible, such as pictures shrunk to fit."""

    kind: Literal["finished"] = "finished"
    reason: Literal["end", "length"]
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()


class Refused(Value):
    """The last chunk of an answer that says that the model will not do it: never a plan, never a place."""

    kind: Literal["refused"] = "refused"
    text: str
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()


Chunk = Annotated[TextChunk | Finished | Refused, Field(discriminator="kind")]


class VisionModel(Protocol):
    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        """Yield text as it forms, and last `Finished` or `Refused`. The grammar binds the answer, not the thought."""
        ...
