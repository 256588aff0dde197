"""The screen of a run that happens: it asks before anything is sent, and takes no key too early for an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from screenagent.actions import Move
from screenagent.agent import drive
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import AGAIN_SECONDS, QuietTime, TwiceInTime, rejection, reply
from screenagent.console import wording
from screenagent.console.answers import ConsoleAnswers
from screenagent.console.dialogs import PromptScreen
from screenagent.console.options import Begin, ConsoleOptions
from screenagent.console.picture import ScreenPicture
from screenagent.console.run_screen import EventHappened, RunScreen
from screenagent.console.view import PictureView
from screenagent.control import KeyAnswer
from screenagent.episode import Step
from screenagent.events import Approve, Event, LookAgain, Reject, Reviewed, Revise, Skip, Verdict
from screenagent.geometry import Location
from screenagent.runs import telling
from screenagent.sessions.question import OpenQuestion
from screenagent.showing import abridged

ANSWERS: Final = frozenset(("approve", "approve_all", "reject", "edit", "zoom", "skip", "push", "next_place", "pick"))
"""What a key can do about a question."""

WHICH: Final = "do it at the guess of this number, where the agent is not sure"

STEERING: Final = frozenset(("pause", "one_step", "tell", "stop", "take_over"))
"""What a key can do about a run that is not over."""

TICK_SECONDS: Final = 1.0

APPROVE_ALL_HINT: Final = "a again: all of this kind unasked from here on"


@dataclass
class QuestionAsked(Message):
    """The agent waits for an answer."""

    question: ApprovalQuestion


@dataclass
class AnsweredByKey(Message):
    """The user's answer keys were pressed somewhere on the desktop."""

    said: KeyAnswer


@dataclass
class RunBroke(Message):
    """The run came to its end by an error."""

    error: Exception


class SuperviseScreen(RunScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "approve", "Yes", tooltip="do it, where the crosshair is"),
        Binding("n", "reject", "No", tooltip="don't, and say why"),
        Binding("a", "approve_all", "All", tooltip="twice: do it and all of its kind unasked, risky ones aside"),
        Binding("e", "edit", "Edit", tooltip="other words for target, text or keys; located again"),
        Binding("z", "zoom", "Zoom", tooltip="locate it again, closer"),
        Binding("s", "skip", "Skip", tooltip="leave this step out and go on"),
        *(
            Binding(str(number), f"pick({number})", "Which", show=number == 1, key_display="1-9", tooltip=WHICH)
            for number in range(1, 10)
        ),
        Binding("t", "take_over", "Take over", tooltip="you work, the agent waits; again: hand it back"),
        Binding("p", "next_place", "Place", tooltip="move the next of several places"),
        Binding("space", "pause", "Pause", key_display="␣", tooltip="wait after what it is at; again: go on"),
        Binding("full_stop", "one_step", "One step", key_display=".", tooltip="one step, then pause again"),
        Binding("m", "tell", "Tell", tooltip="tell the agent something for its next decision"),
        Binding("escape", "stop", "Stop", tooltip="stop for good: nothing more is sent"),
    ]

    def __init__(self, task: str, begin: Begin, options: ConsoleOptions) -> None:
        super().__init__(options.terminal)
        self.task_words = task
        self.control = options.control()
        self.open_question: OpenQuestion | None = None
        self.accepts_answers = False
        self.broke: Exception | None = None
        self._begin = begin
        self.quiet = QuietTime(options.ignore_keys_seconds)
        self._all = TwiceInTime()
        self._person = ConsoleAnswers(
            self.control,
            lambda asked: self.post_message(QuestionAsked(asked)),
            seconds=options.answer_seconds,
            hears=lambda said: self.post_message(AnsweredByKey(said)),
        )
        self._answer_keys = options.answer_keys
        self._plans_anew = options.plans_anew
        self._taken_over = False
        self._virtual_display = ""
        self._heard_at = time.monotonic()

    def on_mount(self) -> None:
        self.work()
        self.set_interval(TICK_SECONDS, self.tick)

    def tick(self) -> None:
        """Let the clock be seen to go, where nothing else happens for a while."""
        if not self.is_over:
            self._say("facts", wording.facts(self.episode, self.seconds))

    @property
    def seconds(self) -> float:
        since = 0.0 if self.is_over or self.last is None else time.monotonic() - self._heard_at
        return super().seconds + since

    def on_unmount(self) -> None:
        self.control.stop()

    @work(thread=True)
    def work(self) -> None:
        try:
            with self._begin(self.control, self._person) as work:
                self.folder, self._virtual_display = work.folder, work.virtual_display
                drive(work.agent, self.task_words, *work.sinks, self._post)
        except Exception as error:  # noqa: BLE001 - shown here, and raised where the console was opened
            self.post_message(RunBroke(error))
        finally:
            self.control.over.set()

    def _post(self, event: Event) -> None:
        self.post_message(EventHappened(event))

    @on(RunBroke)
    def break_off(self, message: RunBroke) -> None:
        self.broke = message.error
        self._close_question()
        self.show()

    @on(QuestionAsked)
    def ask(self, message: QuestionAsked) -> None:
        self.open_question, self.looked_at = OpenQuestion.of(message.question), None
        if self.open_question.locations:
            self.query_one("#closer").focus()
        self._be_quiet()
        self.show()

    @on(AnsweredByKey)
    def heed_answer_keys(self, message: AnsweredByKey) -> None:
        """Answer as the keys here would, which a line that is being typed keeps from answering, too."""
        if self.app.screen is not self:
            return
        if message.said == "yes" and self.check_action("approve", ()):
            self.action_approve()
        elif message.said == "no" and self.check_action("reject", ()):
            self.answer(rejection(""))

    @on(EventHappened)
    def withdraw(self, message: EventHappened) -> None:
        """Close a question that has been answered, or that nobody answered in time."""
        self._heard_at = time.monotonic()
        if isinstance(message.event, Reviewed) and self.open_question is not None:
            self._close_question()
            self.show()

    def _be_quiet(self) -> None:
        """From here on keys are no answers, until none has come for a while."""
        self.accepts_answers = False
        self.quiet.begin()
        self._accept_when_quiet()

    def _accept_when_quiet(self) -> None:
        if not self.quiet.is_over:
            self.set_timer(self.quiet.left, self._accept_when_quiet)
        elif self.app.screen is self:
            self.accept_answers()

    @on(events.ScreenResume)
    def come_back(self) -> None:
        """Accept answers to a question that came while something else lay over it."""
        if self.open_question is not None and not self.accepts_answers:
            self._be_quiet()

    def accept_answers(self) -> None:
        """From here on keys answer the question."""
        if self.open_question is None or self.accepts_answers:
            return
        self.accepts_answers = True
        self.show()
        if (asked := self.open_question.asked_in_words) is not None:
            self._prompt(PromptScreen("Your answer", hint=asked), self._answered, about=self.question)

    def heed_key(self, key: events.Key) -> None:
        """Hear of every key before it has its turn here. What means nothing here was meant for something else."""
        if key.key != "a":
            self._all.forget()
        if self.open_question is None or self.app.screen is not self:
            return
        if not self.accepts_answers:
            self.quiet.key()
        elif key.is_printable and key.key not in self.active_bindings:
            self._be_quiet()
            self.show()

    def answer(self, verdict: Verdict | None) -> None:
        """Answer the question that is open. A no counts at once, anything else once keys are heeded."""
        if self.open_question is None or not (self.accepts_answers or isinstance(verdict, Reject)):
            return
        self._close_question()
        self._person.answer(verdict)
        self.show_soon()  # the agent comes first

    def _close_question(self) -> None:
        self.open_question, self.accepts_answers = None, False
        self._all.forget()

    def _prompt(
        self, prompt: PromptScreen, use: Callable[[str | None], object], *, about: ApprovalQuestion | None = None
    ) -> None:
        """Ask for a line and use it. A line `about` a question is used only while that is the one that is open."""

        def entered(line: str | None) -> None:
            if about is None or self.question is about:
                use(line)
            if self.open_question is not None:
                self._be_quiet()  # the hands may not know yet that the line is over
                self.show()

        self.app.push_screen(prompt, entered)

    @property
    def question(self) -> ApprovalQuestion | None:
        """What the agent waits for."""
        return self.open_question.asked if self.open_question is not None else None

    @property
    def _shown_question(self) -> OpenQuestion | None:
        """The question that is open, unless an earlier step is looked at."""
        return self.open_question if self.looked_at is None else None

    @property
    def mode(self) -> tuple[object, ...]:
        return *super().mode, id(self.question), self.accepts_answers, self._chosen

    @property
    def opening(self) -> str:
        return self.task_words

    @property
    def how(self) -> telling.State:
        if self.broke is not None and self.episode.ended is None:
            return "broken"
        if self._taken_over:
            return "taken over"
        if self.open_question is not None:
            return "asked"
        return "paused" if self.control.paused else "at work"

    @property
    def plight(self) -> str:
        return super().plight or (str(self.broke) if self.broke and self.episode.ended is None else "")

    @property
    def locations(self) -> tuple[Location, ...]:
        return self._shown_question.locations if self._shown_question else super().locations

    @property
    def _chosen(self) -> int:
        return self._shown_question.chosen if self._shown_question else 0

    def proposal(self, step: Step) -> Content:
        asked = self._shown_question.asked if self._shown_question else None
        if asked:  # an earlier answer is no answer to this
            step = step.model_copy(update={"verdict": None})
        risk = asked.risk if asked else None
        if asked and isinstance(asked.action, Move) and asked.action != step.action:  # what is asked on the way to it
            step = step.model_copy(update={"action": asked.action, "decision": None, "locations": asked.locations})
        said = wording.proposal(step, self.locations, risk=risk, chosen=self._chosen, note=self.note)
        return wording.with_hint(said, self._hint)

    @property
    def _hint(self) -> str:
        """What keys would do about the question that is shown, and how to get to a desktop that is yours by now."""
        if self._taken_over:
            return telling.way_in(self._virtual_display) if self._virtual_display else ""
        if self._shown_question is None or self._shown_question.asked_in_words is not None:
            return ""
        if self._all.begun:
            return APPROVE_ALL_HINT
        anywhere = f"anywhere: {self._answer_keys}" if self._answer_keys else ""
        asked = self._shown_question.asked
        guesses = telling.guess_words(asked.doubt.guesses if asked.doubt else (), self.episode.screenshot)
        notes = (abridged(asked.again), abridged(asked.note))
        return "\n".join(filter(None, (guesses, telling.path_words(asked.path), *notes, anywhere)))

    def view(self, step: Step | None) -> PictureView | None:
        view = super().view(step)
        doubt = self._shown_question.asked.doubt if self._shown_question else None
        guesses = tuple(guess.location for guess in doubt.guesses) if doubt else ()
        return PictureView(view.screenshot, view.locations, self._chosen, guesses) if view else None

    def action_approve(self) -> None:
        assert self.open_question is not None
        self.answer(Approve(locations=self.open_question.new_locations))

    def action_approve_all(self) -> None:
        assert self.open_question is not None
        if self._all.said():
            self.answer(self._person.approve_all(self.open_question.asked, self.open_question.new_locations))
        else:
            self.set_timer(AGAIN_SECONDS, self.show)
        self.show()

    def action_reject(self) -> None:
        self._prompt(PromptScreen("Why not?", hint=self._no_hint), self._rejected, about=self.question)

    @property
    def _no_hint(self) -> str:
        """What a no does here, and what could be meant instead of it."""
        question = self.open_question
        can_reword = question is not None and question.offers("edit")
        return telling.no_hint(plans_anew=self._plans_anew, can_reword=can_reword)

    def _rejected(self, reason: str | None) -> None:
        if reason is not None:
            self.answer(rejection(reason))

    def action_edit(self) -> None:
        assert self.open_question is not None
        title = f"Other words to {self.open_question.asked.action.kind.replace('_', ' ')}"
        self._prompt(PromptScreen(title, value=self.open_question.shown_words), self._edited, about=self.question)

    def _edited(self, words: str | None) -> None:
        if words is None or self.open_question is None:
            return
        try:
            action = self.open_question.reworded(words)
        except ValueError as error:
            self.notify(wording.why_not(error), severity="error")
            return
        self.answer(Revise(action=action))

    def action_zoom(self) -> None:
        assert self.open_question is not None
        self.answer(Revise(action=self.open_question.asked.action, near=self.open_question.locations))

    def action_pick(self, number: int) -> None:
        assert self.open_question is not None
        if (picked := self.open_question.asked.picked(number)) is not None:
            self.answer(picked)

    def action_skip(self) -> None:
        self.answer(Skip())

    def _answered(self, text: str | None) -> None:
        self.answer(reply(text))

    def action_take_over(self) -> None:
        """The user works on the desktop, and hands it back with the same key."""
        self._taken_over = not self._taken_over
        if self._taken_over:
            self.control.pause()
        else:
            self.control.hand_back()
            self.accepts_answers = True
            self.answer(LookAgain())
        self.show()

    def action_next_place(self) -> None:
        assert self.open_question is not None
        self._change(self.open_question.with_next_place())

    @on(ScreenPicture.Pushed)
    def push(self, message: ScreenPicture.Pushed) -> None:
        screen = self.episode.screenshot
        if self.open_question is not None and screen is not None and self.check_action("push", ()):
            self._change(self.open_question.moved_by(message.x, message.y, screen.size))

    @on(ScreenPicture.Pointed)
    def point(self, message: ScreenPicture.Pointed) -> None:
        if self.open_question is not None and self.check_action("push", ()):
            self._change(self.open_question.moved_to(message.point))

    def _change(self, question: OpenQuestion) -> None:
        self.open_question = question
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
        self._prompt(PromptScreen("Tell the agent", hint="it enters the next decision"), self._told)

    def _told(self, text: str | None) -> None:
        if text and text.strip():
            self.control.say(text.strip())
            self.notify(text.strip(), title="Said")

    def action_stop(self) -> None:
        self.control.stop()
        self.open_question = None
        self.show()

    @property
    def is_over(self) -> bool:
        return self.episode.ended is not None or self.broke is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in STEERING:
            return self._can_steer(action)
        if action == "leave":
            return self.is_over
        if action in ANSWERS:
            return self._can_answer(action)
        return super().check_action(action, parameters)

    def _can_steer(self, action: str) -> bool:
        if self.is_over:
            return False
        if action == "one_step":
            return self.control.paused and not self._taken_over
        if action == "pause":
            return not self._taken_over and self.open_question is None
        return True

    def _can_answer(self, action: str) -> bool | None:
        """Not while another step is shown, which is not what would be answered. None shows the key dimmed."""
        question = self._shown_question
        if question is None or self._taken_over or question.asked_in_words is not None or not question.offers(action):
            return False
        return True if self.accepts_answers or action == "reject" else None
