"""The screen of a run that happens: it asks before anything is sent, and takes no key too early for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content

from screenagent.actions import Move
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import AGAIN_SECONDS, QuietTime, TwiceInTime
from screenagent.console import wording
from screenagent.console.attached_screen import STEERING_KEYS, AttachedScreen, RunBroke
from screenagent.console.dialogs import PromptScreen
from screenagent.console.options import ConsoleOptions
from screenagent.console.own_run import OwnRun
from screenagent.console.picture import ScreenPicture
from screenagent.console.view import PictureView
from screenagent.control import KeyAnswer
from screenagent.episode import Step
from screenagent.geometry import Location, Point
from screenagent.runs import telling
from screenagent.sessions.answers import Answer, AnswerInWords, AtGuess, Closer, LeaveOut, No, OtherWords, Yes, YesToAll
from screenagent.sessions.attachment import Attachment, News
from screenagent.sessions.messages import KeyTold, QuestionClosed, QuestionTold
from screenagent.sessions.messages import Message as Told
from screenagent.sessions.question import OpenQuestion
from screenagent.showing import abridged

ANSWERS: Final = frozenset(("approve", "approve_all", "reject", "edit", "zoom", "skip", "push", "next_place", "pick"))
"""What a key can do about a question."""

WHICH: Final = "do it at the guess of this number, where the agent is not sure"

APPROVE_ALL_HINT: Final = "a again: all of this kind unasked from here on"


class SuperviseScreen(AttachedScreen):
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
        *STEERING_KEYS,
    ]

    def __init__(
        self, attach: Callable[[News], Attachment], options: ConsoleOptions, *, own: OwnRun | None = None
    ) -> None:
        super().__init__(attach, options, own=own)
        self.open_question: OpenQuestion | None = None
        self.question_id = ""
        self.accepts_answers = False
        self.quiet = QuietTime(options.ignore_keys_seconds)
        self._all = TwiceInTime()

    def heed(self, message: Told) -> None:
        match message:
            case QuestionTold():
                self.show_question(message)
            case QuestionClosed(id=self.question_id):
                self.question_id = ""
                self._close_question()
                self.show_soon()  # the agent comes first
            case KeyTold(to=self.attachment.id, question=self.question_id, said=said):
                self._heed_answer_keys(said)
            case _:
                super().heed(message)

    def hold_changed(self) -> None:
        if self.open_question is not None:
            self._be_quiet()
        super().hold_changed()

    @on(RunBroke)
    def withdraw(self) -> None:
        self._close_question()

    def show_question(self, told: QuestionTold) -> None:
        self.open_question, self.looked_at = OpenQuestion.of(told.on(self.episode)), None
        self.question_id = told.id
        if self.open_question.locations:
            self.query_one("#closer").focus()
        self._be_quiet()
        self.show()

    def _heed_answer_keys(self, said: KeyAnswer) -> None:
        """Answer as the keys here would, which a line that is being typed keeps from answering, too."""
        if self.app.screen is not self:
            return
        if said == "yes" and self.check_action("approve", ()):
            self.action_approve()
        elif said == "no" and self.check_action("reject", ()):
            self.answer(No())

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

    def answer(self, answer: Answer) -> None:
        """Answer the question that is open. A no counts at once, anything else once keys are heeded."""
        if self.open_question is None or not (self.accepts_answers or isinstance(answer, No)):
            return
        question, shown = self.question_id, self.open_question
        self._close_question()
        self.ask_run(lambda: self.attachment.answer(question, answer), refused=lambda: self._ask_again(question, shown))
        self.show_soon()  # the agent comes first

    def _ask_again(self, question: str, shown: OpenQuestion) -> None:
        """Show a question whose answer did not count, if it is still open."""
        if self.question_id == question:
            self.open_question = shown
            self._be_quiet()
            self.show()

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
    def how(self) -> telling.State:
        how = super().how
        return "asked" if self.open_question is not None and how not in ("broken", "taken over") else how

    @property
    def locations(self) -> tuple[Location, ...]:
        return self._shown_question.locations if self._shown_question else super().locations

    @property
    def _new_points(self) -> tuple[Point, ...]:
        """Where the person has moved the action's places to; empty if they are where they were."""
        return tuple(place.point for place in self.open_question.new_locations) if self.open_question else ()

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
        if self.taken_over:
            display = self.attachment.about.display
            return telling.way_in(display) if display else ""
        if self._shown_question is None or self._shown_question.asked_in_words is not None:
            return ""
        if self._all.begun:
            return APPROVE_ALL_HINT
        if not self.holds:
            return f"{abridged(self._holder.name) or 'nobody'} holds the yes; h takes it"
        keys = self.attachment.about.answer_keys
        anywhere = f"anywhere: {keys}" if keys else ""
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
        self.answer(Yes(points=self._new_points))

    def action_approve_all(self) -> None:
        assert self.open_question is not None
        if self._all.said():
            self.answer(YesToAll(points=self._new_points))
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
        return telling.no_hint(plans_anew=self.attachment.about.plans_anew, can_reword=can_reword)

    def _rejected(self, reason: str | None) -> None:
        if reason is not None:
            self.answer(No(reason=reason))

    def action_edit(self) -> None:
        assert self.open_question is not None
        title = f"Other words to {self.open_question.asked.action.kind.replace('_', ' ')}"
        self._prompt(PromptScreen(title, value=self.open_question.shown_words), self._edited, about=self.question)

    def _edited(self, words: str | None) -> None:
        if words is None or self.open_question is None:
            return
        try:
            self.open_question.reworded(words)
        except ValueError as error:
            self.notify(wording.why_not(error), severity="error")
            return
        self.answer(OtherWords(words=words, place=self.open_question.chosen))

    def action_zoom(self) -> None:
        assert self.open_question is not None
        self.answer(Closer(points=self._new_points))

    def action_pick(self, number: int) -> None:
        assert self.open_question is not None
        if self.open_question.asked.picked(number) is not None:
            self.answer(AtGuess(number=number))

    def action_skip(self) -> None:
        self.answer(LeaveOut())

    def _answered(self, text: str | None) -> None:
        self.answer(AnswerInWords(text=text or ""))

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

    def action_tell(self) -> None:
        self._prompt(PromptScreen("Tell the agent", hint="it enters the next decision"), self._told)

    def _told(self, text: str | None) -> None:
        if text and text.strip():
            self.steer("say", text.strip())
            self.notify(text.strip(), title="Said")

    def action_stop(self) -> None:
        self.open_question = None
        super().action_stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ANSWERS:
            return self._can_answer(action)
        if action == "pause" and self.open_question is not None:
            return False
        return super().check_action(action, parameters)

    def _can_answer(self, action: str) -> bool | None:
        """Not while another step is shown, which is not what would be answered. None shows the key dimmed."""
        question = self._shown_question
        if (
            question is None
            or self.taken_over
            or not self.holds
            or question.asked_in_words is not None
            or not question.offers(action)
        ):
            return False
        return True if self.accepts_answers or action == "reject" else None
