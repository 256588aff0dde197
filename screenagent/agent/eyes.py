"""Looks at the screen and finds an action's targets on it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from screenagent.actions import Action, Target, targets
from screenagent.agent.fields import field_named
from screenagent.agent.timeline import Timeline
from screenagent.control import Control
from screenagent.events import Event, Observed, Retried
from screenagent.geometry import Absent, Location
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
    seeks_field: bool = False
    """Whether the target is the field that the next step types into, perhaps named by its label."""

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
        found = self.grounder.locate(target.words, self.timeline.screen, near=near)
        if self.seeks_field and (isinstance(found, Absent) or found.by == "text"):
            found = self._field(target.words, near) or found
        if isinstance(found, Location):
            return found
        raise Retry("; ".join(filter(None, (found.why, self.timeline.screen.covered_words))), "not_found")

    def _field(self, words: str, near: Location | None) -> Location | None:
        """Return the field of that name. A label that no field is seen at may hand on the focus, or be the field."""
        called = field_named(words)
        found = self.grounder.locate(called, self.timeline.screen, near=near) if called != words else None
        return found if isinstance(found, Location) and found.by != "text" else None

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        return later.digest != before.digest and all(
            target.at is not None or isinstance(self.grounder.locate(target.words, later), Location)
            for target in targets(action)
        )
