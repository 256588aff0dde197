"""A terminal at which a run is seen line by line, and at which its questions are asked while it holds the yes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from screenagent.approval import ApprovalQuestion
from screenagent.cli.output import echo
from screenagent.cli.terminal import TerminalQuestion, TypedAnswer, unanswered_line
from screenagent.episode import Episode
from screenagent.runs.wording import question_words
from screenagent.sessions.answers import Answer, AnswerInWords, AtGuess, No, Nothing, StopRun, Yes, YesToAll
from screenagent.sessions.attachment import Attachment, News, NotGranted
from screenagent.sessions.messages import (
    EventTold,
    HolderTold,
    KeyTold,
    Message,
    OverTold,
    QuestionClosed,
    QuestionTold,
    WantedTold,
)

if TYPE_CHECKING:
    from screenagent.agent import Sink
    from screenagent.sessions.session import Session

Attach = Callable[[News], Attachment]
LAST_SECONDS: Final = 1.0
"""A terminal that is being read from is given back by then."""
LOOK_SECONDS: Final = 0.5
"""A wait that a signal does not end is looked after so often."""


class PlainFace:
    """Tells each event to `sinks`, and asks the questions here. Its thread alone reads the attachment."""

    def __init__(self, attach: Attach, *sinks: Sink, takes_yes: bool = True, outlives: bool = False) -> None:
        """Attach; one that `takes_yes` takes it whenever nobody has it.

        `outlives` says that the run goes on without this terminal: once that is closed it leaves the questions to
        others. Where it is the run's own, nobody is there then, which is a no.
        """
        self.episode = Episode()
        self.over: OverTold | None = None
        self.heard: Callable[[Message], object] = lambda _: None
        self._sinks = sinks
        self._takes_yes, self._outlives = takes_yes, outlives
        self._came = threading.Event()
        self._holder = HolderTold(number=0)
        self._question: QuestionTold | None = None
        self._asked: TerminalQuestion | None = None
        self._said_whom = ("", "")
        """The question that another face is asked, and which, as far as that was said."""
        self._done: set[str] = set()
        """The questions that were answered here; the run closes each of them a moment later."""
        self.attachment = attach(self._came.set)

    def run(self) -> OverTold:
        """Follow the run until it is over."""
        while self.over is None:
            self._came.wait(LOOK_SECONDS)
            self._read()
            if self._question is None or self._question.id in self._done:
                continue
            if self._is_ours:
                self._ask(self._question)
            elif (whom := (self._question.id, self._holder.id)) != self._said_whom:
                self._said_whom = whom
                self._say_who_is_asked(self._question)
        return self.over

    @property
    def _is_ours(self) -> bool:
        return self._holder.id == self.attachment.id

    def _read(self) -> None:
        self._came.clear()
        for message in self.attachment.read():
            self._take(message)
            self.heard(message)

    def _take(self, message: Message) -> None:
        match message:
            case EventTold(event=event):
                self.episode = self.episode.after(event)
                for sink in self._sinks:
                    sink(event)
            case QuestionTold():
                self._question = message
            case QuestionClosed():
                self._close(message)
            case HolderTold():
                self._hold(message)
            case WantedTold(id=id, name=name, seconds=seconds) if self._is_ours and id != self.attachment.id:
                self._say(f"  {name} asks for the yes, and gets it in {seconds:g} s")
            case KeyTold(to=to, question=question, said=said) if to == self.attachment.id:
                if self._asked and self._question and self._question.id == question:
                    self._asked.hear(said)
            case OverTold():
                self.over, self._question = message, None

    def _hold(self, told: HolderTold) -> None:
        had_it, self._holder = self._is_ours, told
        if had_it and told.id:
            self._say(f"  {told.name} holds the yes now")
        if not told.id and self._takes_yes:
            self._attempt(lambda: self.attachment.take(if_free=True))

    def _say_who_is_asked(self, asked: QuestionTold) -> None:
        who = f"{self._holder.name} is" if self._holder.id else "nobody holds the yes who could be"
        echo(f"? {question_words(asked.action)}  ({who} asked)", err=True)

    def _close(self, closed: QuestionClosed) -> None:
        asked, self._question = self._question, None
        if closed.how == "unanswered" and asked is not None and asked.seconds is not None:
            self._say(unanswered_line(asked.seconds))
        elif closed.how == "answered" and closed.id not in self._done:
            self._say(f"  answered by {closed.by}")

    def _say(self, line: str) -> None:
        """Print a line, below the one at which something may be being typed."""
        if self._asked is not None:
            echo(err=True)
        echo(line, err=True)

    def _ask(self, told: QuestionTold) -> None:
        still_asked = True

        def waits() -> bool:
            """Once it was asked elsewhere it is to be asked here anew: what was typed before is no answer then."""
            nonlocal still_asked
            self._read()
            still_asked = still_asked and self._question is told and self._is_ours
            return still_asked

        question = told.on(self.episode)
        asked = self._asked = TerminalQuestion(question, waits=waits, answer_keys=self.attachment.about.answer_keys)
        typed = asked.typed()
        self._asked = None
        if not waits():
            return
        if asked.was_closed and self._outlives:
            self._leave_to_others()
            return
        self._done.add(told.id)
        self._attempt(lambda: self.attachment.answer(told.id, answer_of(question, typed)))

    def _leave_to_others(self) -> None:
        """Give the yes back for good: a terminal that is closed has said nothing."""
        self._takes_yes, self._holder = False, HolderTold(number=0)
        echo(err=True)
        echo("  nothing can be typed here any more, so this terminal only watches", err=True)
        self._attempt(self.attachment.release)

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            act()
        except NotGranted as why:
            echo(f"  {why}", err=True)


def answer_of(question: ApprovalQuestion, typed: TypedAnswer) -> Answer:
    """Return the answer that was typed."""
    match typed.kind:
        case "yes":
            return Yes()
        case "all":
            return YesToAll()
        case "number" if question.picked(typed.number) is None:
            return No(reason=f"there is no number {typed.number}")
        case "number":
            return AtGuess(number=typed.number)
        case "no":
            return No(reason=typed.text)
        case "words":
            return AnswerInWords(text=typed.text)
        case "stop":
            return StopRun()
        case _:
            return Nothing()


def begin_at_terminal(session: Session) -> Callable[[], object]:
    """Begin to ask a run's questions at its own terminal; return what waits until the terminal is as it was."""
    face = PlainFace(lambda news: session.attach("the terminal", news))
    thread = threading.Thread(target=face.run, name="terminal", daemon=True)
    thread.start()
    return lambda: thread.join(LAST_SECONDS)
