"""A request as a client sends it: the part of OpenAI's chat completions that this server answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from screenagent.engine.decoding import DecodeBudget


class RequestPart(BaseModel):
    """A part of a request. Unknown fields are ignored, as other servers of this form do."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TextPart(RequestPart):
    type: Literal["text"]
    text: str


class ImageUrl(RequestPart):
    url: str


class ImagePart(RequestPart):
    type: Literal["image_url"]
    image_url: ImageUrl


class RequestMessage(RequestPart):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]


class Schema(RequestPart):
    definition: Mapping[str, Any] = Field(alias="schema")


class ResponseFormat(RequestPart):
    type: Literal["text", "json_schema"] = "text"
    json_schema: Schema | None = None


class Structured(RequestPart):
    """Other grammars for an answer: a pattern, or a list of `numbers` numbers from 0 to 1 in brackets."""

    regex: str | None = None
    numbers: int | None = Field(default=None, gt=0)


class Completion(RequestPart):
    messages: list[RequestMessage] = Field(min_length=1)
    stream: bool = False
    max_tokens: int | None = Field(default=None, gt=0)
    max_completion_tokens: int | None = Field(default=None, gt=0)
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    response_format: ResponseFormat = ResponseFormat()
    structured_outputs: Structured = Structured()
    mode: Literal["think", "nothink", "auto"] = "auto"
    thought_tokens: int = Field(default=2048, ge=0)

    @property
    def budget(self) -> DecodeBudget:
        return DecodeBudget(self.thought_tokens, self.max_completion_tokens or self.max_tokens or 1024)
