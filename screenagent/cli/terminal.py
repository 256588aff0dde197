"""A person at a terminal: asked before each input, shown a line for each step. Talks on stderr, listens on stdin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from screenagent.actions import Ask, describe
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import Answers, AnswerTime, QuietTime, TwiceInTime, can_cover, rejection, reply
from screenagent.cli.output import Painted, echo, paint, painted, secho
from screenagent.cli.typed import EarlyAnswer, Waits, read_line, wait_until_quiet
from screenagent.control import Control, KeyAnswer
from screenagent.episode import Episode, Step
from screenagent.events import Abort, Approve, Ended, Event, Paused, Verdict
from screenagent.runs.wording import counts_words, question_words, status_of
from screenagent.showing import LONGEST_NAME, LONGEST_TYPED, abridged
from screenagent.usage import Usage

MARKS = {
    "confirmed": ("✓", "green"),
    "changed": ("~", "green"),
    "unchanged": ("✗", "red"),
    "contradicted": ("✗", "red"),
    "unmet": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "performed": ("·", "yellow"),
}
RECOVERIES = {
    "wait": "waiting a little longer",
    "zoom": "looking closer",
    "again": "clicking again",
    "slowly": "dragging once more, slowly",
    "retype": "clearing the field and pasting it",
    "think": "telling the planner",
    "ask": "asking you",
    "reopen": "opening it again",
    "hover": "resting the mouse on buttons to read their tooltips",
}


class TypedAnswer(NamedTuple):
    """What a person typed at a question; `text` is their reason or their words."""

    kind: Literal["yes", "all", "number", "no", "words", "stop", "nothing"]
    text: str = ""
    number: int = 0


class TerminalQuestion:
    """One question, asked in the terminal. A closed stdin, or no line while it `waits`, is no answer."""

    def __init__(self, question: ApprovalQuestion, *, waits: Waits, answer_keys: str = "") -> None:
        """`answer_keys` says which keys answer from anywhere on the desktop."""
        self._question = question
        self._waits_for_it = waits
        self._anywhere = f"  anywhere: {answer_keys}" if answer_keys else ""
        self._quiet = QuietTime()
        self._keyed: KeyAnswer | None = None
        self.was_closed = False
        """Whether nothing was typed since nothing can be typed here any more."""

    def hear(self, said: KeyAnswer) -> None:
        """Take an answer of the answer keys, as one that was typed here."""
        if said == "no" or self._quiet.is_over:
            self._keyed = said

    def typed(self) -> TypedAnswer:
        """Ask, and return what is typed."""
        if isinstance(ask := self._question.action, Ask):
            return self._in_words(ask)
        _show(self._question)
        if self._anywhere:
            echo(self._anywhere, err=True)
        match wait_until_quiet(self._quiet, waits=self._waits):
            case EarlyAnswer(is_stop=True):
                return TypedAnswer("stop")
            case EarlyAnswer(typed=typed):
                return self._refusal(typed)
        return self._answer()

    def _in_words(self, ask: Ask) -> TypedAnswer:
        if wait_until_quiet(self._quiet, waits=self._waits, takes_no=False):
            return TypedAnswer("stop")
        text = self._line(f"? {abridged(ask.question, LONGEST_TYPED)} ")
        return TypedAnswer("words", text) if text else TypedAnswer("nothing")

    def _refusal(self, typed: str) -> TypedAnswer:
        """A no, whose reason begins with what was typed already."""
        begun, entered, _ = typed.partition("\n")
        rest = "" if entered else self._line(f"  no; why not? {begun}")
        return TypedAnswer("no", begun + (rest or ""))

    def _answer(self) -> TypedAnswer:
        can_be_all = can_cover(self._question)
        all_of_kind, twice = ("a", "A", "all") if can_be_all else (), TwiceInTime()
        ways = ("its number, " if self._question.doubt else "") + (
            "[y]es, [a]ll of this kind" if can_be_all else "[y]es"
        )
        prompt = f"  {ways}, [q]uit, or no and why: "
        while (line := self._line(prompt)) is not None and line.strip() in all_of_kind:
            if twice.said():
                return TypedAnswer("all")
            prompt = "  [a] again within 2 s: all of this kind unasked from here on; or [y], [q], no and why: "
        if self._keyed:
            return self._by_key(self._keyed)
        answer = line.strip() if line is not None else None
        if answer is not None and answer.isdecimal() and self._question.doubt:
            return TypedAnswer("number", number=int(answer))
        return _read_answer(answer)

    def _by_key(self, said: KeyAnswer) -> TypedAnswer:
        echo(said, err=True)
        return TypedAnswer(said)

    def _line(self, prompt: str) -> str | None:
        """Return a line from stdin; None at its end, and as soon as no answer counts any more."""
        line = read_line(prompt, waits=self._waits)
        self.was_closed = line is None and self._waits()
        return line

    def _waits(self) -> bool:
        return self._waits_for_it() and not self._keyed


def _read_answer(answer: str | None) -> TypedAnswer:
    match answer:
        case None:
            return TypedAnswer("nothing")
        case "y" | "Y" | "yes":
            return TypedAnswer("yes")
        case "q" | "Q" | "quit" | "\x1b":
            return TypedAnswer("stop")
        case "" | "n" | "N" | "no":
            return TypedAnswer("no")
        case why:
            return TypedAnswer("no", why.removeprefix("n ").removeprefix("no "))


class TerminalAnswers:
    """Ask in the terminal. An empty answer, a closed stdin, or none within `seconds` is a no."""

    def __init__(self, control: Control, seconds: float | None = None, *, answer_keys: str = "") -> None:
        """`answer_keys` says which keys answer from anywhere on the desktop."""
        self._control = control
        self._answers = Answers(control, seconds=seconds, hears=self._hear)
        self._answer_keys = answer_keys
        self._open: TerminalQuestion | None = None

    def __call__(self, question: ApprovalQuestion) -> Verdict | None:
        return self._answers.verdict(question, self._ask)

    def _hear(self, said: KeyAnswer) -> None:
        if self._open:
            self._open.hear(said)

    def _ask(self, question: ApprovalQuestion, time: AnswerTime) -> Verdict | None:
        def waits() -> bool:
            return not (self._control.stopped or time.has_run_out())

        self._open = TerminalQuestion(question, waits=waits, answer_keys=self._answer_keys)
        typed = self._open.typed()
        self._control.check()
        if typed.kind == "nothing" and time.has_run_out():
            echo(unanswered_line(time.seconds), err=True)
        return self._verdict(question, typed)

    def _verdict(self, question: ApprovalQuestion, typed: TypedAnswer) -> Verdict | None:
        match typed.kind:
            case "yes":
                return Approve()
            case "all":
                return self._answers.approve_all(question)
            case "number":
                return question.picked(typed.number) or rejection(f"there is no number {typed.number}")
            case "no":
                return rejection(typed.text)
            case "words":
                return reply(typed.text)
            case "stop":
                return Abort()
            case "nothing":
                return None


def unanswered_line(seconds: float | None) -> str:
    """Return what is said of a question that had no answer in its time."""
    return f"no answer within {seconds:g} s, which is a no"


def _show(question: ApprovalQuestion) -> None:
    where = ", ".join(f"({place.point.x:.3f}, {place.point.y:.3f})" for place in question.locations)
    window = question.episode.screenshot.window if question.episode.screenshot else None
    title = f" in “{abridged(window.title, LONGEST_NAME)}”" if window else ""
    asked = paint(f"? {question_words(question.action)}", bold=True)
    echo(asked, f"  {f'at {where}' if where else ''}{title}", err=True)
    for entry in question.path:
        echo(f"  and in the menu that opens, {question_words(entry)}", err=True)
    if question.risk:
        secho(f"  careful: {abridged(question.risk)}", fg="yellow", err=True)
    for number, guess in enumerate(question.doubt.guesses if question.doubt else (), start=1):
        at = guess.location.point
        words = abridged(guess.words, LONGEST_NAME)
        echo(f"  {number}  {words} ({guess.location.confidence:.0%}) at ({at.x:.3f}, {at.y:.3f})", err=True)
    for note in filter(None, (question.again, question.note)):
        secho(f"  {abridged(note)}", fg="yellow", err=True)


@dataclass
class Resuming:
    """Lets a paused agent go on at Enter; where nobody can press it here, `screenagent resume` does."""

    control: Control

    def __call__(self, event: Event) -> None:
        if not (isinstance(event, Paused) and self.control.paused):
            return

        def waits() -> bool:
            return self.control.paused and not self.control.stopped

        if read_line("  Enter goes on, Ctrl-C stops: ", waits=waits) is not None:
            self.control.resume()
        elif waits():
            echo("`screenagent resume` lets it go on, `screenagent stop` stops it", err=True)


@dataclass
class Progress:
    """A line for each step as it ends, and a last one that tells performed from confirmed."""

    episode: Episode = field(default_factory=Episode)
    shown: int = 0

    def __call__(self, event: Event) -> None:
        self.episode = self.episode.after(event)
        if event.event == "retried":
            known = self.shown > 0 and event.why == _said(self.episode.steps[self.shown - 1])
            why = "" if known else f"{abridged(event.why)}; "  # the line above says it
            secho(f"     {why}{RECOVERIES[event.recovery]}", fg="yellow", err=True)
        if event.event == "rested":
            at = event.location.point
            told = f"“{abridged(event.told)}”" if event.told else "no tooltip"
            secho(f"     at ({at.x:.3f}, {at.y:.3f}): {told}", dim=True, err=True)
        if event.event == "paused":
            secho(f"     paused{f': {event.why}' if event.why else ''}", fg="yellow", err=True)
        if event.event in ("checked", "failed", "ended"):
            self._show_closed()
        if isinstance(event, Ended):
            echo(summary_line(self.episode), err=True)

    def _show_closed(self) -> None:
        for number, step in enumerate(self.episode.steps[self.shown :], start=self.shown + 1):
            if step.closed and step.action is not None:
                self.shown = number
                echo(step_line(number, step), err=True)
            elif step.closed:
                self.shown = number
                secho(f"{number:>3}  {abridged(step.feedback)}", fg="red", err=True)


def step_line(number: int, step: Step) -> Painted:
    assert step.action is not None
    sign, colour = ("✗", "red") if step.feedback else MARKS.get(status_of(step), MARKS["performed"])
    by = " ".join(f"{place.by} {place.confidence:.2f}" for place in step.locations)
    times = [f"{phase} {seconds * 1000:.0f} ms" for phase, seconds in step.usage.seconds.items() if seconds >= 0.001]
    spent = " · ".join([*times, *([step.usage.gears] if step.usage.gears else [])])
    head = painted(f"{number:>3}  ", paint(sign, fg=colour), f" {abridged(describe(step.action))}")
    told = painted("       ", paint(f"{abridged(_said(step))}  ({spent})", dim=True))
    return Painted("\n".join((painted(head, f"  [{by}]" if by else ""), told)))


def _said(step: Step) -> str:
    """What came of a step, as its line says it."""
    return step.feedback or (step.effect.evidence if step.effect else "")


def summary_line(episode: Episode) -> Painted:
    assert episode.ended is not None
    outcome = episode.ended.result.replace("_", " ")
    colour = {"done": "green", "stopped": "yellow"}.get(episode.ended.result, "red")
    message = f": {abridged(episode.ended.message, LONGEST_TYPED)}" if episode.ended.message else ""
    took = f"{episode.ended.at:.1f} s"
    sent = sum((step.usage for step in episode.steps), Usage()).sent
    parts = ", ".join(part for part in (counts_words(episode), took, sent) if part)
    return painted(paint(outcome, fg=colour, bold=True), f"{message} — {parts}")
