"""The loop: look, decide, locate, ask, act, check. Everything that happens is yielded as an event."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final, cast

from screenagent import events
from screenagent.actions import Action, Ask, Finish, Input, Move, TypeText, Verify, Wait, WaitFor, describe
from screenagent.agent import guard
from screenagent.agent.caret import CaretWatch
from screenagent.agent.ending import ended
from screenagent.agent.eyes import LATE_SECONDS, Eyes
from screenagent.agent.fields import (
    described_field,
    entered_field,
    field_box,
    field_of,
    is_editing,
    is_entered,
    typed_texts,
)
from screenagent.agent.inquiry import Inquiry, ScreenAsking
from screenagent.agent.recovery import late_effect, next_recovery, slowed
from screenagent.agent.retyping import pasted
from screenagent.agent.review import ROUNDS, Proposal, Review
from screenagent.agent.taken_back import taken_back
from screenagent.agent.timeline import HappenedT, Timeline
from screenagent.control import Control, Interrupted, Stopped
from screenagent.episode import Episode, Step
from screenagent.events import Abort, AnswerAsk, Decision, Effect, Event, PlannedStep, RunResult, Verdict
from screenagent.geometry import Location
from screenagent.perception.changes import difference
from screenagent.protocols import (
    Approved,
    Approver,
    Checker,
    Desktop,
    Grounder,
    Guesser,
    LateAnswer,
    Outdated,
    Planner,
    Retry,
    SecondLook,
    StateReader,
)
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter

Sink = Callable[[Event], None]

UNDONE_SECONDS: Final = 0.6
"""What an application takes back, it mostly takes back within this time after the input."""


@dataclass(kw_only=True)
class Agent:
    """Its parts, wired together. It cannot be built without an approver.

    `second_look` uses the time in which a person thinks about an approval; `meter` is what the parts' models count on.
    A place that `guesser` can judge and that is less sure than `min_confidence` is acted on only if a person says so;
    with `asking`, the screen is asked first. A target that is absent is waited for as long as `lateness` says.
    """

    planner: Planner
    grounder: Grounder
    approver: Approver
    desktop: Desktop
    checker: Checker
    control: Control = field(default_factory=Control)
    max_steps: int = 50
    second_look: SecondLook | None = None
    guesser: Guesser | None = None
    min_confidence: float = 0.0
    meter: Meter = field(default_factory=Meter)
    asking: ScreenAsking | None = None
    states: StateReader | None = None
    lateness: Callable[[], float] = lambda: LATE_SECONDS

    @classmethod
    def embedded(cls, desktop: Desktop, *, approver: Approver | None = None, control: Control | None = None) -> Agent:
        """Build an agent that needs no model: it carries out plain instructions, found on the screen by the CPU.

        Without an `approver` every input is denied. `control` is the desktop's own if not given.
        """
        return cast(Agent, import_module("screenagent.assembly.agent").build_embedded(desktop, approver, control))

    def run(self, task: str) -> Generator[Event, None, None]:
        """Work on `task`. Whoever iterates sets the pace; nothing is performed once the control says stop."""
        run = _Run(self)
        yield from self._supervised(run, run.work(task))

    def learn(self) -> Generator[Event, None, None]:
        """Rest the mouse on all buttons of the tool bars in front that have no name yet, and keep what they tell."""
        run = _Run(self)
        yield from self._supervised(run, run.learn())

    def _supervised(self, run: _Run, work: Generator[Event, None, None]) -> Generator[Event, None, None]:
        try:
            with closing(work) as happening:
                for event in happening:
                    yield event
                    if run.episode.ended is None:
                        yield from run.waited(event)
        except Stopped:
            yield run.happened(events.Ended(result="stopped"))
        except Exception as error:
            yield run.happened(events.Ended(result="crashed", message=f"{type(error).__name__}: {error}"))
            raise


def drive(agent: Agent, task: str, *sinks: Sink) -> Episode:
    """Run to the end, telling every sink each event before the next one happens."""
    episode = Episode()
    with closing(agent.run(task)) as happening:
        for event in happening:
            _tell(sinks, event, agent.control)
            episode = episode.after(event)
    return episode


def _tell(sinks: Sequence[Sink], event: Event, control: Control) -> None:
    """Tell every sink the event. If one fails, the run ends, and all are told so before the error is raised."""
    failed: list[Exception] = []
    for sink in sinks:
        try:
            sink(event)
        except Exception as error:  # noqa: BLE001 -- raised once all sinks have been told
            failed.append(error)
    if not failed:
        return
    first = failed[0]
    result: RunResult = "stopped" if control.stopped and control.lost is None else "crashed"
    ended = events.Ended(result=result, message=f"{type(first).__name__}: {first}", at=event.at)
    for sink in sinks:
        if not isinstance(event, events.Ended):
            with suppress(Exception):  # the first error is the one that is raised
                sink(ended)
    raise first


class _Run:
    """One task's way through the loop, from the first look to the end."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._timeline = Timeline(agent.meter)
        self._before: Screenshot | None = None  # the screen that the effect of the last action is compared with
        self._sent_at: float | None = None  # when the last input was sent, while that may still be undone
        self._undone_seconds = UNDONE_SECONDS  # longer once the application took longer to take something back
        looks = (agent.grounder, agent.desktop, agent.control, agent.guesser, agent.min_confidence)
        naming = agent.asking.naming if agent.asking else None
        self._eyes = Eyes(self._timeline, *looks, naming=naming, states=agent.states, lateness=agent.lateness)
        parts = (agent.approver, agent.control, agent.second_look)
        self._review = Review(self._timeline, self._eyes, *parts, perform=self._perform, inquiry=self._inquiry())

    @property
    def episode(self) -> Episode:
        return self._timeline.episode

    def _inquiry(self) -> Inquiry | None:
        agent, asking = self.agent, self.agent.asking
        if asking is None:
            return None
        return Inquiry(self._timeline, self._eyes, agent.approver, agent.control, asking, self._let_rest)

    def happened(self, event: HappenedT) -> HappenedT:
        return self._timeline.happened(event)

    def waited(self, event: Event) -> Generator[Event, None, None]:
        """Wait while paused, and say so."""
        control = self.agent.control
        if control.paused or isinstance(event, events.Paused):
            if not isinstance(event, events.Paused):
                yield self.happened(events.Paused(why=control.why))
            control.checkpoint()
            yield self.happened(events.Resumed())
        control.checkpoint()

    def work(self, task: str) -> Generator[Event, None, None]:
        yield self.happened(events.Started(task=task))
        yield self._eyes.look()
        while self.episode.ended is None:
            try:
                yield from self._eyes.look_if_handed_back()
                yield from self._step()
            except Retry as retry:
                yield self.happened(events.Failed(feedback=str(retry), code=retry.code))
            self.agent.control.step_done()
            for text in self.agent.control.heard():
                yield self.happened(events.UserMessage(text=text))
            if self.episode.ended is None and self._has_no_steps_left():
                yield self.happened(events.Ended(result="out_of_steps", message=f"after {self.agent.max_steps} steps"))

    def _has_no_steps_left(self) -> bool:
        """Whether the last step was the last that the run may take. The end of the plan may follow it, once."""
        left = self.agent.max_steps - len(self.episode.steps)
        return left < 0 or (left == 0 and not self.episode.has_only_its_end_left)

    def learn(self) -> Generator[Event, None, None]:
        inquiry = self._review.inquiry
        assert inquiry is not None, "an agent that learns can ask the screen"
        yield self.happened(events.Started(task="learn what the buttons of the window in front are called"))
        yield self._eyes.look()
        try:
            yield from inquiry.learned()
        except Retry as retry:
            yield self.happened(events.Ended(result="gave_up", message=str(retry)))
            return
        rested = self.episode.current.rested if self.episode.current else ()
        told = sum(bool(rest.words) for rest in rested)
        yield self.happened(events.Ended(result="done", message=f"{told} of {len(rested)} buttons told their names"))

    def _step(self) -> Generator[Event, None, None]:
        decision = yield from self._decide()
        if isinstance(decision.step.action, Finish) and decision.step.action.success:
            while (yield from self._look_once_more()):  # and again at what was typed anew
                if self.episode.current and self.episode.current.failure_reason:
                    return  # which the planner hears first
        yield self.happened(events.Decided(decision=decision))
        self._eyes.seeks_field = is_entered(decision)
        yield from self._carry_out(decision.step)
        yield from self._recover(decision.step)

    def _look_once_more(self) -> Generator[Event, None, bool]:
        """See, before "done" is believed, that what the last step brought about stays, and that no bad news follows.

        Return whether the screen has changed, and the step was checked again.
        """
        last = next((step for step in reversed(self.episode.steps) if step.decision), None)
        if last is None or not last.acted or last.decision is None or self._sent_at is None:
            return False
        sent_at, self._sent_at = self._sent_at, None
        seen = self._timeline.screen
        now = self._eyes.watch(sent_at + self._undone_seconds)
        if difference(seen, now) is None:
            return False
        took = time.monotonic() - sent_at + UNDONE_SECONDS
        self._undone_seconds = min(max(self._undone_seconds, took), LATE_SECONDS)
        step = PlannedStep(action=last.decision.step.action, expectation=last.decision.step.expectation)
        yield self.happened(events.Retried(recovery="wait", why="the screen has changed again"))
        yield self._eyes.look()
        effect = self._effect(step, self._before, last.locations)
        gone = taken_back(last.effect, effect, seen, self._timeline.screen)
        yield self.happened(events.Checked(effect=gone or effect))
        yield from self._recover(step)
        return True

    def _decide(self) -> Generator[Event, None, Decision]:
        thoughts = self.agent.planner.decide(self.episode)
        while True:
            with self._timeline.phase("decide"):
                try:
                    text = next(thoughts)
                except StopIteration as end:
                    decision: Decision = end.value
                    return decision
            yield self.happened(events.Thought(text=text))

    def _carry_out(
        self,
        step: PlannedStep,
        *,
        at: tuple[Location, ...] | None = None,
        approved: Proposal | None = None,
        rounds: int = ROUNDS,
    ) -> Generator[Event, None, None]:
        """From the step in words to the effect of what was done: located, reviewed, guarded, performed, checked.

        So many `rounds` may find that what was `approved` has become another thing before anything was sent.
        """
        proposal = approved or (yield from self._review.approved(step.action, located=at))
        action, locations, verdict = proposal.action, proposal.locations, proposal.verdict
        assert verdict is not None
        before: Screenshot | None = self._timeline.screen
        match action:
            case Finish():
                yield self.happened(ended(action, self.episode))
                return
            case Ask():
                yield self.happened(events.Acted(action=action))
                yield self.happened(events.Checked(effect=_answered(verdict)))
                return
            case Wait(seconds=seconds):
                with self._timeline.phase("act"):
                    self.agent.control.wait(seconds)
            case Verify():
                pass
            case WaitFor(gone=gone):  # what the last input brought about may be there already
                before = before if gone else self.episode.before_last_input
            case _:
                try:
                    before = self._perform(action, locations, verdict) or before
                except Interrupted as interruption:
                    yield self._interrupted(interruption, action)
                    yield from self._carry_out(PlannedStep(action=action, expectation=step.expectation))
                    return
                except Outdated as outdated:
                    if rounds == 0:
                        raise
                    anew = yield from self._review.renewed(proposal)
                    if isinstance(outdated, LateAnswer):
                        self._refuse_after_bad_news()
                    yield from self._carry_out(step, approved=anew, rounds=rounds - 1)
                    return
        self._before = before
        yield self.happened(events.Acted(action=action, locations=locations))
        planned = PlannedStep(action=action, expectation=step.expectation)
        patience = action.seconds if isinstance(action, WaitFor) else None
        yield self._look(planned, before, locations, seconds=patience)
        yield self._check(planned, before, locations)

    def _perform(self, action: Input, locations: tuple[Location, ...], verdict: Verdict) -> Screenshot | None:
        self.agent.control.check_input()
        self._expect_caret(action)
        field = field_box(self.episode) if isinstance(action, TypeText) else None
        approved = Approved(action=action, locations=locations, on=self._timeline.screen, verdict=verdict, field=field)
        with self._timeline.phase("act"):
            before = self.agent.desktop.perform(approved)
        self._sent_at = time.monotonic()
        return before

    def _refuse_after_bad_news(self) -> None:
        """`Retry` if what has come since the last input was judged tells that it failed."""
        last = next(step for step in reversed(self.episode.steps) if step.sent)
        assert last.action is not None
        planned = PlannedStep(action=last.action, expectation=last.expectation)
        effect = self._effect(planned, self._before, last.locations)
        if effect.outcome == "contradicted":
            raise Retry(f"after {describe(last.action)}: {effect.evidence}", "contradicted")

    def _let_rest(self, move: Move, place: Location, verdict: Verdict) -> Approved[Move]:
        """Return the key to the desktop for one rest of the mouse, which was approved with others."""
        self.agent.control.check_input()
        return Approved(action=move, locations=(place,), on=self._timeline.screen, verdict=verdict)

    def _expect_caret(self, action: Input) -> None:
        """`Retry` if the field that was clicked just now for these keys is seen not to have the focus."""
        sent = [step for step in self.episode.steps if step.sent]
        if is_editing(action) and sent and entered_field(sent[-1]):
            watch = CaretWatch(self._eyes.quick_look, self.agent.control.until)
            if why := watch.why_elsewhere(sent[-1]):
                raise Retry(f"{described_field(sent[-1])} did not take the focus: {why}", "window_changed")

    def _interrupted(self, interruption: Interrupted, action: Action) -> events.Paused:
        """Wait for the user; where nothing of the input was sent yet, it is located and reviewed again after that."""
        self.agent.control.interrupt(str(interruption))
        if interruption.partly:
            raise Retry(
                f"{interruption}, in the middle of this: {describe(action)}; a part of it is done", "interrupted"
            )
        return self.happened(events.Paused(why=self.agent.control.why))

    def _look(
        self, step: PlannedStep, before: Screenshot | None, at: tuple[Location, ...], *, seconds: float | None
    ) -> events.Observed:
        """The settled screen after a step; where that says what should be seen, once it is seen or time is up."""
        typed = typed_texts(self.episode)

        def is_over(after: Screenshot) -> bool:
            return step.is_settled_by(self.agent.checker.quick_check(step, before, after, at=at, typed=typed))

        return self._eyes.look(is_over if step.is_watched else None, seconds=seconds)

    def _check(self, step: PlannedStep, before: Screenshot | None, at: tuple[Location, ...]) -> events.Checked:
        return self.happened(events.Checked(effect=self._effect(step, before, at)))

    def _effect(self, step: PlannedStep, before: Screenshot | None, at: tuple[Location, ...]) -> Effect:
        screen, typed = self._timeline.screen, typed_texts(self.episode)
        with self._timeline.phase("check"):
            is_typed = isinstance(step.action, TypeText) and not at
            where = field_of(self.episode) if is_typed else at
            return self.agent.checker.check(step, before, screen, at=where, typed=typed)

    def _recover(self, step: PlannedStep) -> Generator[Event, None, None]:
        """Climb the ladder while the effect of the last step is not what was expected."""
        while self.episode.ended is None and (recovery := next_recovery(self.episode)):
            last = self.episode.steps[-1]
            why = "an open menu or list took the click" if recovery == "again" else _evidence(last)
            yield self.happened(events.Retried(recovery=recovery, why=why))
            match recovery:
                case "wait":
                    before = self._before or last.before
                    yield self._look(step, before, last.locations, seconds=LATE_SECONDS)
                    effect = self._effect(step, before, last.locations)
                    yield self.happened(events.Checked(effect=late_effect(step.action, effect)))
                case "again":
                    yield from self._carry_out(step)
                case "slowly":
                    yield from self._carry_out(slowed(step), at=last.locations)
                case "zoom":
                    yield from self._zoom(step, last.locations, last.effect)
                case "think":
                    contradicted = last.effect is not None and last.effect.outcome == "contradicted"
                    yield self.happened(
                        events.Failed(feedback=why, code="contradicted" if contradicted else "no_effect")
                    )
                case "ask":
                    yield from self._ask(f"{describe(step.action)}: {why}. What now?")
                case "retype":
                    yield from self._retype(step, why)

    def _retype(self, step: PlannedStep, why: str) -> Generator[Event, None, None]:
        """Paste what was typed and did not arrive; if that changes nothing, the field still reads the same."""
        yield from self._carry_out(pasted(step))
        effect = self.episode.steps[-1].effect
        if effect is not None and effect.outcome == "unchanged":
            yield self.happened(events.Retried(recovery="think", why=why))
            yield self.happened(events.Failed(feedback=why, code="no_effect"))

    def _zoom(
        self, step: PlannedStep, earlier: tuple[Location, ...], effect: Effect | None
    ) -> Generator[Event, None, None]:
        """Look closer where the targets were thought to be; act again only where the answer is another."""
        try:
            closer = self._eyes.locate(step.action, near=earlier)
        except Retry:
            closer = earlier
        if guard.same_places(earlier, closer):
            yield self.happened(events.Checked(effect=effect or Effect(outcome="unknown")))
            return
        yield from self._carry_out(step, at=closer)

    def _ask(self, question: str) -> Generator[Event, None, None]:
        with self._timeline.phase("approve"):
            verdict = self.agent.approver.review(Ask(question=question), (), self.episode)
        yield self.happened(events.Reviewed(verdict=verdict))
        match verdict:
            case AnswerAsk(text=text):
                yield self.happened(events.Failed(feedback=f"asked the user: {question} The answer: {text}"))
                yield self.happened(events.UserMessage(text=text))
            case Abort():
                raise Stopped
            case _:
                yield self.happened(events.Ended(result="gave_up", message=f"{question} Nobody answered"))


def _evidence(step: Step) -> str:
    return step.effect.evidence if step.effect else ""


def _answered(verdict: Verdict) -> Effect:
    if not isinstance(verdict, AnswerAsk):
        raise Retry("the question was approved but not answered", "unanswered")
    return Effect(outcome="unknown", code="answered", evidence=f"the user answered: {verdict.text}")
