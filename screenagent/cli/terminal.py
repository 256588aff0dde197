"""A person at a terminal: asked before each input, shown a line for each step. Talks on stderr, listens on stdin."""

from __future__ import annotations

import selectors
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

import click

from screenagent.actions import Ask, describe
from screenagent.approval import ApprovalQuestion
from screenagent.approval.answers import Answers, AnswerTime, rejection, reply
from screenagent.control import Control
from screenagent.episode import Episode, Step
from screenagent.events import Abort, Approve, Ended, Event, Paused, Verdict

MARKS = {
    "confirmed": ("✓", "green"),
    "changed": ("✓", "green"),
    "unchanged": ("✗", "red"),
    "unmet": ("✗", "red"),
    "unknown": ("·", "yellow"),
}
RECOVERIES = {
    "wait": "waiting a little longer",
    "zoom": "looking closer",
    "retype": "clearing the field and pasting it",
    "think": "telling the planner",
    "ask": "asking you",
}


class TerminalAnswers:
    """Ask in the terminal. An empty answer, a closed stdin, or none within `seconds` is a no."""

    def __init__(self, control: Control, seconds: float | None = None) -> None:
        self._control = control
        self._answers = Answers(control, seconds=seconds)

    def __call__(self, question: ApprovalQuestion) -> Verdict | None:
        return self._answers.verdict(question, self._ask)

    def _ask(self, question: ApprovalQuestion, time: AnswerTime) -> Verdict | None:
        if isinstance(question.action, Ask):
            return reply(self._line(f"? {question.action.question} ", time))
        _show(question)
        answer = self._line("  [y]es, [a]ll of this kind, [q]uit, or no and why: ", time)
        match (answer or "").strip():
            case "":
                return None
            case "y" | "Y" | "yes":
                return Approve()
            case "a" | "A" | "all":
                return self._answers.approve_all(question)
            case "q" | "Q" | "quit":
                return Abort()
            case "n" | "N" | "no":
                return rejection("")
            case why:
                return rejection(why.removeprefix("n ").removeprefix("no "))

    def _line(self, prompt: str, time: AnswerTime) -> str | None:
        """Return a line from stdin; None at its end, and if none comes in time. Raises `Stopped` at once on a stop."""
        _forget_typed_ahead()
        line = read_line(prompt, waits=lambda: not (self._control.stopped or time.has_run_out()))
        self._control.check()
        if line is None and time.has_run_out():
            click.echo(f"no answer within {time.seconds:g} s, which is a no", err=True)
        return line


def _show(question: ApprovalQuestion) -> None:
    where = ", ".join(f"({place.point.x:.3f}, {place.point.y:.3f})" for place in question.locations)
    window = question.episode.screenshot.window if question.episode.screenshot else None
    click.secho(f"? {describe(question.action)}", bold=True, err=True, nl=False)
    click.echo(f"  {f'at {where}' if where else ''}{f' in “{window.title}”' if window else ''}", err=True)
    if question.risk:
        click.secho(f"  careful: {question.risk}", fg="yellow", err=True)


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
            click.echo("`screenagent resume` lets it go on, `screenagent stop` stops it", err=True)


def read_line(prompt: str, *, waits: Callable[[], bool]) -> str | None:
    """A line from stdin, given up when `waits` says no; None then, and at its end."""
    click.echo(prompt, err=True, nl=False)
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(sys.stdin, selectors.EVENT_READ)
        except (PermissionError, ValueError):  # a plain file is always ready, and a closed one never
            return None if sys.stdin.closed else sys.stdin.readline().rstrip("\n") or None
        while not selector.select(timeout=0.05):
            if not waits():
                return None
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _forget_typed_ahead() -> None:
    """What was typed before a question is no answer to it."""
    if sys.stdin.isatty() and find_spec("termios"):
        termios = import_module("termios")
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


@dataclass
class Progress:
    """A line for each step as it ends, and a last one that tells performed from confirmed."""

    episode: Episode = field(default_factory=Episode)
    shown: int = 0

    def __call__(self, event: Event) -> None:
        self.episode = self.episode.after(event)
        if event.event == "retried":
            click.secho(f"     {event.why}; {RECOVERIES[event.recovery]}", fg="yellow", err=True)
        if event.event == "paused":
            click.secho(f"     paused{f': {event.why}' if event.why else ''}", fg="yellow", err=True)
        if event.event in ("checked", "failed", "ended"):
            self._show_closed()
        if isinstance(event, Ended):
            click.echo(summary_line(self.episode), err=True)

    def _show_closed(self) -> None:
        for number, step in enumerate(self.episode.steps[self.shown :], start=self.shown + 1):
            if step.closed and step.action is not None:
                self.shown = number
                click.echo(step_line(number, step), err=True)
            elif step.closed:
                self.shown = number
                click.secho(f"{number:>3}  {step.feedback}", fg="red", err=True)


def step_line(number: int, step: Step) -> str:
    assert step.action is not None
    sign, colour = ("✗", "red") if step.feedback else MARKS[step.effect.outcome if step.effect else "unknown"]
    by = " ".join(f"{place.by} {place.confidence:.2f}" for place in step.locations)
    times = [f"{phase} {seconds * 1000:.0f} ms" for phase, seconds in step.usage.seconds.items() if seconds >= 0.001]
    spent = " · ".join([*times, *([step.usage.gears] if step.usage.gears else [])])
    said = step.feedback or (step.effect.evidence if step.effect else "")
    head = f"{number:>3}  {click.style(sign, fg=colour)} {describe(step.action)}"
    return f"{head}{f'  [{by}]' if by else ''}\n       {click.style(f'{said}  ({spent})', dim=True)}"


def summary_line(episode: Episode) -> str:
    assert episode.ended is not None
    performed = episode.performed
    expected = [step for step in performed if step.expectation is not None]
    confirmed = [step for step in expected if not step.unconfirmed]
    outcome = episode.ended.result.replace("_", " ")
    colour = {"done": "green", "stopped": "yellow"}.get(episode.ended.result, "red")
    message = f": {episode.ended.message}" if episode.ended.message else ""
    counts = f"{len(performed)} steps performed, {len(confirmed)} of {len(expected)} that should show confirmed"
    return f"{click.style(outcome, fg=colour, bold=True)}{message} — {counts}, {episode.ended.at:.1f} s"
