"""The loop: look, decide, locate, ask, act, check. Everything that happens is yielded as an event."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar, cast

from screenagent import guard
from screenagent.actions import Action, Ask, Change, Finish, Input, Wait, WaitFor, describe, targets
from screenagent.control import Control, Interrupted, Stopped
from screenagent.episode import Episode
from screenagent.events import (
    Abort,
    Acted,
    Answer,
    Approve,
    Checked,
    Decided,
    Decision,
    Effect,
    Ended,
    Event,
    Failed,
    Grounded,
    Happened,
    LookAgain,
    Observed,
    Paused,
    Phase,
    PlannedStep,
    Reject,
    Resumed,
    Retried,
    Reviewed,
    Revise,
    Skip,
    Started,
    Thought,
    Told,
    Usage,
    Verdict,
)
from screenagent.geometry import Absent, Location
from screenagent.meter import Meter
from screenagent.protocols import Approved, Approver, Checker, Desktop, Grounder, Planner, Retry, SecondLook
from screenagent.recovery import next_rung
from screenagent.screenshot import Screenshot

Sink = Callable[[Event], None]
HappenedT = TypeVar("HappenedT", bound=Happened)
ResultT = TypeVar("ResultT")

LATE_SECONDS: Final = 3.0
"""How much longer than usual the rung `wait` looks for an effect."""

HESITATION: Final = 0.1
"""An approval that takes longer than this is a person's, and leaves time for a second look; in seconds."""

ROUNDS: Final = 5
"""How often the screen may change between review and action before the step is given back to the planner."""


@dataclass(kw_only=True)
class Agent:
    """Its parts, wired together. It cannot be built without an approver.

    `second_look` uses the time in which a person thinks about an approval; `meter` is what the parts' models count on.
    """

    planner: Planner
    grounder: Grounder
    approver: Approver
    desktop: Desktop
    checker: Checker
    control: Control = field(default_factory=Control)
    max_steps: int = 50
    second_look: SecondLook | None = None
    meter: Meter = field(default_factory=Meter)

    def run(self, task: str) -> Generator[Event, None, None]:
        """Work on `task`. Whoever iterates sets the pace; nothing is performed once the control says stop."""
        run = _Run(self)
        try:
            with closing(run.events(task)) as events:
                for event in events:
                    yield event
                    if run.episode.ended is None:
                        yield from run.waited(event)
        except Stopped:
            yield run.happened(Ended(outcome="stopped"))
        except Exception as error:
            yield run.happened(Ended(outcome="crashed", message=f"{type(error).__name__}: {error}"))
            raise


def drive(agent: Agent, task: str, *sinks: Sink) -> Episode:
    """Run to the end, telling every sink each event before the next one happens."""
    episode = Episode()
    with closing(agent.run(task)) as events:
        for event in events:
            for sink in sinks:
                sink(event)
            episode = episode.after(event)
    return episode


class _Run:
    """One task's way through the loop: the episode so far, and the clock."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.episode = Episode()
        self._began = time.monotonic()
        self._spent: dict[Phase, float] = {}
        self._asked = Usage()

    def happened(self, event: HappenedT) -> HappenedT:
        """Stamp `event` with the time and what it cost, and fold it into the episode."""
        at = time.monotonic() - self._began
        usage = Usage()
        if not isinstance(event, Thought):  # it is part of a decision, and so is its time
            usage, self._spent, self._asked = Usage(seconds=self._spent) + self._asked, {}, Usage()
        stamped = event.model_copy(update={"at": round(at, 6), "usage": usage})
        self.episode = self.episode.after(cast(Event, stamped))
        return stamped

    def waited(self, event: Event) -> Generator[Event, None, None]:
        """Wait while paused, and say so."""
        control = self.agent.control
        if control.paused or isinstance(event, Paused):
            if not isinstance(event, Paused):
                yield self.happened(Paused(why=control.why))
            control.checkpoint()
            yield self.happened(Resumed())
        control.checkpoint()

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = self._spent.get(phase, 0.0) + time.perf_counter() - began
            asked = self.agent.meter.take()
            self._asked += asked
            # The models' seconds have phases of their own.
            self._spent[phase] = round(max(0.0, spent - sum(asked.seconds.values())), 6)

    @property
    def _screen(self) -> Screenshot:
        assert self.episode.screenshot is not None
        return self.episode.screenshot

    def events(self, task: str) -> Generator[Event, None, None]:
        yield self.happened(Started(task=task))
        yield self._look()
        while self.episode.ended is None:
            try:
                yield from self._look_afresh()
                yield from self._step()
            except Retry as retry:
                yield self.happened(Failed(feedback=str(retry)))
            self.agent.control.step_done()
            for text in self.agent.control.heard():
                yield self.happened(Told(text=text))
            if self.episode.ended is None and len(self.episode.steps) >= self.agent.max_steps:
                yield self.happened(Ended(outcome="out_of_steps", message=f"after {self.agent.max_steps} steps"))

    def _step(self) -> Generator[Event, None, None]:
        decision = yield from self._decide()
        yield self.happened(Decided(decision=decision))
        yield from self._carry_out(decision.step)
        yield from self._recover(decision.step)

    def _decide(self) -> Generator[Event, None, Decision]:
        thoughts = self.agent.planner.decide(self.episode)
        while True:
            with self._phase("decide"):
                try:
                    text = next(thoughts)
                except StopIteration as end:
                    decision: Decision = end.value
                    return decision
            yield self.happened(Thought(text=text))

    def _carry_out(
        self, step: PlannedStep, *, located: tuple[Location, ...] | None = None
    ) -> Generator[Event, None, None]:
        """From the step in words to the effect of what was done: located, reviewed, guarded, performed, checked."""
        action, verdict, locations = yield from self._approved(step.action, located=located)
        before = self._screen
        match action:
            case Finish():
                yield self.happened(_ended(action, self.episode))
                return
            case Ask():
                yield self.happened(Acted(action=action))
                yield self.happened(Checked(effect=_answered(verdict)))
                return
            case Wait(seconds=seconds):
                with self._phase("act"):
                    self.agent.control.wait(seconds)
            case WaitFor(gone=gone):  # what an input before this brings about may be there already
                before = before if gone else self.episode.since or before
            case _:
                try:
                    self._perform(action, locations, verdict)
                except Interrupted as interruption:
                    yield self._interrupted(interruption, action)
                    yield from self._carry_out(PlannedStep(action=action, expectation=step.expectation))
                    return
        yield self.happened(Acted(action=action, locations=locations))
        planned = PlannedStep(action=action, expectation=step.expectation)
        patience = action.seconds if isinstance(action, WaitFor) else None
        yield self._look(planned, before, locations, seconds=patience)
        yield self._check(planned, before, locations)

    def _approved(
        self, action: Action, *, located: tuple[Location, ...] | None
    ) -> Generator[Event, None, tuple[Action, Verdict, tuple[Location, ...]]]:
        """Locate, review, and look whether the screen is still the one reviewed; if not, again from there."""
        yield from self._look_afresh()
        locations = (yield from self._located(action)) if located is None else located
        changes = 0
        while changes < ROUNDS:
            yield self.happened(Grounded(action=action, locations=locations))
            verdict, locations = yield from self._review(action, locations)
            yield self.happened(Reviewed(verdict=verdict))
            match verdict:
                case Revise():
                    action, locations = yield from self._revised(verdict, action, locations)
                    continue
                case LookAgain():
                    yield self._look()
                    locations = self._locate(action)
                    continue
                case Skip():
                    raise Retry(f"the user skipped this: {describe(action)}")
                case Reject(reason=reason):
                    raise Retry(f"the user refused to {describe(action)}: {reason}")
                case Abort():
                    raise Stopped
                case Approve(locations=moved) if moved:
                    locations = _as_many(moved, action)
                case Answer() | Approve():
                    moved = ()
            if self.agent.control.was_handed_back():  # what was approved was approved on another screen
                yield self._look()
                locations = self._locate(action)
                continue
            if not isinstance(action, Input):
                return action, verdict, locations
            reviewed = self._screen
            with self._phase("guard"):
                now = self.agent.desktop.screenshot()
            if guard.same(reviewed, now, action, locations):
                return action, verdict, locations
            yield self.happened(Observed(screenshot=now))
            changes += 1
            if moved:  # only the hand that put it there knows whether it still belongs there
                continue
            found = self._locate(action)
            if guard.same_window(reviewed, now) and guard.same_places(locations, found):
                return action, verdict, locations
            locations = found
        raise Retry(f"the screen kept changing under {describe(action)}")

    def _located(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; one that is absent may only be late, so the screen is watched for it a little longer."""
        try:
            return self._locate(action)
        except Retry as absent:
            why = str(absent)
        before = self._screen
        yield self.happened(Retried(rung="wait", why=why))
        with self._phase("settle"):
            screen = self.agent.desktop.settled(lambda later: self._finds(action, before, later), seconds=LATE_SECONDS)
        yield self.happened(Observed(screenshot=screen))
        if screen.digest == before.digest:  # a model need not be asked twice about one picture
            raise Retry(why)
        return self._locate(action)

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            isinstance(self.agent.grounder.locate(words, later), Location) for words in targets(action)
        )

    def _revised(
        self, revise: Revise, action: Action, locations: tuple[Location, ...]
    ) -> Generator[Event, None, tuple[Action, tuple[Location, ...]]]:
        """What is asked about next: the action that the user wants, or, where that has no place, the same again."""
        try:
            return revise.action, self._locate(revise.action, near=revise.near)
        except Retry as absent:
            yield self.happened(Retried(rung="ask", why=str(absent)))
            return action, locations

    def _review(
        self, action: Action, locations: tuple[Location, ...]
    ) -> Generator[Event, None, tuple[Verdict, tuple[Location, ...]]]:
        """Ask the approver. While a person thinks about it, look again at the targets; the places stay those shown."""
        if self.agent.second_look is None or not locations:
            with self._phase("approve"):
                return self.agent.approver.review(action, locations, self.episode), locations
        with self._phase("approve"):
            review = _meanwhile(partial(self.agent.approver.review, action, locations, self.episode))
            wait((review,), timeout=HESITATION)
        for index, target in enumerate(targets(action)):
            if review.done():
                break
            with self._phase("locate"):
                surer = self.agent.second_look.confirm(target, self._screen, locations[index])
            if surer != locations[index] and surer.point == locations[index].point:
                locations = (*locations[:index], surer, *locations[index + 1 :])
                yield self.happened(Grounded(action=action, locations=locations))
        with self._phase("approve"):
            return review.result(), locations

    def _locate(self, action: Action, *, near: tuple[Location, ...] = ()) -> tuple[Location, ...]:
        def located(target: str, earlier: Location | None) -> Location:
            match self.agent.grounder.locate(target, self._screen, near=earlier):
                case Location() as location:
                    return location
                case Absent(why=why):
                    covered = self._screen.covered_words
                    raise Retry(f"{why}; {covered}" if covered else why)

        words = targets(action)
        with self._phase("locate"):
            return tuple(
                located(target, near[index] if index < len(near) else None) for index, target in enumerate(words)
            )

    def _look_afresh(self) -> Generator[Event, None, None]:
        """After the user had the desktop."""
        if self.agent.control.was_handed_back():
            yield self._look()

    def _perform(self, action: Input, locations: tuple[Location, ...], verdict: Verdict) -> None:
        self.agent.control.check_input()
        approved = Approved(action=action, locations=locations, on=self._screen, verdict=verdict)
        with self._phase("act"):
            self.agent.desktop.perform(approved)

    def _interrupted(self, interruption: Interrupted, action: Action) -> Paused:
        """Wait for the user; where nothing of the input was sent yet, it is located and reviewed again after that."""
        self.agent.control.interrupt(str(interruption))
        if interruption.partly:
            raise Retry(f"{interruption}, in the middle of this: {describe(action)}; a part of it is done")
        return self.happened(Paused(why=self.agent.control.why))

    def _look(
        self,
        step: PlannedStep | None = None,
        before: Screenshot | None = None,
        at: tuple[Location, ...] = (),
        *,
        seconds: float | None = None,
    ) -> Observed:
        """The settled screen; after a step that says what should be seen, once it is seen or time is up."""
        until: Callable[[Screenshot], bool] | None = None
        if before is not None and step is not None and _is_watched_for(step, longer=seconds is not None):
            checker = self.agent.checker

            def until(after: Screenshot) -> bool:
                return checker.glance(step, before, after, at=at).confirmed

        with self._phase("settle"):
            screen = self.agent.desktop.settled(until, seconds=seconds)
        return self.happened(Observed(screenshot=screen))

    def _check(self, step: PlannedStep, before: Screenshot, at: tuple[Location, ...]) -> Checked:
        with self._phase("check"):
            effect = self.agent.checker.check(step, before, self._screen, at=at)
        return self.happened(Checked(effect=effect))

    def _recover(self, step: PlannedStep) -> Generator[Event, None, None]:
        """Climb the ladder while the effect of the last step is not what was expected."""
        while self.episode.ended is None and (rung := next_rung(self.episode)):
            last = self.episode.steps[-1]
            why = last.effect.evidence if last.effect else ""
            yield self.happened(Retried(rung=rung, why=why))
            match rung:
                case "wait":
                    yield self._look(step, last.before, last.locations, seconds=LATE_SECONDS)
                    yield self._check(step, last.before, last.locations)
                case "zoom":
                    yield from self._zoom(step, last.locations, last.effect)
                case "think":
                    yield self.happened(Failed(feedback=why))
                case "ask":
                    yield from self._ask(f"{describe(step.action)}: {why}. What now?")

    def _zoom(
        self, step: PlannedStep, earlier: tuple[Location, ...], effect: Effect | None
    ) -> Generator[Event, None, None]:
        """Look closer where the targets were thought to be; act again only where the answer is another."""
        try:
            closer = self._locate(step.action, near=earlier)
        except Retry:
            closer = earlier
        if guard.same_places(earlier, closer):
            yield self.happened(Checked(effect=effect or Effect(outcome="unknown")))
            return
        yield from self._carry_out(step, located=closer)

    def _ask(self, question: str) -> Generator[Event, None, None]:
        with self._phase("approve"):
            verdict = self.agent.approver.review(Ask(question=question), (), self.episode)
        yield self.happened(Reviewed(verdict=verdict))
        match verdict:
            case Answer(text=text):
                yield self.happened(Failed(feedback=f"asked the user: {question} The answer: {text}"))
                yield self.happened(Told(text=text))
            case Abort():
                raise Stopped
            case _:
                yield self.happened(Ended(outcome="gave_up", message=f"{question} Nobody answered"))


def _is_watched_for(step: PlannedStep, *, longer: bool) -> bool:
    """Whether a quiet screen may not yet be the one expected; that anything changes, a desktop waits for by itself."""
    return step.expected is not None and (longer or not isinstance(step.expected, Change))


def _meanwhile(work: Callable[[], ResultT]) -> Future[ResultT]:
    """Run `work` in a thread of its own, which a process that ends does not wait for."""
    future: Future[ResultT] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, name="review", daemon=True).start()
    return future


def _ended(finish: Finish, episode: Episode) -> Ended:
    """Done is believed only as far as effects confirm it."""
    if not finish.success:
        return Ended(outcome="gave_up", message=finish.message)
    if not episode.performed:
        return Ended(outcome="gave_up", message="nothing was performed")
    if episode.doubtful:
        named = "; ".join(describe(step.action) for step in episode.doubtful if step.action)
        return Ended(outcome="gave_up", message=f"performed, but nothing on the screen confirms it: {named}")
    return Ended(outcome="done", message=finish.message)


def _as_many(moved: tuple[Location, ...], action: Action) -> tuple[Location, ...]:
    if len(moved) != len(targets(action)):
        raise ValueError(f"{len(moved)} places were approved for the {len(targets(action))} of {describe(action)}")
    return moved


def _answered(verdict: Verdict) -> Effect:
    match verdict:
        case Answer(text=text):
            return Effect(outcome="unknown", evidence=f"the user answered: {text}")
        case _:
            raise Retry("the question was approved but not answered")
