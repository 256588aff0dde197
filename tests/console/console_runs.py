"""A console over the shipped fakes: a small screen with a button, a planner that follows a script, a person's keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from textual.pilot import Pilot

from screenagent.actions import Action, Change, Click, Finish
from screenagent.agent import Agent, Sink
from screenagent.agent.checker import ScreenChecker
from screenagent.agent.inquiry import ScreenAsking
from screenagent.approval import Asker, PolicyApprover
from screenagent.assembly.supervised import SupervisedWork
from screenagent.console.app import Console
from screenagent.console.options import Begin, ConsoleOptions
from screenagent.console.run_screen import RunScreen
from screenagent.console.supervise_screen import SuperviseScreen
from screenagent.control import Control
from screenagent.events import Decision, Event, Plan, PlannedStep
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Pixel, Point, Size
from screenagent.protocols import Guesser
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import Script

SAVE = Click(target="Save")
SIZE = Size(width=320, height=180)
SAVE_AT = Point.of_pixel(Pixel(x=160, y=90), SIZE)
TRASH_AT = Point(x=0.15, y=0.85)
ALWAYS_UNSURE = 1.1
DONE = Finish(success=True, message="saved")


def editor(performed: int) -> Screenshot:
    """A window with two buttons; what was performed is counted in its text."""
    image = Image.new("RGB", (SIZE.width, SIZE.height), "#eceff4")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 320, 18), fill="#34506e")
    draw.text((6, 3), "notes.txt", fill="white")
    draw.text((12, 30), f"{performed} things were done here", fill="black")
    for left, top, words in ((130, 78, "Save"), (22, 140, "Trash")):
        draw.rectangle((left, top, left + 60, top + 24), fill="white", outline="#708090")
        draw.text((left + 18, top + 6), words, fill="black")
    return Screenshot.of(image, window=Window(id=1, title="notes.txt", app="editor"))


def scripted(*actions: Action, thought: str = "The button is in the middle.") -> list[Decision]:
    """One plan that is followed to its end."""
    plan = Plan(steps=tuple(PlannedStep(action=action, expectation=Change()) for action in actions))
    return [Decision(plan=plan, at=at, thought=thought) for at in range(len(actions))]


class Stage:
    """What a test looks at: the console with its run, and the desktop that it works on."""

    def __init__(
        self,
        *actions: Action,
        sinks: Sequence[Sink] = (),
        task: str | None = "save it",
        past: Path | None = None,
        runs: Path = Path("runs"),
        guesser: Guesser | None = None,
        asking: ScreenAsking | None = None,
        virtual_display: str = "",
        **options: Any,
    ) -> None:
        self.guesser = guesser
        self.asking = asking
        self.virtual_display = virtual_display
        self.events: list[Event] = []
        self.desktop = FakeDesktop(screen=editor)
        self.decisions = scripted(*(actions or (SAVE, DONE)))
        self.grounder = FakeGrounder({"Save": SAVE_AT, "Trash": TRASH_AT}, closer={"Save": Point(x=0.52, y=0.52)})
        self.planner = ScriptedPlanner(self.decisions)
        opened_with = ConsoleOptions(**{"ignore_keys_seconds": 0, "runs": runs, **options})
        self.console = Console(lambda task: self.begin, opened_with, play=self.play, task=task, past=past)
        self.played: tuple[str, Mapping[str, str]] | None = None
        self._sinks = (self.events.append, *sinks)

    def play(self, file: Path, script: Script, given: Mapping[str, str]) -> tuple[str, Begin]:
        self.played = file.stem, given
        return script.name, self.begin

    @contextmanager
    def begin(self, control: Control, person: Asker) -> Iterator[SupervisedWork]:
        agent = Agent(
            planner=self.planner,
            grounder=self.grounder,
            approver=PolicyApprover(person),
            desktop=self.desktop,
            checker=ScreenChecker(FakeReader([]), self.grounder),
            control=control,
            guesser=self.guesser,
            min_confidence=ALWAYS_UNSURE if self.guesser else 0.0,
            asking=self.asking,
        )
        yield SupervisedWork(agent, self._sinks, virtual_display=self.virtual_display)

    @property
    def screen(self) -> RunScreen:
        return next(screen for screen in reversed(self.console.screen_stack) if isinstance(screen, RunScreen))

    @property
    def live(self) -> SuperviseScreen:
        assert isinstance(self.screen, SuperviseScreen)
        return self.screen

    def text(self, id: str) -> str:
        """What a part of the screen says."""
        return str(self.screen.query_one(f"#{id}").render())


async def until(pilot: Pilot[Any], holds: Callable[[], object], *, seconds: float = 10) -> None:
    """Let the app work until `holds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        await pilot.pause(0.005)
    await pilot.pause()


def piloted(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine, for pytest."""

    @wraps(test)
    def run(*args: Any, **named: Any) -> None:
        asyncio.run(test(*args, **named))

    return run
