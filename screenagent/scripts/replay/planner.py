"""The planner of a replay: it plays the script step by step, and gives the goals in it to the configured planner."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from typing import Final

from screenagent.actions import Ask, Finish, KeyboardInput, MouseInput, PressKeys, Wait, WaitFor, describe, targets
from screenagent.agent.eyes import LATE_SECONDS
from screenagent.episode import Episode, Step
from screenagent.events import AnswerAsk, Decision, Plan, PlannedStep, Reject, Skip
from screenagent.geometry import Guess, Location, Point
from screenagent.planning import InstructionPlanner, Instructions
from screenagent.protocols import Checker, Planner, Retry
from screenagent.screenshot import Screenshot
from screenagent.scripts.linked import Linked
from screenagent.scripts.replay.action_list import ActionList
from screenagent.scripts.replay.actions import AT_ONCE, Binding, ScriptAction, first_action, renamed_target, script_plan
from screenagent.scripts.replay.claims import Claims
from screenagent.scripts.replay.decisions import (
    NO,
    YES,
    has_window_closed,
    is_front,
    single_step,
    thought_about,
    was_lost,
)
from screenagent.scripts.replay.flow import Course, Flow, Frame, ReplayEnded, SetAside, StepFailed
from screenagent.scripts.replay.in_the_way import in_the_way
from screenagent.scripts.replay.made_files import file_awaited
from screenagent.scripts.replay.notes import Notes
from screenagent.scripts.replay.plain_values import with_plain_values
from screenagent.scripts.replay.readout import Readout, Unread, ValueReading
from screenagent.scripts.replay.rest import Patience, RestJudge, in_words
from screenagent.scripts.replay.skilled import instructions_for
from screenagent.scripts.replay.succession import may_follow
from screenagent.scripts.schema import AnyStep, ApproveStep, AskStep, FileThere, KeyPath, ReadStep, expected_of
from screenagent.showing import LONGEST_NAME, abridged

PATIENCE: Final = (0.25, 0.5, 1.0)
"""How long is waited, each time longer, for a window that was changed to to come in front; in seconds."""


@dataclass
class ScriptPlanner:
    """Plays a script once. `checker` sees what `if_seen` asks for, `planner` carries out what `task` says.

    The steps are played by generators: each stops at a decision, and goes on with what became of it when the next one
    is due. An action whose target is not there is tried again until `rest` and the script's times say that it will not
    come, then asked about. For keys, a window behind another is brought to the front. What else fails ends the replay.

    `recorded` are the names of the anchors that exist, and `seen` tells where all targets, by their words and their
    anchors' names, are on a screen by their appearance; `instead` tells what stands in the place of one that is not.
    `anchor_names`, `points` and `window` tell the grounder and the approver about the current action.
    """

    linked: Linked
    values: Mapping[str, str]
    planner: Planner
    checker: Checker
    rest: RestJudge
    readout: Readout
    skilled: Callable[[Instructions], Planner] = lambda instructions: InstructionPlanner(instructions=instructions)
    recorded: frozenset[str] = frozenset()
    seen: Callable[[Mapping[str, str], Screenshot], tuple[Location, ...]] = lambda _names, _screen: ()
    instead: Callable[[str, str, Screenshot], Guess | None] = lambda _target, _name, _screen: None
    notes: Notes = field(default_factory=Notes)
    claims: Claims = field(default_factory=lambda: Claims(None))
    is_first: bool = True
    is_last: bool = True
    began: float = field(default_factory=time.time)
    anchor_names: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, Point] = field(default_factory=dict)
    window: str | None = None
    _patience: Patience = field(default_factory=lambda: Patience(LATE_SECONDS, LATE_SECONDS))
    _attended: ScriptAction | None = None
    _following: int | None = None
    _is_attempting: bool = False
    _looked_at: Screenshot | None = None
    _touched: tuple[Location, ...] = ()
    _asked_of: str = ""
    _episode: Episode = field(default_factory=Episode)

    def __post_init__(self) -> None:
        self._plan = ActionList(self.linked, self.values, self.recorded)
        self.flow = Flow(self, self.notes, self.claims)

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        decision = yield from self._next(episode)
        if self.flow.frames:
            script = self._attended.script if self._attended else self.flow.frames[-1].linked.script
            decision = with_plain_values(decision, self.flow.templates(self._attended), script)
        thought = decision.thought or thought_about(decision)
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
        try:
            yield from self.flow.whole(self.linked, self.values, (), first=self.is_first, last=self.is_last)
            self.flow.check_claims(self._screen)
        except (StepFailed, ReplayEnded) as ended:
            if isinstance(ended, SetAside):
                self.notes.set_aside = str(ended)
            yield from repeat(Decision.give_up(str(ended)))
        self._attend_to(None)
        while True:
            plan = script_plan(self._actions, self.notes.ending)
            yield Decision(plan=plan, at=len(self._actions), account=self.notes.account)

    def carry_out(self, step: AnyStep, path: KeyPath, frame: Frame) -> Course:
        """Carry out the actions that the step at that path is made of, or what is worked out for it."""
        binding = replace(self._known, values=frame.values, anchors=frame.linked.anchors)
        instructions = instructions_for(step, binding.targets(step), frame)
        if instructions is None:
            self.flow.check_claims(self._screen)
        else:
            since = self.steps_so_far
            yield from self._work_out(first_action(step, path, frame.linked.script, binding), instructions)
            self.claims.make(self._episode.steps[since:], binding.targets(step)[0].words, self._screen)
        places = self._plan.places(path, self._known)
        for at, following in zip(places, (*places[1:], self._plan.following(step, path, self._known)), strict=False):
            self._following = following
            yield from self._carry_out(at)
        self._following = None
        if isinstance(expected := expected_of(step), FileThere):
            seconds = expected.within or getattr(step, "timeout", None) or AT_ONCE
            yield from file_awaited(expected, frame, seconds=seconds, since=self.began)

    def read(self, step: ReadStep, frame: Frame) -> Course:
        """Read a value off the screen, and ask about one that is not read for sure."""
        what = frame.words(step.read)
        self._attend_to(None)
        self._patience = Patience(*frame.linked.script.patience_for(step))
        self._looked_at = self._screen
        while isinstance(reading := self.readout.read(what, step.kind, self._screen), Unread):
            if (yield from self.flow.popup_closed()):
                continue
            if not self._patience.goes_on(self.rest.unrest(self._looked_at, self._screen)):
                raise StepFailed(f"read {what}: {reading.why}")
            self._looked_at = self._screen
            yield single_step(Wait(seconds=self._patience.next_wait(asks=False)))
        value = reading.value
        yield f"{what} reads “{reading.shown}” ({reading.by} {reading.confidence:.2f}); "
        if not reading.is_sure:
            value = yield from self._settled(what, reading)
        frame.values[step.into] = self.notes.outputs[step.into] = value
        if reading.rows:
            frame.tables[step.into] = self.notes.tables[step.into] = reading.rows

    def _settled(self, what: str, reading: ValueReading) -> Generator[Decision, None, str]:
        """Ask what it is that was not read for sure; where nobody answers, it is set aside."""
        why = f"{what} reads “{reading.shown}”, which is not sure: {reading.doubt}"
        yield single_step(Ask(question=f"{why}. Say “yes”, or what it is"))
        try:
            answer = self._answer(why)
        except StepFailed as failed:
            raise SetAside(str(failed)) from failed
        if answer is None or answer.lower() in NO:
            raise ReplayEnded(f"{why}: the answer was “{answer or 'skip'}”")
        return reading.value if answer.lower() in YES else answer

    def _work_out(self, action: ScriptAction, instructions: Instructions) -> Course:
        """Carry out `instructions` for a step, which leave its control as it says; what is late is waited for."""
        self._begin_waiting(action)
        planner = self.skilled(instructions)
        was_fetched = False
        while True:
            self._looked_at = self._screen
            try:
                yield from self._led_by(planner, instructions.task, action)
                return
            except StepFailed as failed:
                why = failed
            if (yield from self.flow.popup_closed()):
                continue
            is_behind = not self._is_in_front(action)
            if is_behind and not was_fetched:
                was_fetched = True
                yield from self._fetched(action, str(why))
            elif not was_lost(self._last) or not self._patience.goes_on(self._unrest(action)):
                raise StepFailed(f"{why}{self._in_the_way}") from why

    def sees(self, words: str) -> Generator[str | Decision, None, bool]:
        """Look once at the settled screen; where nobody can say what is there, neither answer is right."""
        look = PlannedStep(action=WaitFor(words=words, seconds=0))
        effect = self.checker.quick_check(look, None, self._screen)
        if effect.outcome == "unknown":
            raise StepFailed(f"whether “{words}” is seen: {effect.evidence}")
        yield f"“{words}” is {'' if effect.as_expected else 'not '}seen; "
        return effect.as_expected

    @property
    def steps_so_far(self) -> int:
        return len(self._episode.steps)

    def has_changed(self) -> bool:
        """Whether the screen is another than when this was asked last."""
        changed = self._asked_of != self._screen.digest
        self._asked_of = self._screen.digest
        return changed

    def delegate(self, task: str) -> Course:
        """Let the configured planner decide until the goal is reached; it is told what happened since it began."""
        self.flow.check_claims(self._screen)
        yield from self._led_by(self.planner, task, None)

    def _led_by(self, planner: Planner, task: str, action: ScriptAction | None) -> Course:
        self._attend_to(action)
        since = len(self._episode.steps)
        while True:
            part = self._episode.model_copy(update={"task": task, "steps": self._episode.steps[since:]})
            try:
                decision = yield from planner.decide(part)
            except Retry as retry:
                yield retry
                continue
            match decision.step.action:
                case Finish(success=True):
                    return
                case Finish(message=message):
                    raise StepFailed(f"{task}: {message}")
            yield decision

    def question(self, step: AskStep | ApproveStep, path: KeyPath, frame: Frame) -> Course:
        """Ask the user; an answer may become a parameter, and only a yes approves."""
        [at] = self._plan.places(path, self._known)
        yield from self._attempt(at)
        said = self._answer()
        planned = self._actions[at].planned
        if said is None:
            return
        if isinstance(step, AskStep) and step.into:
            frame.values[step.into] = said
        is_no = said.lower() not in YES if isinstance(step, ApproveStep) else said.lower() == "stop"
        if is_no:
            raise ReplayEnded(f"{planned}: the answer was “{said}”")

    def _answer(self, failed: str = "") -> str | None:
        """Return the answer to the question that was asked last, about what has `failed`; None if the user skipped
        it."""
        match self._last:
            case Step(verdict=AnswerAsk(text=text)):
                return text.strip()
            case Step(verdict=Skip()):
                return None
            case Step(action=Ask(question=question)) as last:
                unanswered = last.verdict.reason if isinstance(last.verdict, Reject) else last.failure_reason
                raise StepFailed(f"{failed or question}; {unanswered or 'nobody answered'}")
        return None

    def _carry_out(self, at: int) -> Course:
        """Attempt an action until it goes well or the user skips it.

        A target may be late, another window may be in front; what else goes wrong ends the replay.
        """
        if self._actions[at].types_nothing:
            yield "there is nothing to type; "
            return
        was_fetched = False
        self._begin_waiting(self._actions[at])
        yield from self._attempt(at)
        while why := self._last.failure_reason:
            action, failed = self._actions[at], self._last
            if (yield from self.flow.popup_closed()):
                if self._has_closed(action):
                    yield "the window has closed; "
                    return
                if failed.acted and isinstance(failed.action, MouseInput | KeyboardInput):
                    raise StepFailed(f"{action.planned}: {why}; a popup was closed then, and nothing is sent twice")
                yield from self._attempt(at)
                continue
            is_lost, is_rejected = was_lost(self._last), isinstance(self._last.verdict, Reject)
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
                    instead = self._replacement(action)
                    there = f"; “{abridged(instead, LONGEST_NAME)}” stands in its place" if instead else ""
                    what = f"{describe(action.planned.action)}: {why}{there}{self._in_the_way}; {seen}"
                    yield from self._help(at, what, "Say “again”, “skip”, “stop”, or name it in other words")
            elif is_behind and is_rejected:
                yield from self._help(
                    at, f"{action.planned}: {why}", "Bring it there and say “again”; or “skip”, “stop”"
                )
            else:
                raise StepFailed(f"{action.planned}: {why}")

    def _has_closed(self, action: ScriptAction) -> bool:
        """Whether the window that was asked to close has closed since then, once a question of it was answered."""
        planned = action.planned.action
        sent = (step for step in reversed(self._episode.steps) if step.acted and step.action == planned)
        return has_window_closed(next(sent, None), self._screen)

    def may_go_on(self, screenshot: Screenshot, *, shows: bool) -> bool:
        """Whether the next action can begin on a screen at rest that an input `shows` on, or not."""
        current = self._attended
        if not self._is_attempting or current is None or self._following is None:
            return False
        following = self._actions[self._following]
        if following.window is not None and not is_front(following.window, screenshot.window):
            return False
        return may_follow(current, following, screenshot, shows=shows, seen=self.seen)

    def _begin_waiting(self, action: ScriptAction) -> None:
        script, step = action.script, action.step
        self._patience = Patience(*script.patience_for(step), script.patience_if_replaced(step))

    def _unrest(self, action: ScriptAction) -> str:
        """What was going on while the target was waited for; empty if its window was in front and at rest."""
        if not self._is_in_front(action):
            return f"“{action.window}” is not in front"
        self._touched += tuple(rest.location for rest in self._last.rested)
        return self.rest.unrest(self._looked_at or self._screen, self._screen, touched=self._touched)

    def _replacement(self, action: ScriptAction) -> str:
        """Return what stands in the place of a target that is absent; empty if nothing does, or if the last input was
        done to it, which may be what lets it change its name."""
        last = next((step for step in reversed(self._episode.steps) if step.sent), None)
        touched = [place.point for place in last.locations] if last else []
        found = (self.instead(target, name, self._screen) for target, name in action.anchor_names.items())
        return next((what.words for what in found if what and not any(what.is_at(point) for point in touched)), "")

    @property
    def _in_the_way(self) -> str:
        """What lies over the target, as the end of a sentence; empty if nothing does."""
        over = in_the_way(self._screen, self._episode.before_last_input, self.rest.reader)
        return f"; {over}" if over else ""

    def _attempt(self, at: int) -> Course:
        """Decide on an action, unless it cannot be carried out."""
        action = self._actions[at]
        if problem := action.why_not(self._screen.size):
            raise StepFailed(f"{action.planned}: {problem}")
        self._attend_to(action)
        self._looked_at = self._screen
        self._is_attempting = True
        yield Decision(plan=script_plan(self._actions), at=at)
        self._is_attempting = False

    def _fetch(self, at: int, why: str) -> Course:
        """Change to the window that the action is for, and attempt it again."""
        yield from self._fetched(self._actions[at], why)
        if not self._was_skipped:
            yield from self._attempt(at)

    def _fetched(self, action: ScriptAction, why: str) -> Course:
        """Change to the window behind the one in front, for which a busy desktop takes its time."""
        self.window = None
        yield Decision(plan=Plan(steps=(PlannedStep(action=PressKeys(keys=("alt", "tab"))),)), thought=why)
        for seconds in PATIENCE:
            if self._was_skipped or self._is_in_front(action):
                break
            yield single_step(Wait(seconds=seconds))
        self._begin_waiting(action)

    def _help(self, at: int, failed: str, choices: str) -> Course:
        """Ask about an action that failed, and go on as the user says; where nobody answers, say what failed."""
        if not self.flow.asks:
            raise StepFailed(failed)
        yield single_step(Ask(question=f"{failed}. {choices}"))
        planned = self._actions[at].planned
        answer = self._answer(failed)
        self._begin_waiting(self._actions[at])
        match answer:
            case None:
                return
            case said if said.lower() == "skip":
                return
            case said if said.lower() in ("again", "retry", "go on"):
                yield from self._attempt(at)
            case said if said.lower() in NO:
                raise ReplayEnded(f"{planned}: the answer was “{said}”")
            case said:
                self.anchor_names, self.points = {}, {}
                yield Decision(plan=Plan(steps=(renamed_target(planned, said),)))

    def _attend_to(self, action: ScriptAction | None) -> None:
        """Let the grounder and the approver know what the current action is; None if it is not of the script."""
        self.anchor_names = action.anchor_names if action else {}
        self.points = self._known.points(action.targets) if action else {}
        self.window = action.window if action else None
        self._attended = action

    def lateness(self, may_ask: Callable[[str], bool]) -> float:
        """How long the target of the current action is waited for, in seconds; for some, buttons are asked after."""
        if self._attended is None:
            return LATE_SECONDS
        sought = targets(self._attended.planned.action)
        self._patience.is_replaced = self._replacement(self._attended) != ""
        return self._patience.next_wait(asks=any(may_ask(target.words) for target in sought))

    @property
    def attended(self) -> ScriptAction | None:
        """The action of the script that is being carried out; None if another planner decides what is done."""
        return self._attended

    @property
    def _actions(self) -> Sequence[ScriptAction]:
        """Every action of the script, with what is known by now in place."""
        return self._plan.actions(self._known)

    @property
    def _known(self) -> Binding:
        """What is known by now, of the script and of those that it is running."""
        return self._plan.known(self.flow.frames, self._screen.size)

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
