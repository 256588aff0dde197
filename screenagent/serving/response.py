"""Writes a reply of the engine in the form of OpenAI's chat completions, whole or as a stream of events."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import JSONResponse

from screenagent.engine.engine import EngineEnd, EngineText

NAME = "phi-4-reasoning-vision"


def whole_response(pieces: list[EngineText | EngineEnd]) -> dict[str, Any]:
    """Return the reply as one object."""
    *said, ended = pieces
    assert isinstance(ended, EngineEnd)

    def joined(part: str) -> str:
        return "".join(piece.text for piece in said if isinstance(piece, EngineText) and piece.part == part)

    message = {"role": "assistant", "content": joined("answer"), "reasoning_content": joined("thought") or None}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(ended)}
    return envelope("chat.completion") | {"choices": [choice]} | cost_fields(ended)


async def streamed_response(pieces: AsyncIterator[EngineText | EngineEnd]) -> AsyncIterator[str]:
    """Yield the reply as server-sent events, one a piece."""
    head = envelope("chat.completion.chunk")
    async for piece in pieces:
        if isinstance(piece, EngineEnd):
            choice = {"index": 0, "delta": {}, "finish_reason": finish_reason(piece)}
            yield event(head | {"choices": [choice]} | cost_fields(piece))
        else:
            delta = {"role": "assistant", "content" if piece.part == "answer" else "reasoning_content": piece.text}
            yield event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield "data: [DONE]\n\n"


def event(content: Mapping[str, Any]) -> str:
    return f"data: {JSONResponse(content).body.decode()}\n\n"  # type: ignore[union-attr]


def envelope(kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": NAME}


def finish_reason(ended: EngineEnd) -> str:
    return "length" if ended.reason == "length" else "stop"


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
        "seconds": cost.seconds,
    }


def models_response() -> JSONResponse:
    """List the one model."""
    return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "screenagent"}]})


def refusal_response(message: str) -> JSONResponse:
    """Tell the client what is wrong with its request."""
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status_code=400)
