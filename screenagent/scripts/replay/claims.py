"""What the steps of a script have left in fields and boxes, which what is done afterwards may take back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from screenagent.actions import STATE_WORDS, Click, Holds, TypeText
from screenagent.agent.value_match import compare
from screenagent.episode import Step
from screenagent.geometry import Box, PixelBox
from screenagent.perception.ink import InkPart
from screenagent.protocols import StateReader
from screenagent.screenshot import ControlState, Screenshot
from screenagent.secrets import typed_pieces

EDGE: Final = 8
"""Pixels round a control in which it shows that it has the focus."""
BESIDE: Final = 120
"""Pixels left and right of a control by which it is known to stand where it stood, and"""
AROUND: Final = 30
"""pixels above and below it."""
MOST_CHANGED: Final = 0.02
"""If a larger part of them has changed, something else may stand there now."""
ALIKE: Final = 50
"""Per cent of their letters that a text and what is read of it have in common at least."""
DIFFERENT: Final = 40
"""How much a channel of a pixel differs at least that looks different."""


def claimed(steps: Sequence[Step], control: str) -> Holds | None:
    """Return what `steps` have left in the control; None if they do not say, or if nobody may look at it."""
    done = [step for step in steps if step.acted]
    for step in reversed(done):
        if isinstance(step.expectation, Holds):
            return step.expectation
        if isinstance(step.action, TypeText):
            box = _clicked(done)
            is_secret = any(piece.is_secret for piece in typed_pieces(step.action))
            return Holds(control=control, at=box, value=step.action.text) if box and not is_secret else None
    return None


def _clicked(steps: Sequence[Step]) -> Box | None:
    clicks = [step for step in steps if isinstance(step.action, Click) and step.locations]
    return clicks[-1].locations[0].box if clicks else None


@dataclass(frozen=True)
class Claim:
    """What a control was left with, on the screen that showed it."""

    left: Holds
    seen: Screenshot

    def why_broken(self, now: Screenshot, states: StateReader) -> str:
        """Return what the control shows by now instead; empty if it shows what it did, or if nobody can say."""
        if not self._stands_there(now):
            return ""
        control = states.state(now, self.left.at, valued=self.left.value is not None)
        if self.left.state is not None:
            is_other = control.is_in(self.left.state) is False
            return f"“{self.left.control}” {STATE_WORDS[self.left.state]} no more" if is_other else ""
        shown = self._shown(control, now)
        if shown is None or _is_alike(self.left.value or "", shown):
            return ""
        return f"{self.left.control} held “{self.left.value}”, and {f'holds “{shown}”' if shown else 'is empty'} by now"

    def _shown(self, control: ControlState, now: Screenshot) -> str | None:
        """Return what the control shows; by sight, one without any letters is empty."""
        if control.value is not None:
            return control.value.strip()
        inner = self.left.at.exact_pixels(now.size).grown(-EDGE / 2)
        return "" if inner.area > 0 and not InkPart(np.asarray(now.pixels), inner).lines else None

    def _stands_there(self, now: Screenshot) -> bool:
        """Whether the control looks different, and stands where it stood: in its row nothing has changed, nor above it
        or below it. Of these, one may be a field that was filled meanwhile."""
        was, window = self.seen, now.window
        if was.image is None or was.size != now.size or (was.window and was.window.id) != (window and window.id):
            return False
        left, top, right, bottom = self.left.at.exact_pixels(now.size).grown(EDGE)
        near, far = left - BESIDE, right + BESIDE
        row = (PixelBox(near, top, left, bottom), PixelBox(right, top, far, bottom))
        above, below = PixelBox(near, top - AROUND, far, top), PixelBox(near, bottom, far, bottom + AROUND)
        inside = _changed(was, now, PixelBox(left, top, right, bottom))
        return (
            inside > 0
            and all(_is_same(was, now, part) for part in row)
            and any(_is_same(was, now, part) for part in (above, below))
        )


def _is_same(was: Screenshot, now: Screenshot, rect: PixelBox) -> bool:
    return _changed(was, now, rect) < MOST_CHANGED


def _changed(was: Screenshot, now: Screenshot, rect: PixelBox) -> float:
    """Return the share of the pixels there that look different."""
    part = rect.clipped(now.size.width, now.size.height)
    if part.area <= 0:
        return 0.0
    return float((np.abs(_cut(was, part).astype(np.int16) - _cut(now, part)).max(axis=2) > DIFFERENT).mean())


def _cut(screenshot: Screenshot, rect: PixelBox) -> np.ndarray:
    left, top, right, bottom = rect.rounded
    return np.asarray(screenshot.pixels)[top:bottom, left:right]


def _is_alike(left: str, shown: str) -> bool:
    """Whether a field that was left with one text may show the other: programs put numbers, dates and capitals into
    a form of their own once the field is left."""
    if not shown:
        return not left.strip()
    if re.search(r"\d", left) and re.search(r"\d", shown):
        return True
    one, other = left.casefold(), shown.casefold()
    return one in other or (compare(one, other) != "other" and fuzz.ratio(one, other) >= ALIKE)


@dataclass
class Claims:
    """What was left in the controls of a form since the last input that may have sent it off."""

    states: StateReader | None
    _made: list[Claim] = field(default_factory=list)

    def make(self, steps: Sequence[Step], control: str, screen: Screenshot) -> None:
        """Remember what `steps` have left in `control`, as it is seen on `screen`."""
        if left := claimed(steps, control):
            self._made = [claim for claim in self._made if claim.left.at != left.at]
            self._made.append(Claim(left, screen))

    def broken(self, screen: Screenshot) -> str:
        """Return what was taken back by now, in a sentence; empty if nothing is seen to be. All are forgotten."""
        made, self._made = self._made, []
        if self.states is None:
            return ""
        return next((why for claim in made if (why := claim.why_broken(screen, self.states))), "")

    def forget(self) -> None:
        self._made = []
