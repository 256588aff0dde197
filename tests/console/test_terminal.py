"""The console in a real terminal, on a real desktop."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screenagent.actions import PressKeys
from screenagent.geometry import Pixel
from screenagent.protocols import Retry
from screenagent.runs.store import read_events, recorded_runs
from tests.builders import becomes
from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

CONSOLE = (800, 100, 1000, 300)
"""A part of the xterm, in pixels of the display."""

pytestmark = pytest.mark.display


def place(text: str) -> Pixel:
    """Where the console says that the action goes."""
    found = re.search(r"at \((\d+), (\d+)\)", text)
    assert found is not None, text
    return Pixel(x=int(found[1]), y=int(found[2]))


def test_a_click_lands_where_it_was_moved_to(virtual: VirtualDesktop, tmp_path: Path) -> None:
    from screenagent.desktop.testing.probe import Probe

    command = [sys.executable, "-m", "screenagent", "run", "click “two”", "--runs", str(tmp_path)]
    with Probe(virtual.display) as probe, Terminal(command, environment={"DISPLAY": virtual.display}) as terminal:
        found = place(terminal.wait_for("asks you"))
        assert abs(found.x - probe.pixel("two").x) < 40
        while not terminal.shows("moved from", seconds=1):  # keys of the first half second do not count
            terminal.press("Right")
        moved = place(terminal.text())
        assert (moved.x, moved.y) == (found.x + 1, found.y)
        terminal.press("S-Down")
        terminal.wait_for(f"({moved.x}, {moved.y + 10})")
        probe.drain()
        assert probe.of("press") == []
        terminal.press("y")
        press = probe.wait_for("press", seconds=30)
        assert (press["x"], press["y"]) == (moved.x, moved.y + 10)
        terminal.wait_for("q Leave")
        terminal.press("q")
        terminal.wait_for("1 step performed")
        terminal.wait_for("recorded in ")


def test_the_text_goes_where_it_was_meant_though_it_was_approved_in_a_terminal_beside_it(
    virtual: VirtualDesktop, tmp_path: Path
) -> None:
    """The console sits on the desktop that it drives, and a second process is the human who presses its keys.

    It shows “two”, which is to be clicked, several times itself; and it waits for a `y` when the agent types some.
    """
    from screenagent.desktop.testing.probe import Probe

    task = "click “two”, type 'yyyy', click “three”"
    code = tmp_path / "code"
    console = [sys.executable, "-m", "screenagent", "run", task, "--runs", str(tmp_path / "runs")]
    script = f"{shlex.join(console)}; echo $? > {shlex.quote(str(code))}"
    terminal = ["xterm", "-geometry", "80x24+720+60", "-e", "sh", "-c", script]
    with Probe(virtual.display) as probe, ended(terminal, virtual.environment) as xterm:
        human = Human(virtual, tmp_path / "runs")
        for answered in (1, 2):
            human.waits_until(lambda answered=answered: human.count("grounded") >= answered)  # type: ignore[misc]
            human.presses("y", until=lambda answered=answered: human.count("reviewed") >= answered)  # type: ignore[misc]
        probe.wait_for("text", text="yyyy", seconds=30)
        human.waits_until(lambda: human.count("grounded") >= 3)
        assert not human.sees(lambda: human.count("reviewed") > 2, seconds=1)
        human.presses("y", until=lambda: human.count("ended") == 1)
        human.presses("q", until=code.is_file)
        xterm.wait(20)
        probe.drain()
    assert code.read_text() == "0\n"
    [run] = recorded_runs(tmp_path / "runs")
    seen = [event.screenshot for event in read_events(run) if event.event == "observed"]
    assert {tuple(screen.pixels.crop(CONSOLE).getcolors() or ()) for screen in seen} == {((200 * 200, (128,) * 3),)}
    assert all(screen.covered for screen in seen)
    places = [probe.pixel("two"), probe.pixel("three")]
    assert [
        (abs(press["x"] - place.x) < 60, abs(press["y"] - place.y) < 22)
        for press, place in zip(probe.of("press"), places, strict=True)
    ] == [(True, True)] * 2


def test_the_terminal_is_in_front_while_it_asks_and_the_application_when_it_has_been_answered(
    virtual: VirtualDesktop, tmp_path: Path
) -> None:
    """Nobody goes to the terminal here: every `y` is pressed wherever the keys go."""
    from screenagent.desktop.testing.probe import Probe
    from screenagent.desktop.testing.synthetic_user import SyntheticPerson
    from screenagent.desktop.x11.windows import X11Windows

    task = "click “two”, type 'abba', click “three”"
    terminal = ["xterm", "-geometry", "80x24+720+60", "-e", sys.executable, "-m", "screenagent", "run", task]
    with (
        Probe(virtual.display) as probe,
        SyntheticPerson(virtual.display) as person,
        closing(X11Windows(virtual.display)) as windows,
        ended([*terminal, "--runs", str(tmp_path)], virtual.environment),
    ):
        human = Human(virtual, tmp_path)

        def in_front() -> str:
            front = windows.foreground()
            return front.app.lower() if front else ""

        for question in (1, 2, 3):
            human.waits_until(lambda question=question: human.count("grounded") >= question)  # type: ignore[misc]
            human.waits_until(lambda: in_front() == "xterm")
            while human.count("reviewed") < question:
                person.does("tap", "y")
                human.sees(lambda question=question: human.count("reviewed") >= question, seconds=1)  # type: ignore[misc]
        human.waits_until(lambda: human.count("ended") == 1)
        probe.drain()
        assert "".join(event["text"] for event in probe.of("text"))[-4:] == "abba"
        assert [press["button"] for press in probe.of("press")] == [1, 1]
        assert "y" not in str(probe.of("text"))


@pytest.mark.parametrize(
    "task", ["click File then Save As", pytest.param("open the File menu, click Save As", marks=pytest.mark.soak)]
)
def test_a_menu_is_gone_through_with_one_answer_in_a_terminal_beside_the_application(
    virtual: VirtualDesktop, tmp_path: Path, task: str
) -> None:
    from screenagent.desktop.testing.synthetic_user import SyntheticPerson
    from screenagent.desktop.x11.windows import X11Windows

    terminal = ["xterm", "-geometry", "60x24+760+300", "-e", sys.executable, "-m", "screenagent", "run", task]
    with (
        ended(["mousepad"], virtual.environment),
        SyntheticPerson(virtual.display) as person,
        closing(X11Windows(virtual.display)) as windows,
    ):
        human = Human(virtual, tmp_path)
        human.waits_until(lambda: any(window.app == "Mousepad" for window in windows.all()))
        with ended([*terminal, "--runs", str(tmp_path)], virtual.environment):
            human.waits_until(lambda: human.count("grounded") == 1)
            while human.count("reviewed") < 1:
                person.does("tap", "y")
                human.sees(lambda: human.count("reviewed") == 1, seconds=1)
            human.waits_until(lambda: any(window.title == "Save As" for window in windows.all()), seconds=20)
            human.waits_until(lambda: human.count("ended") == 1)
        assert human.count("acted") == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(("move", "click", "y"), id="a click", marks=pytest.mark.soak),
        pytest.param(("ctrl", "alt", "y"), id="answer keys"),
    ],
)
def test_an_entry_that_is_asked_about_while_its_menu_is_open_is_clicked(
    virtual: VirtualDesktop, tmp_path: Path, answer: tuple[str, ...]
) -> None:
    """The menu has the keys: a click into the terminal closes it, and the answer keys are heard all the same."""
    from screenagent.desktop.testing.synthetic_user import SyntheticPerson
    from screenagent.desktop.x11.windows import X11Windows

    policy = tmp_path / "policy.yaml"
    policy.write_text("rules: [{then: ask, because: it is asked about by itself, target: Save As}]\n")
    task = ["run", "open the File menu, click Save As", "--policy", str(policy), "--runs", str(tmp_path)]
    terminal = ["xterm", "-geometry", "60x24+760+300", "-e", sys.executable, "-m", "screenagent", *task]
    with (
        ended(["mousepad"], virtual.environment),
        SyntheticPerson(virtual.display) as person,
        closing(X11Windows(virtual.display)) as windows,
    ):
        human = Human(virtual, tmp_path)
        human.waits_until(lambda: any(window.app == "Mousepad" for window in windows.all()))
        with ended(terminal, virtual.environment):
            human.waits_until(lambda: human.count("grounded") == 1)
            while human.count("reviewed") < 1:
                person.does("tap", "y")
                human.sees(lambda: human.count("reviewed") == 1, seconds=1)
            human.waits_until(lambda: human.count("grounded") == 2)
            assert windows.floating().popups
            while human.count("reviewed") < 2:
                if answer[0] == "move":
                    person.does("move", "900", "325")  # the head line: a click on the picture would move the target
                    person.does("click")
                person.does("tap", *answer[-1:] if answer[0] == "move" else answer)
                human.sees(lambda: human.count("reviewed") == 2, seconds=1)
            human.waits_until(lambda: any(window.title == "Save As" for window in windows.all()), seconds=20)
            human.waits_until(lambda: human.count("ended") == 1)
        assert (human.count("retried") > 0) is (answer[0] == "move")


@contextmanager
def ended(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlast the test."""
    with subprocess.Popen(command, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


class Human:
    """Brings the console to the front and presses its keys, from a process that the agent does not know."""

    def __init__(self, virtual: VirtualDesktop, runs: Path) -> None:
        self._virtual = virtual
        self._runs = runs

    def count(self, event: str) -> int:
        """How many of these events the log of the run holds."""
        return sum(log.read_text().count(f'"event":"{event}"') for log in self._runs.glob("*/events.jsonl"))

    def waits_until(self, holds: Callable[[], bool], *, seconds: float = 60) -> None:
        assert self.sees(holds, seconds=seconds), "it did not come about"

    def presses(self, key: str, *, until: Callable[[], bool]) -> None:
        """As often as it takes: in the first half second of a question it is not heard."""
        from screenagent.desktop.testing.contract import perform_input
        from screenagent.desktop.x11.windows import X11Windows

        with closing(X11Windows(self._virtual.display)) as windows:
            console = next(window for window in windows.all() if window.app.lower() == "xterm")
        for _ in range(20):
            with suppress(Retry):  # the agent has just brought its own window to the front
                self._virtual.desktop.activate(console)
                perform_input(self._virtual.desktop, PressKeys(keys=(key,)))
            if self.sees(until, seconds=1):
                return
        raise TimeoutError(f"{key} was not heard")

    def sees(self, what: Callable[[], bool], *, seconds: float) -> bool:
        return becomes(what, seconds=seconds)
