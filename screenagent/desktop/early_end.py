"""A wait for the screen that ended before all that may follow an input had its time, and what has come since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.frames import CapturedFrame, FramePoint, Patch, changed_patches
from screenagent.protocols import LateAnswer, MayGoOn
from screenagent.screenshot import Screenshot


@dataclass
class EarlyEnd:
    """Ends a wait where `may_go_on` says so, and refuses the next input if the screen has changed again by then.

    `screenshot` makes one of a frame. What the mouse lights up by coming or going is no late answer, and neither is
    what changes by itself.
    """

    ambient: AmbientChanges
    screenshot: Callable[[CapturedFrame], Screenshot]
    may_go_on: MayGoOn | None = None
    _ends: bool = field(init=False, default=False)
    _seen: CapturedFrame | None = field(init=False, default=None)

    def goes_on(self, frame: CapturedFrame, shows: bool) -> bool:
        """Return whether the wait can end with `frame`, on which the last input `shows`, or not."""
        self._ends = self.may_go_on is not None and self.may_go_on(self.screenshot(frame), shows=shows)
        return self._ends

    def ended(self, frame: CapturedFrame) -> CapturedFrame:
        """Return the frame that the wait has ended with, on which the effect of the input is judged."""
        self._seen, self._ends = frame if self._ends else None, False
        return frame

    def refuse_late(self, frame: CapturedFrame, *, mouse: Sequence[FramePoint]) -> None:
        """`LateAnswer` if `frame` shows more than the wait ended with; the `mouse` came from and to these places."""
        if self._seen is None:
            return
        changed = changed_patches(self._seen.pixels, frame.pixels)
        self._seen = None
        if any(not self._is_incidental(patch, frame, mouse) for patch in changed):
            raise LateAnswer("the screen has changed since the last input was judged")

    def _is_incidental(self, patch: Patch, frame: CapturedFrame, mouse: Sequence[FramePoint]) -> bool:
        is_at_mouse = any(patch.is_around(place, frame.pixels) for place in mouse)
        return (is_at_mouse and patch.is_small(frame.pixels)) or self.ambient.holds(patch, at=frame.at)
