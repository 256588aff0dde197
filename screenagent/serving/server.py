"""`model serve`: the engine stays loaded and answers in the form of OpenAI's chat completions, to this machine only."""

from __future__ import annotations

import base64
import binascii
import io
import threading
import time
import uuid
from collections.abc import AsyncIterator, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, UnidentifiedImageError
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from screenagent.engine.decoding import Sampling
from screenagent.engine.engine import Engine, EngineCost, EngineEnd, EngineText, EngineTurn, TooLong
from screenagent.engine.grammar import GrammarError, TokenGrammar, numbers
from screenagent.engine.image import PictureError
from screenagent.serving.schema import Completion, ImagePart, RequestMessage, TextPart

NAME = "phi-4-reasoning-vision"
LOOPBACK = ("127.0.0.1", "localhost")
LONGEST_BODY = 64 << 20  # bytes: several uncompressed screens


class BadRequest(ValueError):
    """What the client can mend."""


class ClientGone(Exception):
    """The client has left."""


@dataclass(frozen=True)
class Service:
    """One engine, one reply at a time; who comes meanwhile waits."""

    engine: Engine
    turn_taking: threading.Lock

    def pieces(self, asked: Completion, gone: threading.Event) -> Generator[EngineText | EngineEnd, None, None]:
        def check() -> None:
            if gone.is_set():
                raise ClientGone

        with self.turn_taking:
            yield from self.engine.reply(
                turns(asked.messages),
                mode=asked.mode,
                grammar=grammar(asked),
                budget=asked.budget,
                sampling=Sampling(asked.temperature, asked.top_p, asked.seed),
                check=check,
            )

    async def complete(self, request: Request) -> Response:
        try:
            asked = Completion.model_validate_json(await body(request))
            reply = ServedReply(self, asked)
            # Whatever is wrong with the request shows before the first piece, so it can still be said with a status.
            first = await run_in_threadpool(next, reply)
        except ValidationError as error:
            wrong = error.errors()[0]
            return refusal_response(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
        except (BadRequest, GrammarError, PictureError, TooLong) as error:
            return refusal_response(str(error))
        pieces = followed(first, reply)
        if asked.stream:
            return StreamingResponse(streamed(pieces), media_type="text/event-stream")
        return JSONResponse(whole([piece async for piece in pieces]))


class ServedReply:
    """The pieces of one reply, made in whatever thread asks for the next; `leave` ends it from any other."""

    def __init__(self, service: Service, asked: Completion) -> None:
        self._gone = threading.Event()
        self._stepping = threading.Lock()
        self._pieces = service.pieces(asked, self._gone)

    def __iter__(self) -> ServedReply:
        return self

    def __next__(self) -> EngineText | EngineEnd:
        with self._stepping:
            return next(self._pieces)

    def leave(self) -> None:
        """Stop the engine within a token and let the next one in, without waiting for it here."""
        self._gone.set()
        threading.Thread(target=self._close).start()

    def _close(self) -> None:
        with self._stepping:
            self._pieces.close()


async def followed(first: EngineText | EngineEnd, rest: ServedReply) -> AsyncIterator[EngineText | EngineEnd]:
    """All pieces, until the client leaves."""
    try:
        yield first
        async for piece in iterate_in_threadpool(rest):
            yield piece
    finally:
        rest.leave()


async def body(request: Request) -> bytes:
    """The request's body, refused before it fills the memory."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LONGEST_BODY:
            raise BadRequest(f"the request is longer than {LONGEST_BODY >> 20} MB")
    return bytes(chunks)


def refusal_response(message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status_code=400)


def turns(messages: list[RequestMessage]) -> tuple[EngineTurn, ...]:
    """The template has no place for a system message, so it opens the first user's text."""
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
    """Only what the request itself carries: this server fetches nothing."""
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


def whole(pieces: list[EngineText | EngineEnd]) -> dict[str, Any]:
    *said, ended = pieces
    assert isinstance(ended, EngineEnd)

    def joined(part: str) -> str:
        return "".join(piece.text for piece in said if isinstance(piece, EngineText) and piece.part == part)

    message = {"role": "assistant", "content": joined("answer"), "reasoning_content": joined("thought") or None}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(ended)}
    return envelope("chat.completion") | {"choices": [choice]} | cost_fields(ended)


async def streamed(pieces: AsyncIterator[EngineText | EngineEnd]) -> AsyncIterator[str]:
    head = envelope("chat.completion.chunk")
    async for piece in pieces:
        ended = isinstance(piece, EngineEnd)
        choice = {"index": 0, "delta": delta(piece), "finish_reason": finish_reason(piece) if ended else None}
        yield event(head | {"choices": [choice]} | (cost_fields(piece) if isinstance(piece, EngineEnd) else {}))
    yield "data: [DONE]\n\n"


def delta(piece: EngineText | EngineEnd) -> dict[str, str]:
    if isinstance(piece, EngineEnd):
        return {}
    return {"role": "assistant", "content" if piece.part == "answer" else "reasoning_content": piece.text}


def event(content: Mapping[str, Any]) -> str:
    return f"data: {JSONResponse(content).body.decode()}\n\n"  # type: ignore[union-attr]


def envelope(kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": NAME}


def finish_reason(ended: EngineText | EngineEnd) -> str:
    return "length" if isinstance(ended, EngineEnd) and ended.reason == "length" else "stop"


def cost_fields(ended: EngineEnd) -> dict[str, Any]:
    cost = ended.cost
    answered = cost.thought_tokens + cost.answer_tokens
    return {
        "usage": {
            "prompt_tokens": cost.prompt_positions,
            "completion_tokens": answered,
            "total_tokens": cost.prompt_positions + answered,
            "prompt_tokens_details": {"cached_tokens": cost.reused_positions},
            "completion_tokens_details": {"reasoning_tokens": cost.thought_tokens},
        },
        "notes": list(ended.notes),
        "seconds": seconds(cost),
    }


def seconds(cost: EngineCost) -> dict[str, float]:
    return {
        "encode": cost.prepare_seconds + cost.encode_seconds,
        "prefill": cost.prefill_seconds,
        "decode": cost.decode_seconds,
    }


async def models(_request: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "screenagent"}]})


def application(engine: Engine) -> Starlette:
    service = Service(engine, threading.Lock())
    return Starlette(
        routes=[
            Route("/v1/chat/completions", service.complete, methods=["POST"]),
            Route("/v1/models", models),
        ],
        # A web page may send requests to this machine under a name of its own; its name is not one of these.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "screenagent"])],
    )
