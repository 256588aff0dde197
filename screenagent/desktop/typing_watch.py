"""Whether a text shows where it was meant to go while it is typed: in the field that was clicked, or at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from screenagent.actions import Input, TypeText
from screenagent.control import Control
from screenagent.desktop.frames import Patch, ScreenFrame, changed_patches
from screenagent.geometry import Size
from screenagent.protocols import Approved, Retry

ECHO_SECONDS: Final = 0.25
"""A program mostly shows a character within this time."""
LATE_SECONDS: Final = 0.6
"""If it is shown by now nowhere but in another place, it went there."""
POLL_SECONDS: Final = 0.012
CHECK_SECONDS: Final = 0.25
SILENT_KEYS: Final = 100
"""So many keys that change nothing on the screen may go to a program that does not run."""
SILENT_SECONDS: Final = 10.0
AROUND: Final = 8  # pixels round a field where the ring of its focus is drawn
TALLEST: Final = 60  # of what a line of text changes

HAND_SECONDS: Final = 0.15
"""From one character to the next in fields that may pass the focus on by themselves."""
FIRST_SECONDS: Final = 0.5
"""A field that passes the focus on after a character has done so within this time."""
PASS_SECONDS: Final = 0.6
"""The same for one that was seen to do so."""
CODE_AT_MOST: Final = 32  # characters of a code or key that is parted into several fields
NARROW: Final = 1.6  # a field for one character is at most so many times as wide as high
LETTER: Final = 0.33  # of the height of a field, the width of a letter in it
OVERLONG: Final = 1.5
GAP: Final = 8  # pixels from a character to the caret in the next field
WIDEST: Final = 1.3  # of the height of a change, the width of one character and its caret


@dataclass(kw_only=True)
class TypingWatch:
    """Looks at the screen after the first key of a text, and from time to time until its end."""

    grab: Callable[[], ScreenFrame]
    moving: Callable[[], Sequence[Patch]]
    control: Control
    now: Callable[[], float] = time.monotonic
    _field: Patch | None = field(init=False, default=None)
    _base: ScreenFrame | None = field(init=False, default=None)
    _at: float = field(init=False, default=0.0)
    _sent: int = field(init=False, default=0)
    _is_slow: bool = field(init=False, default=False)
    _passes: bool = field(init=False, default=False)
    _may_pass: bool = field(init=False, default=False)

    def pause(self) -> None:
        """Wait after a character until the next field has the focus, where fields pass it on by themselves.

        Whether they do is seen after the first character of a code. Fields that hold a few characters each get a
        hand's pace.
        """
        if self._base is not None and (self._passes or self._may_pass):
            base, seconds = self._base, PASS_SECONDS if self._passes else FIRST_SECONDS
            self._passes = self.control.until(lambda: passed_on(self._changed(base)), seconds=seconds)
            self._base, self._may_pass = self.grab() if self._passes else base, False
        elif self._is_slow:
            self.control.wait(HAND_SECONDS)

    def begin(self, approved: Approved[Input]) -> None:
        """Take note of the field for the text, and of how the screen is before it. Without a window nothing shows."""
        action, self._sent, self._at = approved.action, 0, self.now()
        typed = isinstance(action, TypeText) and not action.afresh and approved.on.window is not None
        self._base = self.grab() if typed else None
        self._field = field_patch(approved, self._base) if self._base is not None else None
        text = action.text if isinstance(action, TypeText) and typed else ""
        self._may_pass = is_code(text) and (self._field is None or is_narrow(self._field))
        self._is_slow = len(text) > 1 and self._field is not None and is_too_small(self._field, text)
        self._passes = False

    def look(self, sent: int) -> None:
        """`Retry` if the keys that were sent show in another place than the field, or nowhere at all."""
        if self._base is None or not sent:
            return
        if self._passes:
            return
        if not self._sent and self._field:
            self._first_shown(self._base, self._field)
            self._base = self.grab()
        elif self.now() < self._at + CHECK_SECONDS:
            return
        else:
            self._still_shown(self._base, sent)
        self._sent, self._at = sent, self.now()

    def _first_shown(self, base: ScreenFrame, place: Patch) -> None:
        """Wait until the first character shows; nothing may, where a program echoes nothing."""
        began = self.now()
        while not self._shows_in(place, base):
            late = self.now() - began
            if late > ECHO_SECONDS and not (strangers := self._elsewhere(place, base)):
                return
            if late > LATE_SECONDS:
                raise _elsewhere(strangers[0])
            self.control.wait(POLL_SECONDS)

    def _still_shown(self, base: ScreenFrame, sent: int) -> None:
        place = self._field
        if place and not self._shows_in(place, base) and self._elsewhere(place, base):
            self._first_shown(base, place)
        if sent - self._sent >= SILENT_KEYS:
            self._shown_anywhere(base)
        self._base = self.grab()

    def _shown_anywhere(self, base: ScreenFrame) -> None:
        if not self.control.until(lambda: changed_patches(base, self.grab()), seconds=SILENT_SECONDS):
            raise Retry("nothing of what is typed shows on the screen any more, so the program may not run", "busy")

    def _shows_in(self, place: Patch, base: ScreenFrame) -> bool:
        return any(patch.overlaps(place) and not patch.is_caret for patch in self._changed(base))

    def _elsewhere(self, place: Patch, base: ScreenFrame) -> list[Patch]:
        """Return where something like a text has come, but for what goes on beside the field in its own line."""
        found = [patch for patch in self._changed(base) if not patch.is_caret and patch.height <= TALLEST]
        return [patch for patch in found if patch.top >= place.bottom or patch.bottom <= place.top]

    def _changed(self, base: ScreenFrame) -> list[Patch]:
        moving = self.moving()
        found = changed_patches(base, self.grab())
        return [patch for patch in found if not any(place.overlaps(patch) for place in moving)]


def field_patch(approved: Approved[Input], frame: ScreenFrame) -> Patch | None:
    """Return the field that a text is typed into, with its ring, on `frame`; None if it is not known."""
    box = approved.field
    if box is None:
        return None
    height, width = frame.shape
    return Patch(*box.pixels(Size(width=width, height=height))).grown(AROUND, AROUND)


def is_code(text: str) -> bool:
    """Return whether a text may be a code or key, which programs like to part into several fields."""
    plain = 2 <= len(text) <= CODE_AT_MOST and not any(map(str.isspace, text))
    return plain and (text.isupper() or any(map(str.isdigit, text)))


def is_narrow(place: Patch) -> bool:
    """Return whether a field, with what is round it, has room for one character."""
    width, height = place.width - 2 * AROUND, place.height - 2 * AROUND
    return height <= TALLEST and width <= NARROW * height


def is_too_small(place: Patch, text: str) -> bool:
    """Return whether a field may be one of several that a code is parted into, since it is too small for all of it."""
    width, height = place.width - 2 * AROUND, place.height - 2 * AROUND
    parted = len(text) <= CODE_AT_MOST and not any(map(str.isspace, text))
    return parted and height <= TALLEST and (is_narrow(place) or len(text) * LETTER * height > OVERLONG * width)


def passed_on(changed: Sequence[Patch]) -> bool:
    """Return whether a field took a character, and the next one in its line the focus: its caret came, or its ring.

    The rings of two fields near each other are one change, which is wider than any character.
    """
    line = sorted(patch for patch in changed if patch.height <= TALLEST)
    if any(patch.width > WIDEST * patch.height for patch in line):
        return True
    return any(
        right.left - left.right >= GAP and right.top < left.bottom and left.top < right.bottom
        for left, right in pairwise(line)
    )


def _elsewhere(place: Patch) -> Retry:
    where = f"({place.left}, {place.top})"
    return Retry(f"the text does not come into the field that was clicked: something changed at {where}", "failed")
