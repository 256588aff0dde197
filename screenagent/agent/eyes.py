"""Looks at the screen and finds an action's targets on it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from screenagent.actions import Action, Target, targets
from screenagent.agent.timeline import Timeline
from screenagent.control import Control
from screenagent.events import Event, Observed, Retried
from screenagent.geometry import Absent, Location
from screenagent.protocols import Desktop, Grounder, Retry
from screenagent.screenshot import Screenshot

LATE_SECONDS: Final = 3.0
"""How much longer than usual a late target or effect is waited for."""


@dataclass(kw_only=True)
class Eyes:
    timeline: Timeline
    grounder: Grounder
    desktop: Desktop
    control: Control

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
        with self.timeline.phase("locate"):
            return tuple(
                self._place(target, near[index] if index < len(near) else None)
                for index, target in enumerate(targets(action))
            )

    def locate_patiently(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; one that is absent may only be late, so the screen is watched for it a little longer."""
        try:
            return self.locate(action)
        except Retry as absent:
            why = str(absent)
        before = self.timeline.screen
        yield self.timeline.happened(Retried(recovery="wait", why=why))
        yield self.look(lambda later: self._finds(action, before, later), seconds=LATE_SECONDS)
        if self.timeline.screen.digest == before.digest:  # a model need not be asked twice about one picture
            raise Retry(why, "not_found")
        return self.locate(action)

    def _place(self, target: Target, near: Location | None) -> Location:
        if target.at is not None:
            return Location(point=target.at, confidence=1.0, by="pointed")
        match self.grounder.locate(target.words, self.timeline.screen, near=near):
            case Location() as location:
                return location
            case Absent(why=why):
                covered = self.timeline.screen.covered_words
                raise Retry(f"{why}; {covered}" if covered else why, "not_found")

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            target.at is not None or isinstance(self.grounder.locate(target.words, later), Location)
            for target in targets(action)
        )
