"""Hands out the steps that a client asks for, one batch after another, as the plans of one run."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from screenagent.actions import Action, Finish, Input, describe
from screenagent.control import Control
from screenagent.episode import Episode, Step
from screenagent.events import Decision, Plan, PlannedStep, Verdict
from screenagent.geometry import Location
from screenagent.mcp.seen import FirstLooks, why_another
from screenagent.protocols import Approver, Planner, Retry
from screenagent.screenshot import Screenshot

LEASE_SECONDS: Final = 30.0
"""After its last step a client keeps the desktop for so long."""
ENDING: Final = Plan(steps=(PlannedStep(action=Finish(success=True, message="the client asked for nothing more")),))


@dataclass
class Batch:
    """The steps of one call, planned on the screen that the client had `seen`.

    `done` gets the steps of the episode that came of them.
    """

    steps: Sequence[PlannedStep]
    seen: Screenshot
    done: Future[Sequence[Step]] = field(default_factory=Future)


class ClientPlanner:
    """Waits for the client's next steps, and finishes the run if none come for `LEASE_SECONDS`."""

    def __init__(self, control: Control, *, seconds: float = LEASE_SECONDS) -> None:
        self._control, self._seconds = control, seconds
        self._given: SimpleQueue[Batch | None] = SimpleQueue()
        self._taking = threading.Lock()  # protects whether batches are still taken
        self._takes = True
        self._under_way: Batch | None = None
        self._plan: Plan | None = None
        self._begun_at = 0
        self._first: Screenshot | None = None  # the screen on which the steps under way begin
        control.on_stop(lambda: self._given.put(None))

    def give(self, batch: Batch) -> bool:
        """Let these steps come next; return False if the run ends, so that another one has to be begun."""
        with self._taking:
            if self._takes:
                self._given.put(batch)
            return self._takes

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        yield from ()
        if (plan := self._plan) is not None:
            begun = batch_steps(episode, self._begun_at)
            if len(begun) < plan.length and not (begun and begun[-1].failure_reason):
                return Decision(plan=plan, at=len(begun))
            self._report(begun)
        if (batch := self._next()) is None:
            return Decision(plan=ENDING)
        self._under_way, self._plan = batch, Plan(steps=tuple(batch.steps))
        self._begun_at, self._first = len(episode.steps), None
        self._control.look_again()
        return Decision(plan=self._plan)

    def why_another(self, action: Input, locations: tuple[Location, ...], episode: Episode) -> str:
        """Return why what is under way would reach something else than the client has seen; empty if it would not."""
        batch, now = self._under_way, episode.screenshot
        if batch is None or now is None:
            return ""
        begun = any(step.sent for step in batch_steps(episode, self._begun_at))
        if self._first is None or not begun:
            self._first = now
        return why_another(FirstLooks(batch.seen, self._first, is_first=not begun), action, locations)

    def finish(self) -> None:
        """Take no more steps, and let the run end if none are under way."""
        with self._taking:
            self._takes = False
        self._given.put(None)

    def end(self, episode: Episode) -> None:
        """Say that the run is over: what is under way ends with the steps that were done, and no more is taken."""
        with self._taking:
            self._takes = False
        self._report(batch_steps(episode, self._begun_at))
        self._first = None
        while True:
            try:
                batch = self._given.get_nowait()
            except Empty:
                return
            if batch is not None:
                batch.done.set_result(())

    def _report(self, begun: Sequence[Step]) -> None:
        batch, self._under_way, self._plan = self._under_way, None, None
        if batch is not None:
            batch.done.set_result(begun)

    def _next(self) -> Batch | None:
        """Return the client's next steps; None if it has given none in time.

        Meanwhile a hand on the desktop is no surprise: nothing is being done.
        """
        with self._control.asking():
            batch = self._waited()
        self._control.check()
        if batch is not None:
            return batch
        with self._taking:
            self._takes = not self._given.empty()
        return self._next() if self._takes else None

    def _waited(self) -> Batch | None:
        try:
            return self._given.get(timeout=self._seconds)
        except Empty:
            return None


@dataclass(frozen=True)
class SeenApprover:
    """Asks `approver` about what a client has seen, and refuses what has become another thing since its look."""

    approver: Approver
    planner: ClientPlanner

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        if isinstance(action, Input) and (why := self.planner.why_another(action, locations, episode)):
            raise Retry(f"{describe(action)}: {why}; call see and plan on what it shows", "screen_changing")
        return self.approver.review(action, locations, episode)


def batch_steps(episode: Episode, begun_at: int) -> Sequence[Step]:
    """Return the steps since then that were decided on."""
    return [step for step in episode.steps[begun_at:] if step.decision is not None]


@dataclass
class AttributedPlanner:
    """Says once, as a thought, for whom `planner` plans."""

    planner: Planner
    words: str
    said: bool = False

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        if not self.said:
            self.said = True
            yield self.words
        return (yield from self.planner.decide(episode))
