"""The planner of a replay: walks the script, and gives the goals in it to the configured planner."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Final

from screenagent.actions import (
    Ask,
    Click,
    Drag,
    Finish,
    Input,
    Move,
    PressKeys,
    Scroll,
    Target,
    Wait,
    WaitFor,
    describe,
    targets,
)
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk, Decision, Plan, PlannedStep, Reject, Skip
from screenagent.protocols import Checker, Planner
from screenagent.screenshot import Window
from screenagent.scripts import Script
from screenagent.scripts.parameters import names_in
from screenagent.scripts.replay.focus_approver import is_front
from screenagent.scripts.replay.program import Branch, Delegate, Do, Jump, Program
from screenagent.scripts.schema import ApproveStep, AskStep

PATIENCE: Final = (0.25, 0.5, 1.0)
"""How long is waited, each time longer, for a window that was changed to to come in front; in seconds."""

YES: Final = ("y", "yes", "ok", "okay", "sure", "go", "go on", "do it")
NO: Final = ("", "n", "no", "stop", "cancel", "abort", "quit")


@dataclass
class ScriptPlanner:
    """One for each replay. `checker` sees what `if_seen` asks for, `planner` carries out what `task` says.

    A step whose target is not there is tried again until its time is up, then asked about; for keys that another
    window would get, the one behind it is brought to the front; any other step that fails ends the replay.
    """

    script: Script
    values: Mapping[str, str]
    planner: Planner
    checker: Checker
    looks: Mapping[str, str] = field(default_factory=dict)
    _next: int = 0
    _walk: Program = field(init=False)
    _doing: Do | None = None
    _late: float | None = None
    _fetched: bool = False
    _fetching: tuple[float, ...] | None = None
    _delegated: _Delegated | None = None

    def __post_init__(self) -> None:
        self._walk = Program.of(self.script, self.values)

    @property
    def window(self) -> str | None:
        """What has to be in front for the keys of the current step."""
        return self._doing.window if self._doing and self._fetching is None else None

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        decision = yield from self._decided(episode)
        thought = decision.thought or _thought(decision)
        yield thought
        return decision.model_copy(update={"thought": thought})

    def _decided(self, episode: Episode) -> Generator[str, None, Decision]:
        if "stop" in [text.strip(" .!").lower() for text in episode.told]:
            return _give_up("you said stop")
        if self._delegated is not None:
            return (yield from self._delegate(self._delegated, episode))
        last = episode.current
        if last is not None and self._doing is not None and (decision := self._after(self._doing, last, episode)):
            return decision
        return (yield from self._following(episode))

    def _after(self, done: Do, last: Step, episode: Episode) -> Decision | None:
        """What the outcome of the last step makes of the next; None where it went well."""
        if isinstance(last.verdict, Skip):
            return None
        if self._fetching is not None:
            return self._go_on_behind(done, self._fetching, episode)
        if isinstance(last.action, Ask):
            return self._answered(done, last.action.question, last)
        why = _failure(last)
        if not why:
            return None
        behind = done.window is not None and not is_front(done.window, _front(episode))
        lost = _is_lost(last)
        if behind and not self._fetched and (lost or isinstance(last.verdict, Reject)):
            return self._fetch(why)
        if lost:
            return self._again(done, why)
        if behind and isinstance(last.verdict, Reject):
            return _decision(Ask(question=f"{done.planned}: {why}. Bring it there and say “again”; or “skip”, “stop”"))
        return _give_up(f"{done.planned}: {why}")

    def _fetch(self, why: str) -> Decision:
        """Another window came in front, or over the target: change to the one before it, once a step."""
        self._fetched, self._fetching = True, PATIENCE
        return Decision(plan=Plan(steps=(PlannedStep(action=PressKeys(keys=("alt", "tab"))),)), thought=why)

    def _go_on_behind(self, done: Do, waits: tuple[float, ...], episode: Episode) -> Decision:
        """With the step, once the window is in front; a busy desktop takes its time for that."""
        if waits and done.window and not is_front(done.window, _front(episode)):
            self._fetching = waits[1:]
            return _decision(Wait(seconds=waits[0]))
        self._fetching = None
        return self._do(done)

    def _again(self, lost: Do, why: str) -> Decision:
        """Look once more for a target while it may be late, then ask."""
        timeout = getattr(lost.step, "timeout", None) or self.script.timeout
        self._late = self._late or time.monotonic()
        if time.monotonic() < self._late + timeout:
            return self._do(lost)
        question = f"{describe(lost.planned.action)}: {why}. Say “again”, “skip”, “stop”, or name it in other words"
        return _decision(Ask(question=question))

    def _answered(self, done: Do, question: str, last: Step) -> Decision | None:
        if not isinstance(last.verdict, AnswerAsk):
            return _give_up(f"{question}: {_failure(last) or 'nobody answered'}")
        said = last.verdict.text.strip()
        match done.step:
            case ApproveStep():
                return None if said.lower() in YES else _give_up(f"{done.planned}: the answer was “{said}”")
            case AskStep(into=into):
                if into:
                    self.values = {**self.values, into: said}
                    self._walk = Program.of(self.script, self.values)
                return _give_up(f"{done.planned}: the answer was “{said}”") if said.lower() == "stop" else None
        return self._helped(done, said)

    def _helped(self, lost: Do, said: str) -> Decision | None:
        """Go on with a lost target as the user says."""
        self._late = None
        match said.lower():
            case "skip":
                return None
            case "again" | "retry" | "go on":
                return self._do(lost)
            case no if no in NO:
                return _give_up(f"{lost.planned}: the answer was “{said}”")
        renamed = lost.planned.model_copy(update={"action": _renamed(lost.planned.action, said)})
        self.looks = {}
        return Decision(plan=Plan(steps=(renamed,)))

    def _following(self, episode: Episode) -> Generator[str, None, Decision]:
        self._late, self._fetched = None, False
        while self._next < len(self._walk.instructions):
            instruction = self._walk.instructions[self._next]
            self._next += 1
            match instruction:
                case Jump(to=to):
                    self._next = to
                case Branch(words=words, otherwise=otherwise):
                    screen = episode.screenshot
                    assert screen is not None
                    look = PlannedStep(action=WaitFor(words=words, seconds=0))
                    seen = self.checker.quick_check(look, screen, screen).as_expected
                    yield f"“{words}” is {'' if seen else 'not '}seen; "
                    self._next = self._next if seen else otherwise
                case Delegate(task=task):
                    self._delegated = _Delegated(task, since=len(episode.steps))
                    return (yield from self._delegate(self._delegated, episode))
                case Do():
                    return self._do(instruction)
        self._doing, self.looks = None, {}
        return Decision(plan=self._walk.plan, at=len(self._walk.plan.steps) - 1)

    def _do(self, instruction: Do) -> Decision:
        missing = [name for text in _texts(instruction.planned) for name in names_in(text)]
        if missing:
            return _give_up(
                f"{instruction.planned}: {{{{{missing[0]}}}}} has no value; the step that asks for it was left out"
            )
        self._doing, self.looks = instruction, instruction.looks
        return Decision(plan=self._walk.plan, at=instruction.at)

    def _delegate(self, delegated: _Delegated, episode: Episode) -> Generator[str, None, Decision]:
        """The next step of a goal; when it is reached, the script goes on."""
        self._doing, self.looks = None, {}
        decision = yield from self.planner.decide(delegated.of(episode))
        match decision.step.action:
            case Finish(success=True):
                self._delegated = None
                return (yield from self._following(episode))
            case Finish(message=message):
                return _give_up(f"{delegated.task}: {message}")
        return decision


@dataclass(frozen=True)
class _Delegated:
    task: str
    since: int

    def of(self, episode: Episode) -> Episode:
        """What the planner of the goal has to know: what happened since it began."""
        return episode.model_copy(update={"task": self.task, "steps": episode.steps[self.since :]})


def _failure(step: Step) -> str:
    """Why the script cannot go on after `step`; empty if it can."""
    if isinstance(step.verdict, Reject):
        return f"it was rejected: {step.verdict.reason}" if step.verdict.reason else "it was rejected"
    if step.feedback:
        return step.feedback
    if step.effect and (step.effect.outcome == "unmet" or (step.effect.outcome == "unchanged" and step.unconfirmed)):
        return step.effect.evidence or "its effect is not to be seen"
    return ""


def _front(episode: Episode) -> Window | None:
    return episode.screenshot.window if episode.screenshot else None


def _is_lost(step: Step) -> bool:
    """Its target was not found: nobody was asked yet, and nothing was sent."""
    return (
        bool(step.feedback) and not step.acted and step.verdict is None and bool(step.action and targets(step.action))
    )


def _renamed(action: object, words: str) -> object:
    match action:
        case Click() | Move() | Scroll():
            return action.model_copy(update={"target": Target(words=words)})
        case Drag(path=(_, *rest)):
            return action.model_copy(update={"path": (Target(words=words), *rest)})
    return action


def _texts(planned: PlannedStep) -> tuple[str, ...]:
    action = planned.action
    return (
        (*(target.words for target in targets(action)), getattr(action, "text", ""))
        if isinstance(action, Input)
        else ()
    )


def _thought(decision: Decision) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
    return f"step {decision.at + 1}: {decision.step}"


def _decision(action: Ask | Wait) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action),)))


def _give_up(why: str) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=Finish(success=False, message=why)),)), thought=why)
