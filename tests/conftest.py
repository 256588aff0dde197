"""What many tests share: a virtual desktop and a tiny checkpoint, each made once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from screenagent.control import Control
from tests.paths import ROOT

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

TESTS: Final = Path(__file__).parent

pytest.register_assert_rewrite("screenagent.desktop.testing.contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files; look at the diff afterwards"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], str]:
    """Return the text that a golden file holds; with `--update-golden` it then holds the text that was found."""

    def expected(file: Path, found: str) -> str:
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(found, "utf-8")
        return file.read_text("utf-8")

    return expected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs torch; and what drives a display, to be tried again: a starved machine may miss its time."""
    for item in items:
        if item.path.is_relative_to(TESTS / "engine") or item.path.is_relative_to(TESTS / "serving"):
            item.add_marker(pytest.mark.engine)
        if item.get_closest_marker("display"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def virtual() -> Iterator[VirtualDesktop]:
    from screenagent.desktop.virtual import VirtualDesktop

    with VirtualDesktop(control=Control()) as desktop:
        yield desktop


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny checkpoint."""
    from screenagent.engine import synthetic

    return synthetic.write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def published() -> Path:
    """Numbers that the published code computes from a tiny checkpoint of its own; kept beside the repository."""
    folder = Path(os.environ.get("SCREENAGENT_GOLDEN", ROOT.parent / "shared" / "golden"))
    if not (folder / "prompts.json").is_file():
        pytest.skip("no ../shared/golden beside the repository, and SCREENAGENT_GOLDEN names none")
    return folder
