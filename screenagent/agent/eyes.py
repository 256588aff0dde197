"""Looks at the screen and finds an action's targets on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from screenagent.actions import Action, Click, CloseWindow, FocusWindow, Target, targets
from screenagent.agent.fields import field_named
from screenagent.agent.selected import selected_before
from screenagent.agent.timeline import Timeline
from screenagent.control import Control
from screenagent.events import Event, Observed, Retried
from screenagent.geometry import Absent, Box, Doubt, Location
from screenagent.perception.greyed import is_greyed
from screenagent.perception.named_window import names_one, window_named
from screenagent.protocols import Desktop, Grounder, Guesser, Naming, RestWatch, Retry, StateReader
from screenagent.screenshot import Screenshot

LATE_SECONDS: Final = 3.0
"""How much longer than usual a late target or effect is waited for."""
REST_POLL_SECONDS: Final = 0.008


@dataclass
class Eyes:
    """`min_confidence` is the bound below which a place that `guesser` can judge is doubted.

    `naming` knows the names of buttons that show only a picture, and `states` sees which list a click has opened.
    `lateness` says how long a target that is absent is waited for, in seconds.
    """

    timeline: Timeline
    grounder: Grounder
    desktop: Desktop
    control: Control
    guesser: Guesser | None = None
    min_confidence: float = 0.0
    naming: Naming | None = None
    states: StateReader | None = None
    lateness: Callable[[], float] = lambda: LATE_SECONDS
    is_disabled: Callable[[Screenshot, Location], bool] = is_greyed
    seeks_field: bool = False
    """Whether the target is the field that the next step types into, perhaps named by its label."""

    def look(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Observed:
        """Return the settled screen; with `until`, once that holds or `seconds` have passed."""
        with self.timeline.phase("settle"):
            screen = self.desktop.settled(until, seconds=seconds)
        return self.timeline.happened(Observed(screenshot=screen))

    def watch(self, until: float) -> Screenshot:
        """Return the screen as it is then; or once the application is known to do nothing more by itself until then."""
        with self.timeline.phase("settle"):
            left = until - time.monotonic()
            if isinstance(desktop := self.desktop, RestWatch):
                self.control.until(lambda: desktop.rests_until() >= until, seconds=left, poll=REST_POLL_SECONDS)
                left = 0.0
            return self.desktop.settled(lambda _: False, seconds=max(0.0, left))

    def look_if_handed_back(self) -> Generator[Event, None, None]:
        """Look again if the user had the desktop meanwhile."""
        if self.control.was_handed_back():
            yield self.look()

    def quick_look(self) -> Screenshot:
        """Return the screen as it is at this moment."""
        with self.timeline.phase("guard"):
            return self.desktop.screenshot()

    def locate(self, action: Action, *, near: tuple[Location, ...] = ()) -> tuple[Location, ...]:
        """Return the place of each target on the last screen; `Retry` if one is absent, or the window that it is about.

        `near` are earlier answers, each to be looked at more closely.
        """
        wanted = targets(action)
        if isinstance(action, FocusWindow | CloseWindow):
            window_named(action.window, self.timeline.screen)
        with self.timeline.phase("locate"):
            return tuple(self._place(target, earlier) for target, earlier in zip_longest(wanted, near[: len(wanted)]))

    def locate_patiently(self, action: Action) -> Generator[Event, None, tuple[Location, ...]]:
        """Locate every target; one that is absent or disabled may only be late, so it is waited for a little longer."""
        try:
            return self._reachable(action)
        except Retry as unreachable:
            early = unreachable
        changed = yield from self.watch_for(action, str(early))
        if early.code == "disabled" and not changed:
            raise early
        return self.locate_or_guess(action) if changed else self._guessed(action, early)

    def watch_for(self, action: Action, why: str) -> Generator[Event, None, bool]:
        """Watch the screen for a while until every target is surely there; return whether it has changed at all.

        A model need not be asked twice about one picture.
        """
        before = self.timeline.screen
        yield self.timeline.happened(Retried(recovery="wait", why=why))
        yield self.look(lambda later: self._finds(action, before, later), seconds=self.lateness())
        is_of_window = isinstance(action, FocusWindow | CloseWindow)  # which may come without being seen
        return is_of_window or self.timeline.screen.digest != before.digest

    def locate_or_guess(self, action: Action) -> tuple[Location, ...]:
        """Locate every target; of several places that fit one alike it is the first, which is then doubted."""
        try:
            return self._reachable(action)
        except Retry as absent:
            if absent.code == "disabled":
                raise
            return self._guessed(action, absent)

    def _reachable(self, action: Action) -> tuple[Location, ...]:
        """Return the place of each target; `Retry` if one is absent, or if it is to be clicked and is disabled."""
        found = self.locate(action)
        if isinstance(action, Click) and self.is_disabled(self.timeline.screen, found[0]):
            raise Retry(f"“{action.target}” is disabled", "disabled")
        return found

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
        if self.seeks_field and (isinstance(found, Absent) or found.by == "text"):
            found = self._field(target.words, near) or found
        elif (
            self.naming
            and not self.seeks_field
            and (isinstance(found, Absent) or found.confidence < self.min_confidence)
        ):
            found = self.naming.known(target.words, self.timeline.screen, found) or found
        if isinstance(found, Absent):
            found = self._opened(target.words) or found
        if isinstance(found, Location):
            return self._looked_at_closer(target, found)
        if known := selected_before(target.words, self.timeline.episode):
            return known
        raise Retry("; ".join(filter(None, (found.why, self.timeline.screen.unseen_words))), "not_found")

    def _opened(self, words: str) -> Location | None:
        """Return, of several places that fit alike, the one in the list or menu that the last click has opened."""
        last = next((step for step in reversed(self.timeline.episode.steps) if step.sent), None)
        if (
            self.guesser is None
            or self.states is None
            or last is None
            or not isinstance(last.action, Click)
            or last.before.image is None
        ):
            return None
        doubt = self.guesser.doubt(words, self.timeline.screen)
        clicked = last.locations[0]
        control = clicked.box or Box.around(clicked.point, width=0.03, height=0.03)
        opened = self.states.opened(last.before, self.timeline.screen, control) if doubt else None
        if doubt is None or opened is None:
            return None
        best = doubt.guesses[0].location.confidence
        alike = [guess.location for guess in doubt.guesses if guess.location.confidence == best]
        inside = [place for place in alike if place.point in opened]
        shared = min(1.0, best * len(alike))
        return inside[0].model_copy(update={"confidence": shared}) if len(inside) == 1 else None

    def _looked_at_closer(self, target: Target, found: Location) -> Location:
        """Return `found`, or if it is too unsure to act on, what a closer look is surer of."""
        if self.guesser is None or found.confidence >= self.min_confidence:
            return found
        return self.guesser.look_closer(target.words, self.timeline.screen, found)

    def _field(self, words: str, near: Location | None) -> Location | None:
        """Return the field of that name. A label that no field is seen at may hand on the focus, or be the field."""
        called = field_named(words)
        found = self.grounder.locate(called, self.timeline.screen, near=near) if called != words else None
        return found if isinstance(found, Location) and found.by != "text" else None

    def _finds(self, action: Action, before: Screenshot, later: Screenshot) -> bool:
        if isinstance(action, FocusWindow | CloseWindow):
            return names_one(action.window, later)
        return later.digest != before.digest and all(
            target.at is not None or self._is_sure(target, action, later) for target in targets(action)
        )

    def _is_sure(self, target: Target, action: Action, screenshot: Screenshot) -> bool:
        found = self.grounder.locate(target.words, screenshot)
        if not isinstance(found, Location) or self._doubt(target, found, screenshot) is not None:
            return False
        return not isinstance(action, Click) or not self.is_disabled(screenshot, found)
