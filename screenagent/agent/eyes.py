"""Looks at the screen and finds an action's targets on it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from screenagent.actions import Action, Target, targets
from screenagent.agent.timeline import Timeline
from screenagent.control import Control
from screenagent.events import Event, Observed, Retried
from screenagent.geometry import Doubt, Location
from screenagent.protocols import Desktop, Grounder, Guesser, Retry
from screenagent.screenshot import Screenshot

LATE_SECONDS: Final = 3.0
"""How much longer than usual a late target or effect is waited for."""


@dataclass
class Eyes:
    """`min_confidence` is the bound below which a place that `guesser` can judge is doubted."""

    timeline: Timeline
    grounder: Grounder
    desktop: Desktop
    control: Control
    guesser: Guesser | None = None
    min_confidence: float = 0.0

    def look(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Observed:
        """Return the settled screen; with `until`, once that holds or `seconds` have passed."""
        with self.timeline.phase("settle"):
            screen = self.desktop.settled(until, seconds=seconds)
        return self.timeline.happened(Observed(screenshot=screen))

    def look_if_handed_back(self) -> Generator[Event, None, None]:
        """Look again if the user had the desktop meanwhile."""
        if self.control.was_handed_back():
            yield self.look()

    def quick_look(self) -> Screenshot:
        """Return the screen as it is at this moment."""
        with self.timeline.phase("guard"):
            return self.desktop.screenshot()

    def locate(self, action: Action, *, near: tuple[Location, ...] = ()) -> tuple[Location, ...]:
        """Return the place of each target on the last screen; `Retry` if one is absent.

        `near` are earlier answers, each to be looked at more closely.
        """
        wanted = targets(action)
        with self.timeline.phase("locate"):
            return tuple(self._place(target, earlier) for target, earlier in zip_longest(wanted, near[: len(wanted)]))

    def locate_patiently(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; one that is absent may only be late, so the screen is watched for it a little longer."""
        try:
            return self.locate(action)
        except Retry as missing:
            absent = missing
        if (yield from self.watch_for(action, str(absent))):
            return self.locate_or_guess(action)
        return self._guessed(action, absent)  # a model need not be asked twice about one picture

    def watch_for(self, action: Action, why: str) -> Generator[Event, None, bool]:
        """Watch the screen for a while until every target is surely there; return whether it has changed at all."""
        before = self.timeline.screen
        yield self.timeline.happened(Retried(recovery="wait", why=why))
        yield self.look(lambda later: self._finds(action, before, later), seconds=LATE_SECONDS)
        return self.timeline.screen.digest != before.digest

    def locate_or_guess(self, action: Action) -> tuple[Location, ...]:
        """Locate every target; of several places that fit one alike it is the first, which is then doubted."""
        try:
            return self.locate(action)
        except Retry as absent:
            return self._guessed(action, absent)

    def doubt(self, action: Action, locations: tuple[Location, ...]) -> Doubt | None:
        """Return what speaks against the first place that is too unsure to act on; None if all are sure enough."""
        doubts = (
            self._doubt(target, location, self.timeline.screen)
            for target, location in zip(targets(action), locations, strict=True)
        )
        return next((doubt for doubt in doubts if doubt), None)

    def _doubt(self, target: Target, location: Location, screenshot: Screenshot) -> Doubt | None:
        if self.guesser is None or target.at is not None or location.confidence >= self.min_confidence:
            return None
        return self.guesser.doubt(target.words, screenshot, found=location)

    def _guessed(self, action: Action, absent: Retry) -> tuple[Location, ...]:
        """Return the places, and of a target that fits several alike the first; raise `absent` if there is none."""
        guesses = [self._guess(target) for target in targets(action)]
        if not any(guesses):
            raise absent
        return tuple(guess or self._place(target, None) for guess, target in zip(guesses, targets(action), strict=True))

    def _guess(self, target: Target) -> Location | None:
        """Return the first place of several that fit alike, if a person can be asked about it."""
        doubt = self.guesser.doubt(target.words, self.timeline.screen) if self.guesser and target.at is None else None
        first = doubt.guesses[0].location if doubt else None
        return first if first and first.confidence < self.min_confidence else None

    def _place(self, target: Target, near: Location | None) -> Location:
        if target.at is not None:
            return Location(point=target.at, confidence=1.0, by="pointed")
        found = self.grounder.locate(target.words, self.timeline.screen, near=near)
        if isinstance(found, Location):
            return self._looked_at_closer(target, found)
        raise Retry("; ".join(filter(None, (found.why, self.timeline.screen.covered_words))), "not_found")

    def _looked_at_closer(self, target: Target, found: Location) -> Location:
        """Return `found`, or if it is too unsure to act on, what a closer look is surer of."""
        if self.guesser is None or found.confidence >= self.min_confidence:
            return found
        return self.guesser.look_closer(target.words, self.timeline.screen, found)

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            target.at is not None or self._is_sure(target, later) for target in targets(action)
        )

    def _is_sure(self, target: Target, screenshot: Screenshot) -> bool:
        answer = self.grounder.locate(target.words, screenshot)
        return isinstance(answer, Location) and self._doubt(target, answer, screenshot) is None
