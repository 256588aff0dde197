"""From an action in words to one that may be sent: each target located, reviewed, and still on the screen reviewed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from screenagent.actions import Action, Input, Target, describe, targets
from screenagent.agent import guard
from screenagent.agent.timeline import Timeline
from screenagent.control import Control, Stopped
from screenagent.events import (
    Abort,
    AnswerAsk,
    Approve,
    Event,
    FailureCode,
    Grounded,
    LookAgain,
    Observed,
    Reject,
    Retried,
    Reviewed,
    Revise,
    Skip,
    Verdict,
)
from screenagent.geometry import Absent, Location
from screenagent.protocols import Approver, Desktop, Grounder, Retry, SecondLook
from screenagent.screenshot import Screenshot

ReviewT = TypeVar("ReviewT")

LATE_SECONDS: Final = 3.0
"""How much longer than usual the rung `wait` looks for an effect."""

HESITATION: Final = 0.1
"""An approval that takes longer than this is a person's, and leaves time for a second look; in seconds."""

ROUNDS: Final = 5
"""How often the screen may change between review and action before the step is given back to the planner."""


@dataclass(kw_only=True)
class Review:
    ledger: Timeline
    grounder: Grounder
    approver: Approver
    desktop: Desktop
    control: Control
    second_look: SecondLook | None

    def approved(
        self, action: Action, *, located: tuple[Location, ...] | None
    ) -> Generator[Event, None, tuple[Action, Verdict, tuple[Location, ...]]]:
        """Locate, review, and look whether the screen is still the one reviewed; if not, again from there."""
        yield from self.look_afresh()
        locations = (yield from self._located(action)) if located is None else located
        changes = 0
        while changes < ROUNDS:
            yield self.ledger.happened(Grounded(action=action, locations=locations))
            verdict, locations = yield from self._review(action, locations)
            yield self.ledger.happened(Reviewed(verdict=verdict))
            match verdict:
                case Revise():
                    action, locations = yield from self._revised(verdict, action, locations)
                    continue
                case LookAgain():
                    yield self.look()
                    locations = self.locate(action)
                    continue
                case Skip():
                    raise Retry(f"the user skipped this: {describe(action)}", "skipped")
                case Reject(reason=reason, by=by):
                    code: FailureCode = "refused_by_policy" if by == "policy" else "refused_by_person"
                    raise Retry(f"the user refused to {describe(action)}: {reason}", code)
                case Abort():
                    raise Stopped
                case Approve(locations=moved) if moved:
                    locations = _as_many(moved, action)
                case AnswerAsk() | Approve():
                    moved = ()
            if self.control.was_handed_back():  # what was approved was approved on another screen
                yield self.look()
                locations = self.locate(action)
                continue
            if not isinstance(action, Input):
                return action, verdict, locations
            reviewed = self.ledger.screen
            with self.ledger.phase("guard"):
                now = self.desktop.screenshot()
            if guard.same_screen(reviewed, now, action, locations):
                return action, verdict, locations
            yield self.ledger.happened(Observed(screenshot=now))
            changes += 1
            if moved:  # only the hand that put it there knows whether it still belongs there
                continue
            found = self.locate(action)
            if guard.same_window(reviewed, now) and guard.same_places(locations, found):
                return action, verdict, locations
            locations = found
        raise Retry(f"the screen kept changing under {describe(action)}", "screen_changing")

    def _located(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; one that is absent may only be late, so the screen is watched for it a little longer."""
        try:
            return self.locate(action)
        except Retry as absent:
            why = str(absent)
        before = self.ledger.screen
        yield self.ledger.happened(Retried(recovery="wait", why=why))
        with self.ledger.phase("settle"):
            screen = self.desktop.settled(lambda later: self._finds(action, before, later), seconds=LATE_SECONDS)
        yield self.ledger.happened(Observed(screenshot=screen))
        if screen.digest == before.digest:  # a model need not be asked twice about one picture
            raise Retry(why, "not_found")
        return self.locate(action)

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            target.at is not None or isinstance(self.grounder.locate(target.words, later), Location)
            for target in targets(action)
        )

    def _revised(
        self, revise: Revise, action: Action, locations: tuple[Location, ...]
    ) -> Generator[Event, None, tuple[Action, tuple[Location, ...]]]:
        """What is asked about next: the action that the user wants, or, where that has no place, the same again."""
        try:
            return revise.action, self.locate(revise.action, near=revise.near)
        except Retry as absent:
            yield self.ledger.happened(Retried(recovery="ask", why=str(absent)))
            return action, locations

    def _review(
        self, action: Action, locations: tuple[Location, ...]
    ) -> Generator[Event, None, tuple[Verdict, tuple[Location, ...]]]:
        """Ask the approver. While a person thinks about it, look again at the targets; the places stay those shown."""
        if self.second_look is None or not locations:
            with self.ledger.phase("approve"):
                return self.approver.review(action, locations, self.ledger.episode), locations
        with self.ledger.phase("approve"):
            review = _meanwhile(partial(self.approver.review, action, locations, self.ledger.episode))
            wait((review,), timeout=HESITATION)
        for index, target in enumerate(targets(action)):
            if review.done():
                break
            with self.ledger.phase("locate"):
                surer = self.second_look.confirm(target.words, self.ledger.screen, locations[index])
            if surer != locations[index] and surer.point == locations[index].point:
                locations = (*locations[:index], surer, *locations[index + 1 :])
                yield self.ledger.happened(Grounded(action=action, locations=locations))
        with self.ledger.phase("approve"):
            return review.result(), locations

    def locate(self, action: Action, *, near: tuple[Location, ...] = ()) -> tuple[Location, ...]:
        def located(target: Target, earlier: Location | None) -> Location:
            if target.at is not None:
                return Location(point=target.at, confidence=1.0, by="pointed")
            match self.grounder.locate(target.words, self.ledger.screen, near=earlier):
                case Location() as location:
                    return location
                case Absent(why=why):
                    covered = self.ledger.screen.covered_words
                    raise Retry(f"{why}; {covered}" if covered else why, "not_found")

        words = targets(action)
        with self.ledger.phase("locate"):
            return tuple(
                located(target, near[index] if index < len(near) else None) for index, target in enumerate(words)
            )

    def look_afresh(self) -> Generator[Event, None, None]:
        """After the user had the desktop."""
        if self.control.was_handed_back():
            yield self.look()

    def look(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Observed:
        """The settled screen; with `until`, once that holds or time is up."""
        with self.ledger.phase("settle"):
            screen = self.desktop.settled(until, seconds=seconds)
        return self.ledger.happened(Observed(screenshot=screen))


def _meanwhile(work: Callable[[], ReviewT]) -> Future[ReviewT]:
    """Run `work` in a thread of its own, which a process that ends does not wait for."""
    future: Future[ReviewT] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- raised again where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, name="review", daemon=True).start()
    return future


def _as_many(moved: tuple[Location, ...], action: Action) -> tuple[Location, ...]:
    if len(moved) != len(targets(action)):
        raise ValueError(f"{len(moved)} places were approved for the {len(targets(action))} of {describe(action)}")
    return moved
