"""The last look before the mouse's button is pressed: what was approved stands there, and nothing lies over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.actions import Click, Drag, Input, MouseInput, Move, Scroll, describe
from screenagent.control import Control
from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.busy import InputAnswers
from screenagent.desktop.floating import Floating
from screenagent.desktop.frames import CapturedFrame, FramePoint, changed_patches
from screenagent.desktop.hover import Hovering, HoverTimes
from screenagent.desktop.mouse import Mouse
from screenagent.desktop.own_terminal import Stack, lies_on_top
from screenagent.desktop.screen import ScreenCapture
from screenagent.geometry import Pixel
from screenagent.perception.popups import is_covered
from screenagent.perception.standing import stands_alike
from screenagent.protocols import Approved, Outdated, Retry
from screenagent.screenshot import Window

FRESH_SECONDS: Final = 0.045
"""A look that is older than this is taken again: it takes a few milliseconds more until a button is pressed."""
LOOKS: Final = 3
"""On a machine that is too slow for this, the last of so many looks counts."""


@dataclass(kw_only=True)
class Aim:
    """Brings the mouse to where it will press or scroll, and refuses to if something else stands there by then.

    `own` are the windows of the terminal that we run in, `floating` is what lies on the display, and `under_pointer` is
    the window that a press would reach.
    """

    screen: ScreenCapture
    mouse: Mouse
    control: Control
    ambient: AmbientChanges
    own: Stack
    under_pointer: Callable[[], Window | None]
    floating: Callable[[], Floating]
    answers: InputAnswers
    _times: dict[int, HoverTimes] = field(default_factory=dict)

    @property
    def place(self) -> FramePoint:
        """Where the mouse is in the pictures of the display."""
        pixel, display = self.mouse.position, self.screen.display
        x, y = pixel.x - display.origin.x, pixel.y - display.origin.y
        return FramePoint(round(x * display.scale), round(y * display.scale))

    def take(self, approved: Approved[Input], before: CapturedFrame) -> CapturedFrame:
        """Bring the mouse there; return the frame that shows it there and at rest, with what was approved under it."""
        action = approved.action
        if not isinstance(action, MouseInput):
            return before
        pixels = [approved.on.display.pixel(location.point) for location in approved.locations]
        self._reaches_no_terminal_of_ours(pixels or [self.mouse.position])
        if isinstance(action, Drag | Move):
            self._refuse_other_windows(approved, pixels)
        if isinstance(action, Move):
            return before
        if not pixels:
            self._refuse_another_window(approved)
            return before
        self._refuse_another(approved, before)
        hovered = self._hovered(approved, pixels[0], before)
        for _ in range(LOOKS):
            if not isinstance(action, Scroll) and changed_patches(before.pixels, hovered.pixels):
                self._refuse_covered(approved, hovered)
                self._refuse_another(approved, hovered)
            self._refuse_another_window(approved)
            if time.monotonic() - hovered.at <= FRESH_SECONDS:
                break
            hovered = self.screen.grab()
        return hovered

    def check_again(self, approved: Approved[Input]) -> None:
        """`Retry` if the next click of several would reach another window than the first."""
        try:
            self._refuse_another_window(approved)
        except Outdated as outdated:
            raise Retry(f"{outdated}; only a part of the clicks was sent", "window_changed") from outdated

    def _refuse_another_window(self, approved: Approved[Input]) -> None:
        """Nothing is pressed that would reach another window than was approved, or one that is called otherwise now."""
        point = approved.locations[0].point if approved.locations else approved.on.pointer
        if point is None or not approved.on.windows:
            return
        meant = approved.on.window_at(point)
        found = self.under_pointer()
        if found and not _is_same(meant, found):
            raise Outdated(f"{describe(approved.action)}: {_called(found)} lies there by now, not {_called(meant)}")

    def _refuse_other_windows(self, approved: Approved[Input], pixels: Sequence[Pixel]) -> None:
        """Nothing is dragged or moved from or to a place where another window lies than was approved."""
        if not approved.on.windows:
            return
        lying = self.floating().windows
        for place, pixel in zip(approved.locations, pixels, strict=True):
            found = next((window for window, area in reversed(lying) if area.holds(pixel)), None)
            if not _is_same(approved.on.window_at(place.point), found):
                raise Outdated(f"{describe(approved.action)}: another window lies there by now")

    def _hovered(self, approved: Approved[Input], pixel: Pixel, before: CapturedFrame) -> CapturedFrame:
        """Return the frame with the mouse at its place, once the program there takes what it is sent."""
        window = approved.on.window_at(approved.locations[0].point) or approved.on.window
        self.answers.begin(window)
        earlier, left = self.mouse.position, self.place
        if isinstance(approved.action, Click | Drag):
            self.mouse.approach(pixel, button=approved.action.button)
        else:
            self.mouse.move(pixel)
        frame, answered = self.screen.grab(), False
        if self.mouse.may_have_come(earlier):
            frame, answered = self._at_rest(window, left, before)
        if answered or self.answers.has_come():
            return frame
        if not self.answers.waited_for():
            called = f"the window {window.title!r}" if window else "the program there"
            raise Retry(f"{describe(approved.action)}: {called} answers no input, so nothing was pressed", "busy")
        return self._at_rest(window, left, frame)[0]

    def _at_rest(self, window: Window | None, left: FramePoint, before: CapturedFrame) -> tuple[CapturedFrame, bool]:
        """Return the frame on which what the mouse lights up is at rest, and whether it lit anything up."""
        hovering = Hovering(
            look=self.screen.grab,
            now=time.monotonic,
            wait=self.control.wait,
            ambient=self.ambient,
            places=(left, self.place),
            times=self._times.setdefault(app_of(window), HoverTimes()),
            lag=self.screen.lag_seconds,
        )
        return hovering.frame(before.pixels), hovering.answered

    def _refuse_covered(self, approved: Approved[Input], hovered: CapturedFrame) -> None:
        """Nothing is pressed that something has opened over as the mouse came."""
        if is_covered(approved.on, self.screen.screenshot(hovered), approved.locations[0]):
            raise Retry(f"{describe(approved.action)}: something opened over it as the mouse came", "covered")

    def _refuse_another(self, approved: Approved[Input], frame: CapturedFrame) -> None:
        """Nothing is pressed where something else stands than what was approved."""
        now = self.screen.screenshot(frame)
        if now.digest == approved.on.digest or approved.on.image is None:
            return
        for place in approved.locations:
            moves = place.box is None and any(place.point in moving for moving in approved.on.moving)
            if not moves and not stands_alike(approved.on, place, now):
                raise Outdated(f"{describe(approved.action)}: something else stands there by now")

    def _reaches_no_terminal_of_ours(self, pixels: Sequence[Pixel]) -> None:
        areas = self.own()
        if any(lies_on_top(areas, pixel) for pixel in pixels):
            why = "the terminal that this runs in lies there, and is not clicked into; it has to be moved aside"
            raise Retry(why, "own_terminal")


def _is_same(meant: Window | None, found: Window | None) -> bool:
    if meant is None or found is None:
        return meant is found
    return meant.id == found.id and meant.is_called_like(found)


def _called(window: Window | None) -> str:
    return f"the window {window.title!r}" if window else "no window"


def app_of(window: Window | None) -> int:
    """Return what tells one application's windows from another's."""
    return (window.pid or window.id) if window else 0
