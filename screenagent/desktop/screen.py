"""Screenshots of one display."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from PIL import Image

from screenagent.desktop import NoDesktop
from screenagent.desktop.floating import Floating, FloatingArea
from screenagent.desktop.frames import CapturedFrame, MonitorPlace, Patch, ScreenFrame
from screenagent.desktop.own_terminal import Stack, without_own
from screenagent.desktop.pictures import OpenPictures
from screenagent.geometry import Box, Display, Pixel, PixelBox, Point, Size
from screenagent.screenshot import Screenshot, Window

ONE_UNIT: Final = 1e-3  # two scales that differ by less are the same


class ScreenCapture:
    """Captures one display of several: the primary one, or the one called `monitor`."""

    def __init__(
        self,
        open_pictures: OpenPictures,
        *,
        monitor: str | None = None,
        own: Stack = list,
        blanked: Callable[[ScreenFrame], ScreenFrame] = lambda frame: frame,
        monitors: Callable[[], Sequence[MonitorPlace]] = tuple,
    ) -> None:
        self._own = own
        self._blanked = blanked
        self._open_pictures, self._wanted = open_pictures, monitor
        self._monitors_now = monitors
        self._lock = threading.RLock()  # protects the connection and the monitors: the idle watch captures, too
        self._last: tuple[ScreenFrame, Screenshot] | None = None
        self._look_at_monitors()
        if monitor is not None and monitor not in self._monitors:
            self.close()
            raise NoDesktop(_no_monitor(monitor, self._monitors))

    def follow(self) -> None:
        """Look at the monitors anew if they have changed; for one that is gone the primary one stands in."""
        with self._lock:
            if self._monitors_now() != self._known:
                self.close()
                self._look_at_monitors()

    def _look_at_monitors(self) -> None:
        self._known = self._monitors_now()
        self._pictures = self._open_pictures(self._known)
        self._monitors = self._pictures.monitors
        self._chosen = self._wanted if self._wanted and self._wanted in self._monitors else self._pictures.primary
        self.display = self._display(self._chosen)

    def close(self) -> None:
        self._pictures.close()

    @property
    def lag_seconds(self) -> float:
        """By how much a picture may be behind what a program has painted."""
        return self._pictures.lag_seconds

    def displays(self) -> tuple[Display, ...]:
        return tuple(self._display(name) for name in self._monitors)

    def placed(self, window: Window, edges: tuple[int, int, int, int]) -> Window:
        """Return `window` with its box on the display, or the monitor that shows the most of it if that is another.

        `edges` are its left, top, right and bottom in the input space.
        """
        box = self.display.box(edges)
        return window.model_copy(update={"box": box, "monitor": None if box else self._monitor_of(edges)})

    def patch(self, edges: tuple[int, int, int, int]) -> Patch:
        """Return what lies between these edges in the pictures of the display."""
        starts = (self.display.origin.x, self.display.origin.y) * 2
        return Patch(*(round((edge - start) * self.display.scale) for edge, start in zip(edges, starts, strict=True)))

    def _monitor_of(self, edges: tuple[int, int, int, int]) -> str | None:
        shown = {name: _shared(found, edges) for name, found in self._monitors.items()}
        most = max(shown, key=lambda name: shown[name])
        return most if shown[most] > 0 else None

    def grab(self) -> CapturedFrame:
        """Capture the display, with our own terminal blanked."""
        at, areas = time.monotonic(), self._own()
        with self._lock:
            try:
                frame = self._pictures.grab(self._chosen)
            except NoDesktop:
                self.follow()  # or the display has ended, and this says so
                frame = self._pictures.grab(self._chosen)
            display = self.display
        edges = [(area.left, area.top, area.right, area.bottom) for area in areas if area.own]
        covered = tuple(box for box in map(display.box, edges) if box)
        return CapturedFrame(without_own(frame, areas, display.origin), display, covered, at)

    def screenshot(
        self,
        captured: CapturedFrame,
        window: Window | None = None,
        *,
        moving: Sequence[Patch] = (),
        floating: Floating | None = None,
        focus: Window | None = None,
        pointer: Point | None = None,
    ) -> Screenshot:
        """Return a capture as a screenshot without secrets; an unchanged screen keeps its picture and digest."""
        frame = self._blanked(captured.pixels)
        height, width = frame.shape
        popups = _on(captured.display, floating.popups if floating else ())
        places = tuple(PixelBox(*patch).box(Size(width=width, height=height)) for patch in moving)
        seen: dict[str, object] = {
            "window": window,
            "display": captured.display,
            "covered": captured.covered,
            "moving": places + _on(captured.display, floating.tips if floating else ()),
            "popups": popups,
            "windows": _windows_on(captured.display, floating) if floating else (),
            "managed": floating.managed if floating else (),
            "focus": focus,
            "pointer": pointer,
        }
        last = self._last
        if last and np.array_equal(last[0], frame):
            now = last[1].model_copy(update=seen)
            shot = last[1] if now == last[1] else now
        else:
            image = Image.frombuffer("RGB", (width, height), frame, "raw", "BGRX", 0, 1)
            shot = Screenshot.of(image, display=captured.display).model_copy(update=seen)
        self._last = frame, shot
        return shot

    def _display(self, name: str) -> Display:
        place = self._monitors[name]
        scale = self._pictures.grab(name).shape[1] / place.width
        return Display(
            name=name,
            origin=Pixel(x=place.left, y=place.top),
            size=Size(width=place.width, height=place.height),
            scale=1.0 if abs(scale - 1) < ONE_UNIT else scale,
        )


def _on(display: Display, areas: Sequence[FloatingArea]) -> tuple[Box, ...]:
    """Return what of each area is on the display."""
    return tuple(box for area in areas if (box := display.box(area)))


def _windows_on(display: Display, floating: Floating) -> tuple[Window, ...]:
    """Return what of the windows is on the display, each with its box there."""
    placed = ((window, display.box(area)) for window, area in floating.windows)
    return tuple(window.model_copy(update={"box": box}) for window, box in placed if box)


def _shared(monitor: MonitorPlace, edges: tuple[int, int, int, int]) -> int:
    """Return how many pixels of left, top, right and bottom a monitor shows."""
    left, top, right, bottom = edges
    width = min(right, monitor.left + monitor.width) - max(left, monitor.left)
    height = min(bottom, monitor.top + monitor.height) - max(top, monitor.top)
    return max(width, 0) * max(height, 0)


def _no_monitor(wanted: str, names: Iterable[str]) -> str:
    """Return a sentence that names the monitors that there are, and the one that may be meant."""
    by_letters = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(wanted.casefold(), by_letters, n=1)
    meant = f"; did you mean {by_letters[near[0]]!r}?" if near else ""
    return f"there is no monitor {wanted!r}; there are {', '.join(by_letters.values())}{meant}"


def how_changed(before: Display, now: Display) -> str:
    """Say what has become of the monitor that was agreed on."""
    if before.name != now.name:
        was_on = f"it was on {before.name!r} and would go on on {now.name!r}"
        return f"the monitors have changed, so the agent waits; {was_on}"
    size, corner = f"{now.size.width}x{now.size.height}", f"({now.origin.x}, {now.origin.y})"
    return f"the monitor {now.name!r} is now {size} at {corner}, so the agent waits"
