"""The screen that shows a run: a fold of its events, whether they happen or are read from the run's folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from screenagent.console import wording
from screenagent.console.graphic import TerminalGraphic
from screenagent.console.picture import ScreenPicture
from screenagent.console.step_list import StepList
from screenagent.console.terminal import Terminal
from screenagent.console.view import PictureView
from screenagent.episode import Episode, Step
from screenagent.events import Decided, Ended, Event, Retried, Thought
from screenagent.geometry import Location
from screenagent.runs import telling
from screenagent.runs.store import with_picture
from screenagent.runs.wording import thought_of
from screenagent.screenshot import Screenshot
from screenagent.showing import visible, visible_lines
from screenagent.usage import Usage

FRAME_SECONDS: Final = 0.25
"""The time from one frame to the next; a question is drawn at once."""

GATHER_SECONDS: Final = 0.02
"""Events that come this close together are drawn in one frame."""

TITLES: Final = {
    "screen": "screen", "closer": "target", "asking": "action", "thinking": "thought", "log": "steps",
    "costs": "time and tokens",
}  # fmt: skip


@dataclass
class EventHappened(Message):
    """An event of the run."""

    event: Event


def says_a_thought(event: Event) -> bool:
    """Whether there is more to show of a decision than its step."""
    return isinstance(event, Thought) or (isinstance(event, Decided) and bool(event.decision.thought))


class StatusLine(Static):
    """A text that is repainted only if it changes, and that has the screen laid out only if it needs other room."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._words = Content("")

    def say(self, words: Content) -> None:
        if not words.is_same(self._words):
            fits = self._fits(words)
            self._words = words
            self.update(words, layout=not fits)

    def _fits(self, words: Content) -> bool:
        height, least, width = self.styles.height, self.styles.min_height, self.styles.width
        if width is not None and width.is_auto and words.cell_length != self._words.cell_length:
            return False
        if height is not None and height.is_cells:
            return True
        floor = int(least.value) - self.gutter.height if least is not None else 0
        columns = self.content_size.width
        return bool(columns) and max(floor, words.get_height({}, columns)) == self.content_size.height


class RunScreen(Screen[None]):
    """Everything on it is a function of the episode, and of which step is looked at."""

    @dataclass
    class Left(Message):
        """The user is done with this run."""

        episode: Episode

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "follow", "Latest", tooltip="back from the log to what happens"),
        Binding("b", "flip", "Before/after", tooltip="the screen before a step of the log, or after it"),
        Binding("q", "leave", "Leave", tooltip="leave a run that is over"),
    ]

    looked_at: reactive[int | None] = reactive(None, init=False)
    """Which step was picked from the log; None follows the run."""

    after: reactive[bool] = reactive(False, init=False)
    """Whether the screen after the picked step is shown, not the one before it."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self.terminal = terminal
        self.episode = Episode()
        self.last: Event | None = None
        self.note = ""
        self._mode: tuple[object, ...] = ()
        self._frame: Timer | None = None
        self._shown_at = 0.0
        self.folder: Path | None = None
        self._read: Screenshot | None = None
        self._thinks = False

    def compose(self) -> ComposeResult:
        yield StatusLine(id="task")
        with Horizontal(id="head"):
            yield StatusLine(id="state")
            yield StatusLine(id="facts")
        with Horizontal(id="body"):
            with Vertical(id="seen"):
                yield self._picture("all", id="screen")
                yield self._picture("target", id="closer")
            with Vertical(id="told"):
                with VerticalScroll(id="asking"):
                    yield StatusLine(id="proposal")
                with VerticalScroll(id="thinking"):
                    yield StatusLine(id="thought")
                yield StepList(id="log")
                yield StatusLine(id="costs")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        for name, title in TITLES.items():
            self.query_one(f"#{name}").border_title = title
        self.query_one("#log").focus()
        self.show()

    def _picture(self, shows: Literal["all", "target"], *, id: str) -> ScreenPicture:
        if self.terminal.pictures == "blocks":
            return ScreenPicture(shows, id=id)
        return TerminalGraphic(shows, id=id, terminal=self.terminal)

    @on(events.ScreenSuspend)
    @on(events.ScreenResume)
    def draw_graphics(self) -> None:
        for picture in self.query(TerminalGraphic):
            picture.draw()

    @on(EventHappened)
    def fold(self, message: EventHappened) -> None:
        self.last = message.event
        self.note = message.event.why if isinstance(message.event, Retried) else self.note
        if message.event.event in ("decided", "acted"):
            self.note = ""
        self._thinks = self._thinks or says_a_thought(message.event)
        self.episode = self.episode.after(message.event)
        if isinstance(message.event, Ended):
            self.show()
        else:
            self.show_soon()

    def show_soon(self) -> None:
        """Show what has happened in the next frame."""
        if self._frame is None:
            since = time.monotonic() - self._shown_at
            self._frame = self.set_timer(max(GATHER_SECONDS, FRAME_SECONDS - since), self.show)

    def show(self) -> None:
        """Bring everything up to date."""
        if self._frame is not None:
            self._frame.stop()
            self._frame = None
        self._shown_at = time.monotonic()
        if self.is_mounted:
            step = self.step
            self._show_words(step)
            self._show_steps()
            self._show_pictures(step)
            self._show_keys()

    def _show_words(self, step: Step | None) -> None:
        self._say("task", visible(self.episode.task or self.opening))
        self._say("state", wording.state(self.episode, self.last, self.how))
        self._say("facts", wording.facts(self.episode, self.seconds))
        self._say("proposal", wording.with_plight(self.proposal(step) if step else Content(""), self.plight))
        self.query_one("#asking").border_title = "action" if self.looked_at is None else f"step {self.looked_at + 1}"
        self._say("thought", visible_lines(thought_of(step)) if step else "")
        self._say("costs", wording.cost_words(self.usage))
        self.set_class(self.how == "asked", "-asked")
        self.set_class(not self._thinks, "-thoughtless")

    def _show_steps(self) -> None:
        log = self.query_one(StepList)
        log.show(list(telling.rows(self.episode)))
        if self.looked_at is None:
            self.query_one("#thinking", VerticalScroll).scroll_end(animate=False)
            log.highlighted = len(self.episode.steps) - 1 if self.episode.steps else None

    def _show_pictures(self, step: Step | None) -> None:
        view = self.view(step)
        for picture in self.query(ScreenPicture):
            picture.show(view)

    def _show_keys(self) -> None:
        if self._mode != (mode := self.mode):
            self._mode = mode
            self.refresh_bindings()  # composes the whole footer anew

    @property
    def mode(self) -> tuple[object, ...]:
        """All that decides which keys there are."""
        return self.how, self.looked_at is None, self.episode.ended is None

    @property
    def opening(self) -> str:
        return ""

    @property
    def how(self) -> telling.State:
        return "paused" if self.episode.paused else "at work"

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return self.last.at if self.last else 0.0

    @property
    def step(self) -> Step | None:
        """The one that is looked at."""
        if self.looked_at is not None and self.looked_at < len(self.episode.steps):
            return self.episode.steps[self.looked_at]
        return self.episode.current

    @property
    def plight(self) -> str:
        """Why it came to no good end; for where the end is looked at."""
        ended = self.episode.ended
        return ended.message if ended and ended.result != "done" and self.looked_at is None else ""

    @property
    def usage(self) -> Usage:
        """Of the step that is looked at; in the end, of all."""
        if self.episode.ended is not None and self.looked_at is None:
            return sum((step.usage for step in self.episode.steps), Usage())
        return self.step.usage if self.step else Usage()

    @property
    def locations(self) -> tuple[Location, ...]:
        return self.step.locations if self.step else ()

    def proposal(self, step: Step) -> Content:
        return wording.proposal(step, self.locations, note=self.note)

    def view(self, step: Step | None) -> PictureView | None:
        screen = self._screen(step)
        if screen is None:
            return None
        locations = () if step is None or screen is not step.before else self.locations
        if screen.image is None:
            screen = self._kept(screen)
        return PictureView(screen, locations) if screen.image is not None else None

    def _kept(self, screen: Screenshot) -> Screenshot:
        """Return the screenshot with its picture from the disk: of a long run only the last pictures are in memory."""
        if self.folder is not None and (self._read is None or self._read.digest != screen.digest):
            self._read = with_picture(screen, self.folder)
        return self._read or screen

    def _screen(self, step: Step | None) -> Screenshot | None:
        """What was decided on, or what came of it: for a run that is followed, what is newer."""
        if step is None:
            return self.episode.screenshot
        if self.looked_at is None:
            return self.episode.screenshot if step.acted or step.closed else step.before
        return step.after if self.after and step.after else step.before

    def _say(self, id: str, words: Content | str) -> None:
        self.query_one(f"#{id}", StatusLine).say(Content(words) if isinstance(words, str) else words)

    @on(StepList.Picked)
    def look_at(self, message: StepList.Picked) -> None:
        latest = len(self.episode.steps) - 1
        if message.index <= latest:
            self.looked_at = message.index if message.index < latest else None

    def watch_looked_at(self) -> None:
        self.show()

    def watch_after(self) -> None:
        self.show()

    def action_follow(self) -> None:
        self.looked_at = None

    def action_flip(self) -> None:
        self.after = not self.after

    def action_leave(self) -> None:
        self.post_message(self.Left(self.episode))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        if action in ("follow", "flip"):
            return self.looked_at is not None
        return action != "push"
