"""Reviews one action: from its words to an input that may be sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from screenagent import events
from screenagent.actions import Action, Input, WindowInput, describe, targets
from screenagent.agent import guard
from screenagent.agent.eyes import Eyes
from screenagent.agent.inquiry import Inquiry
from screenagent.agent.timeline import Timeline
from screenagent.approval.menu_path import has_closed, opens
from screenagent.control import Control, Interrupted, Stopped
from screenagent.episode import Step
from screenagent.events import Abort, AnswerAsk, Approve, Event, FailureCode, LookAgain, Reject, Revise, Skip, Verdict
from screenagent.geometry import Absent, Doubt, Location
from screenagent.protocols import Approver, Retry, SecondLook
from screenagent.screenshot import Screenshot

ReviewT = TypeVar("ReviewT")

HESITATION: Final = 0.1
"""An approval that takes longer than this is a person's, and leaves time for a second look; in seconds."""

ROUNDS: Final = 5
"""How often the screen may change between review and action before the step is given back to the planner."""


@dataclass(frozen=True)
class Proposal:
    """An action with the places of its targets. It may be done once it has a verdict; until then it is asked about."""

    action: Action
    locations: tuple[Location, ...]
    verdict: Verdict | None = None
    moved: bool = False
    """The user has put the targets there."""
    doubt: Doubt | None = None
    asked: bool = False
    """The screen was asked for the names of its buttons."""

    @property
    def event(self) -> events.Grounded:
        return events.Grounded(action=self.action, locations=self.locations, doubt=self.doubt)


@dataclass
class Review:
    timeline: Timeline
    eyes: Eyes
    approver: Approver
    control: Control
    second_look: SecondLook | None
    perform: Callable[[Input, tuple[Location, ...], Verdict], object]
    inquiry: Inquiry | None = None

    def approved(self, action: Action, *, located: tuple[Location, ...] | None) -> Generator[Event, None, Proposal]:
        """Locate and review `action`, and see that the screen is still the one reviewed; if not, start again there."""
        yield from self.eyes.look_if_handed_back()
        proposal = Proposal(action, (yield from self._located(action)) if located is None else located)
        changes, waited = 0, False
        while changes < ROUNDS:
            proposal = yield from self._doubted(proposal)
            yield self.timeline.happened(proposal.event)
            verdict, locations = yield from self._asked(proposal)
            if isinstance(verdict, Reject) and verdict.by == "bound" and not waited:
                waited = True
                proposal = yield from self._surer(proposal, verdict.reason)
                continue
            yield self.timeline.happened(events.Reviewed(verdict=verdict))
            proposal = yield from self._answered(replace(proposal, locations=locations, verdict=None), verdict)
            if proposal.verdict is None:
                continue
            if not isinstance(proposal.action, Input):
                return proposal
            reviewed, now = self.timeline.screen, self.eyes.quick_look()
            if guard.same_screen(reviewed, now, proposal.action, proposal.locations):
                return proposal
            yield self.timeline.happened(events.Observed(screenshot=now))
            changes += 1
            if (yield from self._menu_is_back(proposal, reviewed)):
                return proposal
            proposal = self._judged_anew(proposal, reviewed)
            if proposal.verdict:
                return proposal
        raise Retry(f"the screen kept changing under {describe(proposal.action)}", "screen_changing")

    def renewed(self, proposal: Proposal) -> Generator[Event, None, Proposal]:
        """Look again at a screen that has changed under what was approved, and review that once more if need be."""
        reviewed = self.timeline.screen
        yield self.eyes.look()
        proposal = self._judged_anew(proposal, reviewed)
        if proposal.verdict:
            yield self.timeline.happened(proposal.event)
            yield self.timeline.happened(events.Reviewed(verdict=proposal.verdict))
            return proposal
        return (yield from self.approved(proposal.action, located=proposal.locations))

    def _judged_anew(self, proposal: Proposal, reviewed: Screenshot) -> Proposal:
        """Return the proposal, approved as it was if the same stands where it did, and else to be asked about.

        A place that somebody pointed at cannot be found again: what has changed there is another thing.
        """
        if proposal.moved:  # only the hand that put it there knows whether it still belongs there
            return replace(proposal, verdict=None)
        found, now = self._found_again(proposal), self.timeline.screen
        if isinstance(proposal.action, WindowInput):
            is_same = guard.same_screen(reviewed, now, proposal.action, found)
            return proposal if is_same else Proposal(proposal.action, found)
        if not (guard.same_window(reviewed, now) and guard.same_windows(reviewed, now, found)):
            return Proposal(proposal.action, found)
        if guard.same_things(reviewed, proposal.locations, now, found):
            return proposal
        if any(target.at for target in targets(proposal.action)):
            raise Retry(f"{describe(proposal.action)}: what was pointed at is no longer there", "screen_changing")
        return Proposal(proposal.action, found)

    def _located(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; where sight finds none, ask the screen for the names of its buttons."""
        try:
            return (yield from self.eyes.locate_patiently(action))
        except Retry as absent:
            asked = self.inquiry if absent.code == "not_found" and targets(action) else None
            told = (yield from asked.found(action, Absent(why=str(absent)))) if asked else None
            if told is None:
                raise
            return (told,)

    def _doubted(self, proposal: Proposal) -> Generator[Event, None, Proposal]:
        """Return the proposal with what speaks against its places, unless the screen tells what is meant."""
        doubt = None if proposal.moved else self.eyes.doubt(proposal.action, proposal.locations)
        if doubt and self.inquiry and not proposal.asked:
            told = yield from self.inquiry.found(proposal.action, proposal.locations[0])
            return replace(
                proposal, locations=(told,) if told else proposal.locations, doubt=None if told else doubt, asked=True
            )
        return replace(proposal, doubt=doubt)

    def _found_again(self, proposal: Proposal) -> tuple[Location, ...]:
        """Locate the targets on a screen that has changed; a button that was found by its name by that again."""
        told = self.inquiry and any(place.by == "tooltip" for place in proposal.locations)
        return (self.inquiry.named(proposal.action) if told and self.inquiry else ()) or self.eyes.locate(
            proposal.action
        )

    def _menu_is_back(self, proposal: Proposal, reviewed: Screenshot) -> Generator[Event, None, bool]:
        """Open the menu again that has closed while its entry was asked about; return whether that is where it was."""
        steps, action, locations = self.timeline.episode.steps, proposal.action, proposal.locations
        closed = len(steps) > 1 and has_closed(steps[-2], reviewed, self.timeline.screen, locations)
        if not (closed and isinstance(action, Input)):
            return False
        yield self.timeline.happened(events.Retried(recovery="reopen", why="the menu has closed"))
        yield from self._open_again(steps[:-1])
        yield self.timeline.happened(events.Grounded(action=action, locations=locations))
        return guard.same_screen(reviewed, self.timeline.screen, action, locations)

    def _open_again(self, steps: tuple[Step, ...]) -> Generator[Event, None, None]:
        """Do the last of these steps again; first those that brought up its target, if that has gone, too."""
        opener = steps[-1]
        if not self._is_there(opener) and len(steps) > 1 and opens(steps[-2].action):
            yield from self._open_again(steps[:-1])
        if not (isinstance(opener.action, Input) and isinstance(opener.verdict, Approve) and self._is_there(opener)):
            raise Retry("the menu has closed while it was asked about, and cannot be opened again", "screen_changing")
        try:
            self.perform(opener.action, opener.locations, opener.verdict)
        except Interrupted as interruption:
            self.control.interrupt(str(interruption))
            raise Retry(f"{interruption}, while a menu was opened again", "interrupted") from interruption
        yield self.timeline.happened(events.Acted(action=opener.action, locations=opener.locations))
        yield self.eyes.look()

    def _is_there(self, opener: Step) -> bool:
        """Whether what the step was done to is found where it was. A place that the user chose is taken as it is."""
        if opener.action is None or any(place.by == "you" for place in opener.locations):
            return opener.action is not None
        try:
            return guard.same_places(opener.locations, self.eyes.locate(opener.action))
        except Retry:
            return False

    def _asked(self, proposal: Proposal) -> Generator[Event, None, tuple[Verdict, tuple[Location, ...]]]:
        """Ask the approver. While a person thinks about it, look again at the targets; the places stay those shown."""
        action, locations = proposal.action, proposal.locations
        review = partial(self.approver.review, action, locations, self.timeline.episode)
        if self.second_look is None or not locations:
            with self.timeline.phase("approve"):
                return review(), locations
        with self.timeline.phase("approve"):
            answer = _meanwhile(review)
            wait((answer,), timeout=HESITATION)
        for index, target in enumerate(targets(action)):
            if answer.done():
                break
            with self.timeline.phase("locate"):
                surer = self.second_look.confirm(target.words, self.timeline.screen, locations[index])
            if surer != locations[index] and surer.point == locations[index].point:
                locations = (*locations[:index], surer, *locations[index + 1 :])
                yield self.timeline.happened(replace(proposal, locations=locations).event)
        with self.timeline.phase("approve"):
            return answer.result(), locations

    def _surer(self, proposal: Proposal, why: str) -> Generator[Event, None, Proposal]:
        """Return the proposal with what is found a little later, since the right place may not be there yet."""
        if (yield from self.eyes.watch_for(proposal.action, why)):
            return Proposal(proposal.action, self.eyes.locate_or_guess(proposal.action))
        return proposal

    def _answered(self, asked: Proposal, verdict: Verdict) -> Generator[Event, None, Proposal]:
        """Return what `verdict` makes of what was asked: with it, if that lets it through, or else what to ask next."""
        match verdict:
            case Revise():
                return (yield from self._revised(asked, verdict))
            case LookAgain():
                return (yield from self._looked_again(asked.action))
            case Skip() | Reject():
                raise _refused(asked.action, verdict)
            case Abort():
                raise Stopped
            case Approve(locations=moved) if moved:
                approved = Proposal(asked.action, _as_many(moved, asked.action), verdict, moved=True)
            case AnswerAsk() | Approve():
                approved = replace(asked, verdict=verdict, moved=False)
        if self.control.was_handed_back():  # what was approved was approved on another screen
            return (yield from self._looked_again(asked.action))
        return approved

    def _looked_again(self, action: Action) -> Generator[Event, None, Proposal]:
        self.control.was_handed_back()  # this is the look that a desktop handed back is owed
        yield self.eyes.look()
        return Proposal(action, self.eyes.locate(action))

    def _revised(self, asked: Proposal, revise: Revise) -> Generator[Event, None, Proposal]:
        """Return the action that the user wants instead, or the same again if that has no place on the screen."""
        try:
            return Proposal(revise.action, self.eyes.locate(revise.action, near=revise.near))
        except Retry as absent:
            yield self.timeline.happened(events.Retried(recovery="ask", why=str(absent)))
            return asked


def _refused(action: Action, verdict: Skip | Reject) -> Retry:
    if isinstance(verdict, Skip):
        return Retry(f"the user skipped this: {describe(action)}", "skipped")
    if verdict.by == "bound":
        return Retry(verdict.reason, "unsure")
    code: FailureCode = "refused_by_policy" if verdict.by == "policy" else "refused_by_person"
    return Retry(f"the user refused to {describe(action)}: {verdict.reason}", code)


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
