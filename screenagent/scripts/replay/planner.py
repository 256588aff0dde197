"""The planner of a replay: it plays the script step by step, and gives the goals in it to the configured planner."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import Final

from screenagent.actions import Ask, Finish, PressKeys, Wait, WaitFor, describe, targets
from screenagent.agent.eyes import LATE_SECONDS
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk, Decision, Plan, PlannedStep, Reject, Skip
from screenagent.geometry import Location, Point
from screenagent.protocols import Checker, Planner, Retry
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts.file import texts
from screenagent.scripts.replay.actions import (
    Binding,
    ScriptAction,
    is_beyond,
    renamed_target,
    script_actions,
    script_plan,
)
from screenagent.scripts.replay.plain_values import filled_task, with_plain_values
from screenagent.scripts.replay.rest import Patience, RestJudge, in_words
from screenagent.scripts.schema import AnyStep, ApproveStep, AskStep, IfSeenStep, Placed, Script, TaskStep, every_step

PATIENCE: Final = (0.25, 0.5, 1.0)
"""How long is waited, each time longer, for a window that was changed to to come in front; in seconds."""

YES: Final = ("y", "yes", "ok", "okay", "sure", "go", "go on", "do it")
NO: Final = ("", "n", "no", "stop", "cancel", "abort", "quit")

Course = Generator[str | Decision | Retry, None, None]
"""What the planner says next: a part of its thought, a decision, or why the planner of a goal has to try again."""


@dataclass
class ScriptPlanner:
    """Plays a script once. `checker` sees what `if_seen` asks for, `planner` carries out what `task` says.

    The steps are played by generators: each stops at a decision, and goes on with what became of it when the next one
    is due. An action whose target is not there is tried again until `rest` and the script's times say that it will not
    come, then asked about. For keys that
    another window would get, the window behind it is brought to the front. Any other action that fails ends the replay.

    `recorded` are the names of the anchors that exist. `anchor_names`, `points` and `window` tell the grounder and the
    approver about the current action.
    """

    script: Script
    values: Mapping[str, str]
    planner: Planner
    checker: Checker
    rest: RestJudge
    recorded: frozenset[str] = frozenset()
    anchor_names: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, Point] = field(default_factory=dict)
    window: str | None = None
    _patience: Patience = field(default_factory=lambda: Patience(LATE_SECONDS, LATE_SECONDS))
    _attended: ScriptAction | None = None
    _looked_at: Screenshot | None = None
    _touched: tuple[Location, ...] = ()
    _episode: Episode = field(default_factory=Episode)
    _binding: Binding = field(default_factory=Binding)
    _bound: Sequence[ScriptAction] = ()

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        decision = yield from self._next(episode)
        decision = with_plain_values(decision, self._templates, self.script)
        thought = decision.thought or _thought(decision)
        yield thought
        return decision.model_copy(update={"thought": thought})

    def _next(self, episode: Episode) -> Generator[str, None, Decision]:
        if "stop" in [text.strip(" .!").lower() for text in episode.told]:
            return Decision.give_up("you said stop")
        self._episode = episode
        for said in self._course:
            match said:
                case Decision():
                    return said
                case Retry():
                    raise said
                case text:
                    yield text
        raise AssertionError("the course ends with decisions to finish")

    @cached_property
    def _course(self) -> Course:
        yield from self._play(self.script.steps, 0)
        self._attend_to(None)
        while True:
            yield Decision(plan=script_plan(self._actions), at=len(self._actions))

    def _play(self, steps: Sequence[AnyStep], at: int) -> Course:
        """Play `steps`, the first action of which is the one at `at` in the plan."""
        for step in steps:
            match step:
                case IfSeenStep(if_seen=words, then=then, otherwise=otherwise):
                    if (yield from self._sees(words)):
                        yield from self._play(then, at)
                    else:
                        yield from self._play(otherwise, at + self._count(then))
                case TaskStep(task=task):
                    yield from self._delegate(task)
                case AskStep() | ApproveStep():
                    yield from self._question(step, at)
                case _:
                    for part in range(self._count((step,))):
                        yield from self._carry_out(at + part)
            at += self._count((step,))

    def _count(self, steps: Sequence[AnyStep]) -> int:
        return sum(1 for _ in script_actions(steps, self.script, Binding()))

    def _sees(self, words: str) -> Generator[str | Decision, None, bool]:
        """Look once at the settled screen; where nobody can say what is there, neither branch is right."""
        if why := Binding(self.values).unfilled(words):
            yield from repeat(Decision.give_up(f"if_seen: {why}"))
        words = Binding(self.values).fill(words)
        look = PlannedStep(action=WaitFor(words=words, seconds=0))
        effect = self.checker.quick_check(look, None, self._screen)
        if effect.outcome == "unknown":
            yield from repeat(Decision.give_up(f"if_seen: {effect.evidence}"))
        yield f"“{words}” is {'' if effect.as_expected else 'not '}seen; "
        return effect.as_expected

    def _delegate(self, task: str) -> Course:
        """Let the configured planner decide until the goal is reached; it is told what happened since it began."""
        self._attend_to(None)
        since = len(self._episode.steps)
        try:
            task = filled_task(task, self.values)
        except ValueError as error:
            yield from repeat(Decision.give_up(f"task: {error}"))
        while True:
            part = self._episode.model_copy(update={"task": task, "steps": self._episode.steps[since:]})
            try:
                decision = yield from self.planner.decide(part)
            except Retry as retry:
                yield retry
                continue
            match decision.step.action:
                case Finish(success=True):
                    return
                case Finish(message=message):
                    yield from repeat(Decision.give_up(f"{task}: {message}"))
            yield decision

    def _question(self, step: AskStep | ApproveStep, at: int) -> Course:
        """Ask the user; an answer may become a parameter, and only a yes approves."""
        yield from self._attempt(at)
        said = yield from self._answer()
        planned = self._actions[at].planned
        if said is None:
            return
        if isinstance(step, AskStep) and step.into:
            self.values = {**self.values, step.into: said}
        is_no = said.lower() not in YES if isinstance(step, ApproveStep) else said.lower() == "stop"
        if is_no:
            yield from repeat(Decision.give_up(f"{planned}: the answer was “{said}”"))

    def _answer(self, failed: str = "") -> Generator[Decision, None, str | None]:
        """Return the answer to the question that was asked last, about what has `failed`; None if the user skipped
        it."""
        match self._last:
            case Step(verdict=AnswerAsk(text=text)):
                return text.strip()
            case Step(verdict=Skip()):
                return None
            case Step(action=Ask(question=question)) as last:
                unanswered = last.verdict.reason if isinstance(last.verdict, Reject) else last.failure_reason
                yield from repeat(Decision.give_up(f"{failed or question}; {unanswered or 'nobody answered'}"))
        return None

    def _carry_out(self, at: int) -> Course:
        """Attempt an action until it goes well or the user skips it.

        A target may be late, another window may be in front; what else goes wrong ends the replay.
        """
        if self._actions[at].types_nothing:
            yield "there is nothing to type; "
            return
        was_fetched = False
        self._begin_waiting(at)
        yield from self._attempt(at)
        while why := self._last.failure_reason:
            action = self._actions[at]
            is_lost, is_rejected = _is_lost(self._last), isinstance(self._last.verdict, Reject)
            is_behind = not self._is_in_front(action)
            if is_behind and not was_fetched and (is_lost or is_rejected):
                was_fetched = True
                yield from self._fetch(at, why)
            elif is_lost:
                unrest = self._unrest(action)
                if self._patience.goes_on(unrest):
                    yield from self._attempt(at)
                else:
                    seen = f"{unrest or in_words(self._screen)} after {self._patience.spent:.0f} s"
                    what = f"{describe(action.planned.action)}: {why}; {seen}"
                    yield from self._help(at, what, "Say “again”, “skip”, “stop”, or name it in other words")
            elif is_behind and is_rejected:
                yield from self._help(
                    at, f"{action.planned}: {why}", "Bring it there and say “again”; or “skip”, “stop”"
                )
            else:
                yield from repeat(Decision.give_up(f"{action.planned}: {why}"))

    def _begin_waiting(self, at: int) -> None:
        self._patience = Patience(*self.script.patience_for(self._actions[at].step))

    def _unrest(self, action: ScriptAction) -> str:
        """What was going on while the target was waited for; empty if its window was in front and at rest."""
        if not self._is_in_front(action):
            return f"“{action.window}” is not in front"
        self._touched += tuple(rest.location for rest in self._last.rested)
        return self.rest.unrest(self._looked_at or self._screen, self._screen, touched=self._touched)

    def _attempt(self, at: int) -> Course:
        """Decide on an action, unless it cannot be carried out."""
        action = self._actions[at]
        if problem := self._why_not(action):
            yield from repeat(Decision.give_up(f"{action.planned}: {problem}"))
        self._attend_to(action)
        self._looked_at = self._screen
        yield Decision(plan=script_plan(self._actions), at=at)

    def _why_not(self, action: ScriptAction) -> str:
        """Why the action cannot be carried out; empty if it can."""
        if action.unfilled:
            return action.unfilled
        size = self._screen.size
        beyond = [target for target in action.targets if isinstance(target, Placed) and is_beyond(target, size)]
        if beyond:
            return f"{beyond[0].at} is beyond the screen, which has {size.width}×{size.height} pixels"
        return ""

    def _fetch(self, at: int, why: str) -> Course:
        """Change to the window behind the one in front, for which a busy desktop takes its time; then attempt it."""
        self.window = None
        yield Decision(plan=Plan(steps=(PlannedStep(action=PressKeys(keys=("alt", "tab"))),)), thought=why)
        for seconds in PATIENCE:
            if self._was_skipped or self._is_in_front(self._actions[at]):
                break
            yield _decision(Wait(seconds=seconds))
        if not self._was_skipped:
            self._begin_waiting(at)
            yield from self._attempt(at)

    def _help(self, at: int, failed: str, choices: str) -> Course:
        """Ask about an action that failed, and go on as the user says; where nobody answers, say what failed."""
        yield _decision(Ask(question=f"{failed}. {choices}"))
        planned = self._actions[at].planned
        answer = yield from self._answer(failed)
        self._begin_waiting(at)
        match answer:
            case None:
                return
            case said if said.lower() == "skip":
                return
            case said if said.lower() in ("again", "retry", "go on"):
                yield from self._attempt(at)
            case said if said.lower() in NO:
                yield from repeat(Decision.give_up(f"{planned}: the answer was “{said}”"))
            case said:
                self.anchor_names, self.points = {}, {}
                yield Decision(plan=Plan(steps=(renamed_target(planned, said),)))

    def _attend_to(self, action: ScriptAction | None) -> None:
        """Let the grounder and the approver know what the current action is; None if it is not of the script."""
        self.anchor_names = action.anchor_names if action else {}
        self.points = self._binding.points(action.targets) if action else {}
        self.window = action.window if action else None
        self._attended = action

    def lateness(self, may_ask: Callable[[str], bool]) -> float:
        """How long the target of the current action is waited for, in seconds; for some, buttons are asked after."""
        if self._attended is None:
            return LATE_SECONDS
        sought = targets(self._attended.planned.action)
        return self._patience.next_wait(asks=any(may_ask(target.words) for target in sought))

    @property
    def _templates(self) -> Sequence[str]:
        """The texts of the current step as they stand in the script; of a task, those of all tasks."""
        steps = [self._attended.step] if self._attended else every_step(self.script.steps)
        return [text for step in steps if self._attended or isinstance(step, TaskStep) for _, text in texts(step)]

    @property
    def _actions(self) -> Sequence[ScriptAction]:
        """Every action of the script, with what is known by now in place."""
        binding = Binding(self.values, self._screen.size, self.recorded)
        if binding != self._binding:
            self._binding = binding
            self._bound = tuple(script_actions(self.script.steps, self.script, binding))
        return self._bound

    @property
    def _screen(self) -> Screenshot:
        assert self._episode.screenshot is not None
        return self._episode.screenshot

    @property
    def _last(self) -> Step:
        """What has become of the last decision."""
        assert self._episode.current is not None
        return self._episode.current

    @property
    def _was_skipped(self) -> bool:
        return isinstance(self._last.verdict, Skip)

    def _is_in_front(self, action: ScriptAction) -> bool:
        """Whether the window that the action is for is in front; any is, where it says none."""
        return action.window is None or is_front(action.window, self._screen.window)


def is_front(words: str, window: Window | None) -> bool:
    """Whether `words` are in its title or its application's name; a display that does not tell is believed."""
    return window is None or any(words.casefold() in text.casefold() for text in (window.title, window.app))


def _is_lost(step: Step) -> bool:
    """Its target was not found: nobody was asked yet, and nothing was sent."""
    is_about_a_target = step.action is not None and targets(step.action) != ()
    return step.feedback != "" and is_about_a_target and not step.acted and step.verdict is None


def _thought(decision: Decision) -> str:
    if isinstance(decision.step.action, Finish):
        return "no step is left"
    return f"step {decision.at + 1}: {decision.step}"


def _decision(action: Ask | Wait) -> Decision:
    return Decision(plan=Plan(steps=(PlannedStep(action=action),)))
