from __future__ import annotations

import base64
import io
import json
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import httpx2
import pytest
import torch
import uvicorn
from PIL import Image
from starlette.testclient import TestClient

from screenagent.engine.engine import Engine
from screenagent.models.remote import connect_server
from screenagent.models.vision import Finished as ModelFinished
from screenagent.models.vision import Numbers
from screenagent.models.vision import Request as ModelRequest
from screenagent.models.vision import TextChunk as ModelSaid
from screenagent.models.vision import TokenBudget as ModelBudget
from screenagent.screenshot import Screenshot
from screenagent.serving.request import Completion
from screenagent.serving.server import ServedReply, Service, application, listening
from tests.engine.pictures import pattern


@pytest.fixture(scope="module")
def client(tiny: Path) -> Iterator[TestClient]:
    engine = Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32)
    with TestClient(application(engine), base_url="http://localhost") as client:
        yield client


def data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


SCREEN = {"type": "image_url", "image_url": {"url": data_url(pattern(320, 200, 5))}}


def question(**asked: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "Where is it?"}, SCREEN]
    return {"messages": [{"role": "user", "content": content}], "max_tokens": 40, "mode": "nothink"} | asked


def ask(client: TestClient, **asked: Any) -> dict[str, Any]:
    response = client.post("/v1/chat/completions", json=question(**asked))
    assert response.status_code == 200, response.text
    answered: dict[str, Any] = response.json()
    return answered


def test_a_box_about_a_picture(client: TestClient) -> None:
    answered = ask(client, structured_outputs={"numbers": 4})
    assert answered["choices"][0]["message"]["content"].count(",") == 3
    assert answered["choices"][0]["finish_reason"] == "stop"
    assert answered["usage"]["prompt_tokens"] > 200


def test_an_answer_by_json_schema(client: TestClient) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "boolean"}}}
    assert ask(client, response_format=form)["choices"][0]["message"]["content"] in ("true", "false")


def test_the_stream_says_the_same_as_the_whole(client: TestClient) -> None:
    asked = {"mode": "think", "thought_tokens": 6, "max_tokens": 9}
    whole = ask(client, **asked)["choices"][0]
    response = client.post("/v1/chat/completions", json=question(stream=True, **asked))
    *lines, done = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    chunks = [json.loads(line) for line in lines]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert done == "[DONE]"
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == whole["message"]["reasoning_content"]
    assert "".join(delta.get("content", "") for delta in deltas) == whole["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == whole["finish_reason"] == "length"
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] == 6


def test_the_next_question_finds_the_screen_in_the_cache(client: TestClient) -> None:
    ask(client)
    details = ask(client)["usage"]["prompt_tokens_details"]
    assert details["cached_tokens"] > 200


def test_a_system_message_opens_the_first_users_text(client: TestClient) -> None:
    with_system = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    joined = [{"role": "user", "content": "Be brief.\n\nHello"}]
    assert ask(client, messages=with_system)["usage"] | {"prompt_tokens_details": None} == ask(client, messages=joined)[
        "usage"
    ] | {"prompt_tokens_details": None}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "has to be a user's"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "role"),
        ({"temperature": -1}, "temperature"),
        ({"structured_outputs": {"regex": "a["}}, "no grammar"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "user", "content": "x" * 9000}]}, "more than 8192"),
        ({"mode": "loud"}, "mode"),
    ],
)
def test_what_the_client_can_mend_is_said_with_status_400(client: TestClient, asked: dict[str, Any], why: str) -> None:
    response = client.post("/v1/chat/completions", json=question(**asked))
    assert (response.status_code, why in response.json()["error"]["message"]) == (400, True), response.text


@pytest.mark.parametrize(
    "url",
    ["https://example.com/screen.png", "file:///etc/passwd", "data:image/png;base64,AAAA", "data:image/png;base64,%"],
)
def test_a_picture_comes_in_the_request_or_not_at_all(client: TestClient, url: str) -> None:
    content = [{"type": "image_url", "image_url": {"url": url}}]
    response = client.post("/v1/chat/completions", json=question(messages=[{"role": "user", "content": content}]))
    assert response.status_code == 400
    assert "picture" in response.json()["error"]["message"]


@pytest.fixture(scope="module")
def served(tiny: Path) -> Iterator[Path]:
    """A server on a Unix socket, and the socket's path."""
    engine = Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32)
    server = uvicorn.Server(uvicorn.Config(application(engine), log_level="warning"))
    with TemporaryDirectory() as folder, listening(Path(folder) / "engine.sock", 0) as ear:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [ear]})
        thread.start()
        yield Path(folder) / "engine.sock"
        server.should_exit = True
        thread.join()


def connected(path: Path) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost", timeout=60)


def test_only_this_user_can_open_the_socket(served: Path) -> None:
    assert stat.S_IMODE(served.stat().st_mode) == 0o600


def test_a_client_that_leaves_in_the_middle_lets_the_next_one_in(served: Path) -> None:
    with connected(served) as client:
        with client.stream("POST", "/v1/chat/completions", json=question(stream=True, max_tokens=4000)) as response:
            next(response.iter_lines())
        assert client.post("/v1/chat/completions", json=question(max_tokens=3)).status_code == 200


def test_a_socket_that_is_taken_is_named(served: Path) -> None:
    with pytest.raises(OSError, match=r"engine\.sock is taken"), listening(served, 0):
        pass


def test_a_reply_that_is_left_ends_and_frees_the_engine(tiny: Path) -> None:
    engine = Engine.load(tiny, device=torch.device("cpu"), dtype=torch.float32)
    service = Service(engine, threading.Lock())
    asked = Completion.model_validate(question(max_tokens=4000))
    reply = ServedReply(service, asked)
    next(reply)
    reply.leave()
    assert next(ServedReply(service, asked))


def test_a_page_under_another_name_is_not_answered(client: TestClient) -> None:
    assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/v1/models").json()["data"][0]["id"] == "phi-4-reasoning-vision"


@pytest.mark.parametrize("mode", ["nothink", "think"])
def test_the_projects_own_client_finds_it_by_its_socket(served: Path, mode: Literal["nothink", "think"]) -> None:
    model = connect_server(f"unix:{served}")
    asked = ModelRequest(text="Where is it?", pictures=(Screenshot.of(pattern(320, 200, 5)),))
    budget = ModelBudget(thought=8, answer=64)
    with closing(model):
        *said, last = model.generate(asked, mode=mode, grammar=Numbers(count=4), budget=budget)
    answer = "".join(piece.text for piece in said if isinstance(piece, ModelSaid) and piece.part == "answer")
    thought = "".join(piece.text for piece in said if isinstance(piece, ModelSaid) and piece.part == "thought")
    assert re.fullmatch(r"\[[01]\.\d{1,4}(, [01]\.\d{1,4}){3}\]", answer)
    assert bool(thought) == (mode == "think")
    assert isinstance(last, ModelFinished)
    assert last.reason == "end"
