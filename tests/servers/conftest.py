"""llama.cpp with tiny random models, one for each way to switch reasoning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from screenagent.models.families import Family, family_named
from tests.paths import ROOT
from tests.servers.table import Table
from tests.servers.templates import QWEN

if TYPE_CHECKING:
    from tests.servers.whole_runs import Figures

collect_ignore_glob = [] if find_spec("openai") else ["test_*.py"]


MODELS: Final = ROOT / "docs" / "models.md"
TEMPLATES: Final = {"phi4": None, "qwen3": QWEN}
"""A family for each way to switch reasoning, and its chat template (None for the one in the model's file)."""


@dataclass(frozen=True)
class Served:
    """A model on a server: the server's address without a path, and the family whose prompts it gets."""

    address: str
    family: Family

    @property
    def url(self) -> str:
        return f"{self.address}/v1"


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of the tiny model and of its vision encoder."""
    pytest.importorskip("gguf")
    from tests.servers.tiny_gguf import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("phi-4-reasoning-vision-tiny", numbered=False))


@pytest.fixture(scope="session", params=TEMPLATES)
def llama(
    request: pytest.FixtureRequest, tiny_gguf: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve a model with llama.cpp."""
    pytest.importorskip("xllamacpp")
    from tests.servers.llama_cpp import llama_server

    template, folder = TEMPLATES[request.param], tmp_path_factory.mktemp(request.param)
    with llama_server(*tiny_gguf, template=template, log=folder / "log") as address:
        yield Served(address, family_named(request.param))


class WholeRuns:
    """The figures of whole runs, by the family that planned them."""

    def __init__(self) -> None:
        self.by_family: dict[str, Figures] = {}

    def add(self, family: str, found: Figures) -> None:
        earlier = self.by_family.get(family)
        self.by_family[family] = earlier + found if earlier else found


TABLE: Final = pytest.StashKey[Table]()
WHOLE_RUNS: Final = pytest.StashKey[WholeRuns]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = Table()
    config.stash[WHOLE_RUNS] = WholeRuns()


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Table:
    """Return the results of this test run, which are written at its end."""
    return pytestconfig.stash[TABLE]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the results of a full test run into the guide; print those of a partial one."""
    table = session.config.stash[TABLE]
    if not table.rows:
        return
    from tests.servers.test_elsewhere import ELSEWHERE

    if len(table.rows) < len(ELSEWHERE) or not table.write(MODELS):
        print(f"\n{table}")


@pytest.fixture(scope="session")
def whole_runs(pytestconfig: pytest.Config) -> WholeRuns:
    """Return the figures of the whole runs, which are printed at the end."""
    return pytestconfig.stash[WHOLE_RUNS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for family, found in config.stash[WHOLE_RUNS].by_family.items():
        terminalreporter.write_line(f"whole runs, planned as {family} does: {found.model_dump_json()}")
