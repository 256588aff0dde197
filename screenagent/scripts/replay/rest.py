"""Whether a window that lacks a target is at rest, and for how long a replay goes on waiting for the target."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from screenagent.agent import guard
from screenagent.agent.inquiry import ASKING_SECONDS
from screenagent.geometry import Box, Location, PixelBox, Size
from screenagent.perception.incidental import differing, is_caret, regions
from screenagent.perception.labels import Label, labels
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.showing import LONGEST_NAME, abridged

AT_WORK: Final = re.compile(r"(\w+ing\b.*(…|\.\.\.?)|(one moment|(please )?wait)\b.*)", re.IGNORECASE)
"""What a window shows while it works: “Loading…”, “Connecting to the server...”, “Please wait”."""


ASKED_IN: Final = ASKING_SECONDS + 1.0
"""How long it takes to rest the mouse on buttons, in seconds; the last rest ends late."""
BRIEFLY: Final = 0.5
LIT_AROUND: Final = 4
"""Pixels beyond what is known of a button that light up with it."""


@dataclass
class Patience:
    """How long a target that is absent is waited for, in seconds.

    `at_rest` is for a window that is in front and at rest, from when it was last seen not to be; `if_replaced` for one
    in which something else stands in its place; `at_most` is for any.
    """

    at_rest: float
    at_most: float
    if_replaced: float = float("inf")
    is_replaced: bool = False
    now: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _rests_since: float = field(init=False)
    _tried: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._began = self._rests_since = self.now()

    @property
    def left(self) -> float:
        at_rest = min(self.at_rest, self.if_replaced) if self.is_replaced else self.at_rest
        return max(0.0, min(self._rests_since + at_rest, self._began + self.at_most) - self.now())

    def next_wait(self, *, asks: bool) -> float:
        """Return how long to wait now; the first time only briefly where it `asks` the screen after that."""
        first, self._tried = not self._tried, True
        return min(self.left, max(BRIEFLY, self.left - ASKED_IN)) if first and asks else self.left

    @property
    def spent(self) -> float:
        return self.now() - self._began

    def goes_on(self, unrest: str) -> bool:
        """Return whether there is time left; a window with `unrest` gets its time anew."""
        if unrest:
            self._rests_since = self.now()
        return self.left > 0


@dataclass(frozen=True)
class RestJudge:
    """Judges by pictures, by what `reader` reads in them, and by whether the application in front `is_at_work`."""

    reader: TextReader
    is_at_work: Callable[[], bool] = lambda: False

    def unrest(self, before: Screenshot, now: Screenshot, *, touched: Sequence[Location] = ()) -> str:
        """Return what was going on in the window in front between two looks; empty if it was at rest.

        What the mouse has `touched` in order to ask for names may have been lit up, and is no longer, or still is.
        """
        window = now.window
        if window is None:
            return "no window is in front"
        called = _called(window)
        if before.window is None or before.window.id != window.id or before.size != now.size:
            return f"{called} has only just come in front"
        if _changes(before, now, window, touched):
            return f"{called} is changing"
        if now.image is not None and (said := self._says(now, window)):
            return f"{called} {said}"
        return f"{called} is at work" if self.is_at_work() else ""

    def _says(self, screenshot: Screenshot, window: Window) -> str:
        """Return what tells that the window is not complete yet."""
        read = _within(window, screenshot, labels(self.reader.read(screenshot), screenshot.size))
        if not read:
            return "shows no text yet"
        busy = next((label.text for label in read if AT_WORK.fullmatch(label.text.strip())), "")
        return f"shows “{abridged(busy, LONGEST_NAME)}”" if busy else ""


def in_words(screenshot: Screenshot) -> str:
    """Return what was in front, at rest."""
    return f"{_called(screenshot.window)} is in front and at rest" if screenshot.window else "nothing is in front"


def _called(window: Window) -> str:
    return f"“{abridged(window.title or window.app or 'the window', LONGEST_NAME)}”"


def _changes(before: Screenshot, now: Screenshot, window: Window, touched: Sequence[Location]) -> bool:
    """Whether more than a caret differs in the window, or goes on changing there by itself."""
    size = now.size
    bounds = window.box.exact_pixels(size) if window.box else PixelBox(0, 0, size.width, size.height)
    moving = [box.exact_pixels(size) for box in now.moving]
    lit = [_reach(place, size) for place in touched]
    return any(
        bounds.holds(*part.center) and not is_caret(part.width, part.height)
        for part in (*_differing(before, now), *moving)
        if not any(part.shared_area(place) for place in lit)
    )


def _differing(before: Screenshot, now: Screenshot) -> list[PixelBox]:
    if before.digest == now.digest or before.image is None or now.image is None:
        return []
    return [PixelBox(*region) for region in regions(differing(np.asarray(before.image), np.asarray(now.image)))]


def _reach(place: Location, size: Size) -> PixelBox:
    """What may light up with a button that the mouse has come over."""
    box = place.box or Box.around(place.point, width=guard.PATCH, height=guard.PATCH)
    return box.exact_pixels(size).grown(LIT_AROUND)


def _within(window: Window, screenshot: Screenshot, read: Sequence[Label]) -> Sequence[Label]:
    if window.box is None:
        return read
    bounds = window.box.exact_pixels(screenshot.size)
    return [label for label in read if bounds.holds(*label.rect.center)]
