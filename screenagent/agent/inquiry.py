"""Asks the screen what a button is: rests the mouse on those that may be meant, and reads their tooltips."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import ImageChops

from screenagent import events
from screenagent.actions import Action, Click, Move, Target
from screenagent.agent import guard
from screenagent.agent.eyes import Eyes
from screenagent.agent.timeline import Timeline
from screenagent.control import Control, Interrupted, Stopped
from screenagent.events import Abort, Approve, Event, Verdict
from screenagent.geometry import Absent, Box, Location
from screenagent.protocols import Approved, Approver, Naming, RestingMouse, Retry
from screenagent.screenshot import Screenshot

ASKING_SECONDS: Final = 3.0
"""After the mouse has rested for so long no further button is asked: one without a tooltip takes a second and more."""

_ABSENT: Final = Absent(why="sight is not sure")

ROUNDING: Final = 4
"""Of 255, by which a button that was lit up may differ from how it looked before."""

AS_BEFORE_SECONDS: Final = 0.6
"""How long the button that the mouse has left may go on being lit up."""


@dataclass(frozen=True)
class ScreenAsking:
    """What it takes to ask the screen: the names of buttons, and the mouse that rests on them.

    `may_help` says of which targets, by their words: one that shows its name needs no tooltip.
    """

    naming: Naming
    mouse: Callable[[], AbstractContextManager[RestingMouse]]
    may_help: Callable[[str], bool] = lambda _: True


@dataclass
class Inquiry:
    """`approved` makes the key to the desktop for one rest of the mouse."""

    timeline: Timeline
    eyes: Eyes
    approver: Approver
    control: Control
    asking: ScreenAsking
    approved: Callable[[Move, Location, Verdict], Approved[Move]]

    def found(self, action: Action, by_sight: Location | Absent) -> Generator[Event, None, Location | None]:
        """Return the place of a button that sight alone does not find surely, once the tooltips of the likeliest are
        read; None if they do not tell which it is."""
        target = _asked_about(action)
        if target is None or self.eyes.seeks_field or not self.asking.may_help(target.words):
            return None
        screen, naming = self.timeline.screen, self.asking.naming
        with self.timeline.phase("locate"):
            places = naming.unnamed(target.words, screen, by_sight)
        if places is None:
            return None
        if places:
            naming.keep_told(screen)
            yield self.timeline.happened(events.Retried(recovery="hover", why=_why(target, by_sight)))
            yield from self.rest_on(places, target)
        with self.timeline.phase("locate"):
            named = naming.named(target.words, screen)
        return named if named and self._is_as_before(screen, named) else None

    def learned(self) -> Generator[Event, None, None]:
        """Ask every button of the tool bars that has no name yet, and keep what the program tells by itself."""
        with self.timeline.phase("locate"):
            self.asking.naming.keep_told(self.timeline.screen)
            places = self.asking.naming.buttons(self.timeline.screen)
        if places:
            yield from self.rest_on(places)

    def named(self, action: Action) -> tuple[Location, ...]:
        """Return the place that the names known by now tell for the target."""
        target = _asked_about(action)
        found = self.asking.naming.named(target.words, self.timeline.screen) if target else None
        return (found,) if found else ()

    def rest_on(self, places: tuple[Location, ...], target: Target | None = None) -> Generator[Event, None, None]:
        """Rest the mouse on the places one after the other, if the request to do so is approved; to find a `target`, no
        longer than that takes."""
        count = "1 button" if len(places) == 1 else f"up to {len(places)} buttons"
        move = Move(target=Target(words=f"{count}, to read what their tooltips say"))
        with self.timeline.phase("approve"):
            verdict = self.approver.review(move, places, self.timeline.episode)
        yield self.timeline.happened(events.HoverReviewed(action=move, locations=places, verdict=verdict))
        if isinstance(verdict, Abort):
            raise Stopped
        if not isinstance(verdict, Approve) or self.control.was_handed_back():
            return
        screen = self.timeline.screen
        try:
            with self.asking.mouse() as mouse:
                asked = verdict.model_copy(update={"locations": verdict.locations or places})
                yield from self._rests(mouse, move, asked, target)
        except Interrupted as interruption:
            self.control.interrupt(str(interruption))
            raise Retry(f"{interruption}, while tooltips were read", "interrupted") from interruption
        if not guard.same_window(screen, self.timeline.screen):
            raise Retry("another window came to the front while tooltips were read", "window_changed")

    def _rests(
        self, mouse: RestingMouse, move: Move, verdict: Approve, target: Target | None
    ) -> Generator[Event, None, None]:
        screen, rested = self.timeline.screen, 0.0
        for place in verdict.locations:
            self.control.check_input()
            if not guard.same_window(screen, self.eyes.quick_look()):
                break
            if target and (rested > ASKING_SECONDS or self.asking.naming.known(target.words, screen, _ABSENT)):
                break
            began = time.monotonic()
            with self.timeline.phase("locate"):
                tooltip = mouse.rest(self.approved(move, place, verdict))
                rested += time.monotonic() - began
                told = self.asking.naming.keep(screen, place, tooltip)
            yield self.timeline.happened(events.Rested(location=place, told=told))
        start = Location(point=mouse.start, confidence=1.0, by="mouse")
        with self.timeline.phase("locate"):
            mouse.leave(self.approved(move, start, verdict))
        yield self.timeline.happened(events.Observed(screenshot=self.eyes.quick_look()))

    def _is_as_before(self, screen: Screenshot, place: Location) -> bool:
        """Return whether the button looks as it did before the mouse came, once its light has gone out."""
        return self.control.until(
            lambda: _looks_alike(screen, self.eyes.quick_look(), place), seconds=AS_BEFORE_SECONDS
        )


def _looks_alike(before: Screenshot, after: Screenshot, place: Location) -> bool:
    """Return whether a place looks the same in the same window; what fades in and out may be rounded otherwise."""
    if before.size != after.size or not guard.same_window(before, after):
        return False
    edges = (place.box or Box.around(place.point, width=guard.PATCH, height=guard.PATCH)).pixels(before.size)
    parts = (screen.pixels.crop(edges) for screen in (before, after))
    return int(np.asarray(ImageChops.difference(*parts)).max(initial=0)) <= ROUNDING


def _asked_about(action: Action) -> Target | None:
    return action.target if isinstance(action, Click | Move) and action.target.at is None else None


def _why(target: Target, by_sight: Location | Absent) -> str:
    if isinstance(by_sight, Absent):
        return f"“{target}” is not found by sight"
    return f"sight is only {by_sight.confidence:.0%} sure of “{target}”"
