"""A server's JSON is of any shape: an event, a listing, a report or a plan that is none is refused in a sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import Any, Final

import httpx2
import pytest

pytest.importorskip("httpx2")  # an extra

from screenagent.errors import UserError
from screenagent.models.parsing import parse_plan
from screenagent.models.remote import facts
from screenagent.models.remote.errors import WireError, error_text
from screenagent.models.remote.responses import event_texts, raise_unless_ok, reported
from screenagent.models.remote.stream import Allowance, parse_event, says_something, stream_pieces
from screenagent.models.remote.transport import Wire
from screenagent.protocols import Retry
from tests.damage import broken_bytes, broken_value, damages

pytestmark = pytest.mark.slow

SEED: Final = 17
ASKED: Final = httpx2.Request("POST", "http://localhost:9/v1/chat/completions")


@pytest.fixture(params=[pytest.param(600, id="quick"), pytest.param(10_000, id="soak", marks=pytest.mark.soak)])
def count(request: pytest.FixtureRequest) -> int:
    assert isinstance(request.param, int)
    return request.param


CHUNK: Final[Any] = {
    "id": "1",
    "object": "chat.completion.chunk",
    "choices": [
        {
            "index": 0,
            "delta": {
                "content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": [{"text": "b"}]}],
                "reasoning": "c",
                "refusal": None,
            },
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}},
}
REPORT: Final[Any] = {"error": {"message": "no", "code": 404, "detail": [{"msg": "x"}]}, "detail": [{"loc": ["a"]}]}
LISTING: Final[Any] = {
    "object": "list",
    "data": [
        {
            "id": "org/model",
            "owned_by": "org",
            "parent": None,
            "root": "/weights",
            "max_model_len": 8192,
            "meta": {"n_ctx": 8192, "n_params": 3, "size": 4},
            "architecture": {"input_modalities": ["text", "image"]},
            "capabilities": ["completion", "multimodal"],
            "status": {"value": "loaded"},
        },
        {"id": "adapter", "parent": "org/model", "capabilities": {"vision": True}},
    ],
    "models": [{"model": "org/model", "capabilities": ["completion"]}],
}
PLAN: Final[Any] = {
    "steps": [
        {
            "action": {"kind": "click", "target": {"words": "Save"}, "button": "left"},
            "expectation": {"kind": "visible", "words": "Saved"},
        },
        {"action": {"kind": "type_text", "text": "hello"}, "expectation": None},
        {"action": {"kind": "finish", "success": True, "message": "done"}},
    ]
}


def ends_well() -> suppress:
    """Let what is inside refuse what it got in one of the ways that a caller expects."""
    return suppress(Retry, UserError, WireError)


def damaged(value: Any, random: Random) -> str:
    if random.random() < 0.5:
        return json.dumps(broken_value(value, random))
    return broken_bytes(json.dumps(value).encode(), random).decode("utf-8", "replace")


def heard(data: str) -> None:
    chunk = parse_event(data)
    Allowance(10).count(chunk)
    assert isinstance(says_something(chunk), bool)
    assert all(isinstance(piece.text, str) for piece in stream_pieces(chunk))


def test_a_damaged_event(count: int) -> None:
    for random in damages(count, seed=SEED + 1):
        with ends_well():
            heard(damaged(random.choice((CHUNK, REPORT)), random))


def test_a_damaged_report(count: int) -> None:
    for random in damages(count, seed=SEED + 2):
        response = httpx2.Response(
            random.choice((200, 400, 404, 500)), content=damaged(REPORT, random).encode(), request=ASKED
        )
        with ends_well():
            reported(response)
        with ends_well():
            raise_unless_ok(response)
        error_text(broken_value(REPORT, random))


def test_a_damaged_stream(count: int) -> None:
    for random in damages(count, seed=SEED + 3):
        lines = "".join(f"data: {json.dumps(CHUNK)}\n\n" for _ in range(3)) + "data: [DONE]\n\n"
        media = {
            "content-type": random.choice(("text/event-stream", "text/event-stream; charset=x", "TEXT/Event-Stream"))
        }
        response = httpx2.Response(200, headers=media, content=broken_bytes(lines.encode(), random), request=ASKED)
        with ends_well():
            for data in event_texts(response, 100):
                heard(data)


def test_a_damaged_listing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[object] = []
    monkeypatch.setattr(Wire, "listing", lambda _: listed[-1])
    for random in damages(count, seed=SEED + 4):
        listed.append(broken_value(LISTING, random))
        with ends_well():
            facts.server_facts("http://localhost:9/v1")
        with ends_well():
            facts.server_facts("http://localhost:9/v1", name="org/model")


def test_a_damaged_plan(count: int) -> None:
    for random in damages(count, seed=SEED + 5):
        with ends_well():
            parse_plan(damaged(PLAN, random))
