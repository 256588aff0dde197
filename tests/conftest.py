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

FLAKY: Final[dict[str, str]] = {
    "tests/desktop/test_contract.py::TestLocalDesktopOnTheSecondOfTwoMonitors::"
    "test_the_settled_screen_shows_an_answer_however_late_beside_a_caret_and_a_clock": "the probe's answer has to be "
    "drawn before settling gives up, which a machine that others use may not manage",
    "tests/diagnostics/test_offline.py::test_a_whole_task_is_done_without_a_network_and_beside_other_displays": "on a "
    "starved machine a program of the virtual desktop was once seen to open an AF_INET socket on this machine",
}
"""Tests that are tried again twice when they fail, at most five: the id of each, and what it cannot wait for."""

TRIED_ONCE_MORE: Final = ("display", "slow", "wayland")
"""Marks of tests that share real time with other programs, where a starved machine can miss a moment; each such test is
tried once more, and the summary says so."""

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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that need torch, give display tests more time, and let the flaky ones be tried again."""
    for item in items:
        if item.path.is_relative_to(TESTS / "engine") or item.path.is_relative_to(TESTS / "serving"):
            item.add_marker(pytest.mark.engine)
        if item.get_closest_marker("display") or item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.timeout(300))
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.timeout(3600))
        if item.nodeid in FLAKY:
            item.add_marker(pytest.mark.flaky(reruns=2))
        elif any(item.get_closest_marker(mark) for mark in TRIED_ONCE_MORE):
            item.add_marker(pytest.mark.flaky(reruns=1))
    gone = FLAKY.keys() - {item.nodeid for item in items}
    if gone and config.args == config.getini("testpaths"):
        raise pytest.UsageError(f"no longer there, but listed as flaky: {', '.join(sorted(gone))}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the reruns, so that a test that fails every third time does not pass for a sound one."""
    reruns = terminalreporter.stats.get("rerun", [])
    terminalreporter.write_line(f"flaky: {len(reruns)} tests were tried again")
    for report in reruns:
        terminalreporter.write_line(f"flaky: {report.nodeid} was tried again")


@pytest.fixture(scope="session", autouse=True)
def no_model_is_proven_beforehand(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["SCREENAGENT_PROVEN_MODELS"] = str(tmp_path_factory.mktemp("proven") / "models.json")


@pytest.fixture(scope="session", autouse=True)
def nothing_waits_beforehand(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["SCREENAGENT_INBOX"] = str(tmp_path_factory.mktemp("inbox"))


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
