"""Looks at the screen and finds an action's targets on it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from screenagent.actions import Action, Click, Target, targets
from screenagent.agent.timeline import Timeline
from screenagent.control import Control
from screenagent.events import Event, Observed, Retried
from screenagent.geometry import Location
from screenagent.perception.greyed import is_greyed
from screenagent.protocols import Desktop, Grounder, Retry
from screenagent.screenshot import Screenshot

LATE_SECONDS: Final = 3.0
"""How much longer than usual a late target or effect is waited for."""


@dataclass
class Eyes:
    timeline: Timeline
    grounder: Grounder
    desktop: Desktop
    control: Control
    is_disabled: Callable[[Screenshot, Location], bool] = is_greyed

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
        """Locate every target; one that is absent or disabled may only be late, so it is waited for a little longer."""
        try:
            return self._reachable(action)
        except Retry as unreachable:
            early = unreachable
        before = self.timeline.screen
        yield self.timeline.happened(Retried(recovery="wait", why=str(early)))
        yield self.look(lambda later: self._finds(action, before, later), seconds=LATE_SECONDS)
        if self.timeline.screen.digest == before.digest:  # a model need not be asked twice about one picture
            raise Retry(str(early), early.code)
        return self._reachable(action)

    def _reachable(self, action: Action) -> tuple[Location, ...]:
        """Return the place of each target; `Retry` if one is absent, or if it is to be clicked and is disabled."""
        found = self.locate(action)
        if isinstance(action, Click) and self.is_disabled(self.timeline.screen, found[0]):
            raise Retry(f"“{action.target}” is disabled", "disabled")
        return found

    def _place(self, target: Target, near: Location | None) -> Location:
        if target.at is not None:
            return Location(point=target.at, confidence=1.0, by="pointed")
        found = self.grounder.locate(target.words, self.timeline.screen, near=near)
        if isinstance(found, Location):
            return found
        raise Retry("; ".join(filter(None, (found.why, self.timeline.screen.covered_words))), "not_found")

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            target.at is not None or self._is_there(target, action, later) for target in targets(action)
        )

    def _is_there(self, target: Target, action: Action, later: Screenshot) -> bool:
        found = self.grounder.locate(target.words, later)
        if not isinstance(found, Location):
            return False
        return not isinstance(action, Click) or not self.is_disabled(later, found)
