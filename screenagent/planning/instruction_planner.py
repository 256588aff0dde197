"""The planner without a model, which carries out plain instructions."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

from screenagent.actions import Finish, targets
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk, Decision, Plan
from screenagent.planning.instructions.parser import read_instructions
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.skills.forms import send
from screenagent.planning.skills.skill import Instructions, Segment, Skill, SkillFailed, SkillStepFailed
from screenagent.planning.skills.view import ScreenView
from screenagent.protocols import Grounder, StateReader, TextReader

_NO: Final = ("n", "no", "nope", "stop", "cancel", "don't", "do not", "never")


class InstructionPlanner:
    """Carries out plain instructions in order without a model, and gives up at the first step that fails.

    The planner reads its progress from the episode. Skills, such as choosing a date in a calendar, need a `reader` and
    a `grounder` to see the screen; each of their segments is a plan of its own. Of the user's messages the planner
    understands "stop" and "skip".
    """

    def __init__(
        self,
        *,
        reader: TextReader | None = None,
        grounder: Grounder | None = None,
        strict: Grounder | None = None,
        states: StateReader | None = None,
        sends_forms: bool = False,
        instructions: Instructions | None = None,
    ) -> None:
        """Create a planner for any number of tasks.

        `strict` is a grounder that does not choose between equal targets. `states` reads whether something is ticked,
        or which choice is shown. `sends_forms` appends a click on the send button to a task that ends with a form
        filled in. `instructions` are those of a task that was read already; the planner reads every other task itself.
        """
        self._sends_forms = sends_forms
        self._instructions = instructions
        self._view = ScreenView(reader, grounder, strict=strict, states=states) if reader and grounder else None
        self._segments: Generator[Segment, None, None] = _no_segments()
        self._purpose = ""

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        """Yield thoughts; return the next step, or give up. `Unreadable` if the task cannot be read."""
        try:
            plan = episode.plan or self._begin(episode)
            yield from _unheeded(episode)
            if "stop" in map(_bare, episode.told):
                return Decision.give_up("you said stop")
            decision = self._continue(plan, episode)
        except (SkillStepFailed, SkillFailed) as failed:
            return Decision.give_up(str(failed))
        thought = _thought(decision, self._purpose)
        if thought:
            yield thought
        return decision.model_copy(update={"thought": thought})

    def _begin(self, episode: Episode) -> Plan:
        instructions = self._read(episode.task)
        if self._sends_forms:
            instructions = instructions.sent(Skill("send the form", send))
        if self._view is None and (skill := instructions.needs_screen):
            raise Unreadable(
                str(skill),
                "this depends on what is seen: give InstructionPlanner a reader and a grounder",
                "needs_screen",
            )
        self._segments = instructions.segments(self._view)
        return self._next_plan(episode)

    def _read(self, task: str) -> Instructions:
        if self._instructions is not None and self._instructions.task == task:
            return self._instructions
        return read_instructions(task)

    def _continue(self, plan: Plan, episode: Episode) -> Decision:
        progress = PlanProgress.of(plan, episode)
        if progress.failure:
            why = f"step {progress.at + 1} of {plan.length}, {plan.steps[progress.at]}: {progress.failure}"
            failed = SkillStepFailed(why, at=progress.at, unseen=_unseen(episode))
            return Decision(plan=self._next_plan(episode, failed))
        if progress.at >= len(plan.steps):
            return Decision(plan=self._next_plan(episode))
        return Decision(plan=plan, at=progress.at)

    def _next_plan(self, episode: Episode, failed: SkillStepFailed | None = None) -> Plan:
        """The plan of the next segment; after a failure, the skill's other way, or `SkillStepFailed` if it has none."""
        if self._view and episode.screenshot:
            self._view.screen = episode.screenshot
        segment = self._segments.throw(failed) if failed else next(self._segments, None)
        if segment is None:
            raise SkillFailed("another planner began this task, and its steps are done")
        self._purpose = segment.purpose
        return segment.plan


@dataclass(frozen=True)
class PlanProgress:
    """How far a plan has come: the position of the next step, or, with a `failure`, of the step that failed."""

    at: int = 0
    failure: str = ""

    @classmethod
    def of(cls, plan: Plan, episode: Episode) -> PlanProgress:
        """Follow the steps of `plan` and the user's "skip" messages; skips never pass over the final `Finish`."""
        progress = reduce(PlanProgress.after, _current_pass(plan, episode), cls().skipped(episode.told))
        ends = isinstance(plan.steps[-1].action, Finish)
        return replace(progress, at=min(progress.at, len(plan.steps) - 1)) if ends else progress

    def after(self, step: Step) -> PlanProgress:
        """The progress after `step`, and after what the user said about it."""
        if step.decision is None:
            return self.skipped(step.heard)
        at, failure = step.decision.at, _failure(step)
        return PlanProgress(at if failure else at + 1, failure).skipped(step.heard)

    def skipped(self, messages: Sequence[str]) -> PlanProgress:
        """Pass over one step for each "skip"; a step that failed is the first to be passed over."""
        skips = [_bare(message) for message in messages].count("skip")
        return PlanProgress(self.at + skips) if skips else self


def _no_segments() -> Generator[Segment, None, None]:
    """The segments of a planner that has not begun a task; another planner may have begun the one that it continues."""
    yield from ()


def _current_pass(plan: Plan, episode: Episode) -> Sequence[Step]:
    """The steps since `plan` was begun, empty if it was not; if the same plan was begun twice in a row, the later."""
    begun, at = len(episode.steps), len(plan.steps)
    for place, step in reversed(list(enumerate(episode.steps))):
        if step.decision is None:
            continue
        if step.decision.plan != plan or step.decision.at >= at:
            break
        begun, at = place, step.decision.at
    return episode.steps[begun:]


def _unseen(episode: Episode) -> str | None:
    """What the last step was to act on, if that was not found."""
    step = next((step for step in reversed(episode.steps) if step.decision), None)
    if step is None or step.action is None or step.failure != "not_found":
        return None
    named = targets(step.action)
    return named[0].words if len(named) == 1 and named[0].at is None else None


def _failure(step: Step) -> str:
    """Why the instructions cannot continue after `step`; empty if they can."""
    if isinstance(step.verdict, AnswerAsk) and _bare(step.verdict.text) in _NO:
        return f"the answer was “{step.verdict.text.strip()}”"
    return step.failure_reason


def _thought(decision: Decision, purpose: str) -> str:
    """What a step is for; nothing about one that is in the plan as the user wrote it."""
    return f"to {purpose}: {decision.step}" if purpose and not isinstance(decision.step.action, Finish) else ""


def _unheeded(episode: Episode) -> Iterator[str]:
    """Answer, once, each message of the user that cannot be followed."""
    thoughts = "".join(step.thought for step in episode.steps)
    for text in dict.fromkeys(episode.told):
        reply = f"“{text}” cannot be followed without a model, only “stop” and “skip”; "
        if _bare(text) not in ("stop", "skip") and reply not in thoughts:
            yield reply


def _bare(text: str) -> str:
    return text.strip(" .!\n").lower()
