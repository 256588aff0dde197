"""The screen of a run that happens: it asks before anything is sent, and takes no key too early for an answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from screenagent.actions import Ask
from screenagent.agent import drive
from screenagent.approval import ApprovalQuestion
from screenagent.assembly.supervised import SupervisedWork
from screenagent.console import wording
from screenagent.console.answers import ConsoleAnswers
from screenagent.console.picture import ScreenPicture
from screenagent.console.prompt import PromptScreen
from screenagent.console.rewording import reworded, words_of
from screenagent.console.run_screen import EventHappened, RunScreen
from screenagent.console.terminal import Terminal
from screenagent.console.view import PictureView
from screenagent.control import Control
from screenagent.episode import Step
from screenagent.events import (
    AnswerAsk,
    Approve,
    Event,
    LookAgain,
    Reject,
    Reviewed,
    Revise,
    Skip,
    Verdict,
)
from screenagent.geometry import Location, Pixel, Point

DEAF_SECONDS: Final = 0.5
"""How long a question takes no answer: keys that were on their way to something else are not meant for it."""

SWITCH_SECONDS: Final = 0.0005
"""How long drawing may keep the agent from going on; Python's own 5 ms add up over a step."""

ANSWERS: Final = frozenset(("approve", "approve_all", "reject", "edit", "zoom", "skip", "push", "next_place"))


Begin = Callable[[Control, ConsoleAnswers], AbstractContextManager[SupervisedWork]]
"""Opens the desktop and builds the agent, for as long as the run lasts."""


class QuestionAsked(Message):
    """The agent waits for an answer."""

    def __init__(self, question: ApprovalQuestion) -> None:
        super().__init__()
        self.question = question


class RunBroke(Message):
    """The run came to its end by an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class SuperviseScreen(RunScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "approve", "Yes", tooltip="do it, where the crosshair is"),
        Binding("n", "reject", "No", tooltip="don't, and say why"),
        Binding("a", "approve_all", "All", tooltip="do it and all of its kind unasked, risky ones aside"),
        Binding("e", "edit", "Edit", tooltip="other words for target, text or keys; located again"),
        Binding("z", "zoom", "Zoom", tooltip="locate it again, closer"),
        Binding("s", "skip", "Skip", tooltip="leave this step out and go on"),
        Binding("t", "take_over", "Take over", tooltip="you work, the agent waits; again: hand it back"),
        Binding("p", "next_place", "Place", tooltip="move the next of several places"),
        Binding("space", "pause", "Pause", key_display="␣", tooltip="wait after what it is at; again: go on"),
        Binding("full_stop", "one_step", "One step", key_display=".", tooltip="one step, then pause again"),
        Binding("m", "tell", "Tell", tooltip="tell the agent something for its next decision"),
        Binding("escape", "stop", "Stop", tooltip="stop for good: nothing more is sent"),
    ]

    def __init__(
        self,
        task: str,
        begin: Begin,
        control: Control,
        *,
        terminal: Terminal,
        deaf_seconds: float = DEAF_SECONDS,
        answer_seconds: float | None = None,
    ) -> None:
        super().__init__(terminal)
        self.task_words = task
        self.control = control
        self.question: ApprovalQuestion | None = None
        self.heeds = False
        self.broke: Exception | None = None
        self._begin = begin
        self._deaf_seconds = deaf_seconds
        self._person = ConsoleAnswers(
            control, lambda question: self.post_message(QuestionAsked(question)), seconds=answer_seconds
        )
        self._moved: tuple[Location, ...] = ()
        self._chosen = 0
        self._taken_over = False

    def on_mount(self) -> None:
        self.work()

    def on_unmount(self) -> None:
        self.control.stop()

    @work(thread=True)
    def work(self) -> None:
        # The agent lets go of the interpreter at each call to the display, and gets it back only so much later.
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            with self._begin(self.control, self._person) as work:
                self.folder = work.folder
                drive(work.agent, self.task_words, *work.sinks, self._post)
        except Exception as error:  # noqa: BLE001 - shown here, and raised where the console was opened
            self.post_message(RunBroke(error))

    def _post(self, event: Event) -> None:
        self.post_message(EventHappened(event))

    @on(RunBroke)
    def break_off(self, message: RunBroke) -> None:
        self.broke = message.error
        self.show()

    @on(QuestionAsked)
    def ask(self, message: QuestionAsked) -> None:
        self.question, self._moved, self._chosen, self.heeds = message.question, message.question.locations, 0, False
        self.looked_at = None
        if self._moved:
            self.query_one("#closer").focus()
        if self._deaf_seconds:
            self.set_timer(self._deaf_seconds, self.heed)
        else:
            self.heed()
        self.show()

    @on(EventHappened)
    def withdraw(self, message: EventHappened) -> None:
        """What was answered, or not answered in time, is no question any longer."""
        if isinstance(message.event, Reviewed) and self.question is not None:
            self.question, self.heeds = None, False
            self.show()

    def heed(self) -> None:
        """From here on keys answer the question."""
        if self.question is None:
            return
        self.heeds = True
        self.show()
        if isinstance(self.question.action, Ask):
            self.app.push_screen(PromptScreen("Your answer", hint=self.question.action.question), self._answered)

    def answer(self, verdict: Verdict | None) -> None:
        if self.question is None or not self.heeds:
            return
        self.question, self.heeds = None, False
        self._person.answer(verdict)
        self.show_soon()  # the agent comes first

    @property
    def mode(self) -> tuple[object, ...]:
        return *super().mode, id(self.question), self.heeds, self._chosen

    @property
    def opening(self) -> str:
        return self.task_words

    @property
    def how(self) -> wording.State:
        if self.broke is not None and self.episode.ended is None:
            return "broken"
        if self._taken_over:
            return "taken over"
        if self.question is not None:
            return "asked"
        return "paused" if self.control.paused else "at work"

    @property
    def plight(self) -> str:
        return super().plight or (str(self.broke) if self.broke and self.episode.ended is None else "")

    @property
    def locations(self) -> tuple[Location, ...]:
        return self._moved if self.question is not None and self.looked_at is None else super().locations

    def proposal(self, step: Step) -> Content:
        risk = self.question.risk if self.question is not None and self.looked_at is None else None
        return wording.proposal(step, self.locations, risk=risk, chosen=self._chosen, note=self.note)

    def view(self, step: Step | None) -> PictureView | None:
        view = super().view(step)
        return PictureView(view.screenshot, view.locations, self._chosen) if view else None

    def action_approve(self) -> None:
        assert self.question is not None
        self.answer(Approve(locations=self._moved if self._moved != self.question.locations else ()))

    def action_approve_all(self) -> None:
        assert self.question is not None
        self._person.approve_all(self.question.action.kind)
        self.action_approve()

    def action_reject(self) -> None:
        self.app.push_screen(PromptScreen("Why not?", hint="Enter alone just says no"), self._rejected)

    def _rejected(self, reason: str | None) -> None:
        if reason is not None:
            self.answer(Reject(reason=reason.strip() or "the user said no"))

    def action_edit(self) -> None:
        assert self.question is not None
        known = words_of(self.question.action, self._chosen) or ""
        self.app.push_screen(
            PromptScreen(f"Other words to {wording.kind_words(self.question.action)}", value=known), self._edited
        )

    def _edited(self, new: str | None) -> None:
        if new is None or self.question is None:
            return
        try:
            action = reworded(self.question.action, new, self._chosen)
        except ValueError as error:
            self.notify(wording.why_not(error), severity="error")
            return
        self.answer(Revise(action=action))

    def action_zoom(self) -> None:
        assert self.question is not None
        self.answer(Revise(action=self.question.action, near=self._moved))

    def action_skip(self) -> None:
        self.answer(Skip())

    def _answered(self, text: str | None) -> None:
        self.answer(AnswerAsk(text=text) if text else None)

    def action_take_over(self) -> None:
        """The user works on the desktop, and hands it back with the same key."""
        if not self._taken_over:
            self._taken_over = True
            self.control.pause()
        else:
            self._taken_over = False
            self.control.hand_back()
            self.heeds = True
            self.answer(LookAgain())
        self.show()

    def action_next_place(self) -> None:
        self._chosen = (self._chosen + 1) % len(self._moved)
        self.show()

    @on(ScreenPicture.Pushed)
    def push(self, message: ScreenPicture.Pushed) -> None:
        screen = self.episode.screenshot
        if self.check_action("push", ()) and screen is not None:
            size = screen.size
            pixel = self._moved[self._chosen].point.pixel(size)
            x = min(max(pixel.x + message.x, 0), size.width - 1)
            y = min(max(pixel.y + message.y, 0), size.height - 1)
            self._move(Point.of_pixel(Pixel(x=x, y=y), size))

    @on(ScreenPicture.Pointed)
    def point(self, message: ScreenPicture.Pointed) -> None:
        if self.check_action("push", ()):
            self._move(message.point)

    def _move(self, point: Point) -> None:
        moved = Location(point=point, confidence=1.0, by="you")
        self._moved = (*self._moved[: self._chosen], moved, *self._moved[self._chosen + 1 :])
        self.show()

    def action_pause(self) -> None:
        if self.control.paused:
            self.control.resume()
        else:
            self.control.pause()
        self.show()

    def action_one_step(self) -> None:
        self.control.step()
        self.show()

    def action_tell(self) -> None:
        self.app.push_screen(PromptScreen("Tell the agent", hint="it enters the next decision"), self._told)

    def _told(self, text: str | None) -> None:
        if text and text.strip():
            self.control.say(text.strip())
            self.notify(text.strip(), title="Said")

    def action_stop(self) -> None:
        self.control.stop()
        self.question = None
        self.show()

    @property
    def is_over(self) -> bool:
        return self.episode.ended is not None or self.broke is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("pause", "one_step", "tell", "stop", "take_over") and self.is_over:
            return False
        if action == "leave":
            return self.is_over
        if action == "one_step":
            return self.control.paused and not self._taken_over
        if action == "pause":
            return not self._taken_over and self.question is None
        if action not in ANSWERS:
            return super().check_action(action, parameters)
        if self.question is None or self._taken_over or isinstance(self.question.action, Ask):
            return False
        if self.looked_at is not None:  # what stands there is not what would be answered
            return False
        if not self._applies(action, self.question):
            return False
        return True if self.heeds else None

    def _applies(self, action: str, question: ApprovalQuestion) -> bool:
        match action:
            case "edit":
                return words_of(question.action, self._chosen) is not None
            case "zoom" | "push":
                return bool(self._moved)
            case "next_place":
                return len(self._moved) > 1
            case "approve_all":
                return question.risk is None
            case _:
                return True
