"""llama.cpp on tiny random models, one for each way in which thinking is switched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest
from screenagent.models.families.family import Opening, TemplateSwitch, ThinkSwitch

from tests.servers.templates import QWEN

collect_ignore_glob = [] if find_spec("openai") else ["test_*.py"]


@dataclass(frozen=True)
class Switched:
    """A way to switch thinking: a chat template of llama.cpp's (its own model's if None), and what the agent sends."""

    think: ThinkSwitch
    template: str | None = None


SWITCHED: Final = {
    "phi4": Switched(Opening(think="<think>", nothink="<|dummy_84|>")),
    "qwen": Switched(TemplateSwitch(variable="enable_thinking"), QWEN),
}


@dataclass(frozen=True)
class Served:
    """A model that is served: the address without a path, and how its thinking is switched."""

    address: str
    name: str
    think: ThinkSwitch

    @property
    def url(self) -> str:
        return f"{self.address}/v1"


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of the tiny model and of its vision tower."""
    pytest.importorskip("gguf")
    from tests.servers.tiny_gguf import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("phi-4-reasoning-vision-tiny", numbered=False))


@pytest.fixture(scope="session", params=SWITCHED)
def llama(
    request: pytest.FixtureRequest, tiny_gguf: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A model on llama.cpp."""
    pytest.importorskip("xllamacpp")
    from tests.servers.llama_cpp import llama_server

    switched, folder = SWITCHED[request.param], tmp_path_factory.mktemp(request.param)
    template = folder / "template.jinja" if switched.template else None
    if template and switched.template:
        template.write_text(switched.template, "utf-8")
    with llama_server(*tiny_gguf, template=template, log=folder / "log") as address:
        yield Served(address, request.param, switched.think)
