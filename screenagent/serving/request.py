"""A chat completion request, the part of OpenAI's that this server answers, and what the engine takes of it."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, Field

from screenagent.engine.decoding import DecodeBudget
from screenagent.engine.engine import EngineTurn
from screenagent.engine.grammar import TokenGrammar, numbers


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


class BadRequest(ValueError):
    """A request that cannot be answered as it is; the text tells the client why."""


def turns(messages: list[RequestMessage]) -> tuple[EngineTurn, ...]:
    """Return the messages as turns. The template has no system message, so its text opens the first user's turn."""
    system = "\n\n".join(text(message) for message in messages if message.role in ("system", "developer"))
    spoken = [message for message in messages if message.role in ("user", "assistant")]
    if not spoken or spoken[-1].role != "user":
        raise BadRequest("the last message has to be a user's")
    found = [EngineTurn("user" if m.role == "user" else "assistant", text(m), pictures(m)) for m in spoken]
    if any(turn.pictures for turn in found if turn.role == "assistant"):
        raise BadRequest("an assistant's message holds no pictures")
    if system:
        at = next(number for number, turn in enumerate(found) if turn.role == "user")
        found[at] = EngineTurn("user", f"{system}\n\n{found[at].text}", found[at].pictures)
    return tuple(found)


def text(message: RequestMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))


def pictures(message: RequestMessage) -> tuple[Image.Image, ...]:
    if isinstance(message.content, str):
        return ()
    return tuple(decode_picture(part.image_url.url) for part in message.content if isinstance(part, ImagePart))


def decode_picture(url: str) -> Image.Image:
    """Return the picture in a data URL; the server fetches nothing itself."""
    head, comma, encoded = url.partition(",")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise BadRequest("a picture has to come as a data:image/…;base64 URL")
    try:
        image = Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)))
        image.load()
    except (binascii.Error, UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise BadRequest(f"a picture cannot be read: {error}") from None
    return image


def grammar(asked: Completion) -> TokenGrammar | None:
    """Return the grammar that the request holds the answer to, if any."""
    structured, form = asked.structured_outputs, asked.response_format
    if structured.numbers:
        return numbers(structured.numbers)
    if structured.regex:
        return TokenGrammar.regex(structured.regex)
    if form.type == "json_schema":
        if form.json_schema is None:
            raise BadRequest("response_format is json_schema and holds none")
        return TokenGrammar.json(form.json_schema.definition)
    return None
