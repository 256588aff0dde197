"""What a system captures its monitors by; and mss, which does it on X11, Windows and macOS."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import mss
import numpy as np
from mss.exception import ScreenShotError

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace, ScreenFrame

COMPOSITOR_LAG_SECONDS: Final = 0.04
"""A program on Wayland paints when the compositor lets it, and is shown with the compositor's next frame: at 60 Hz,
what is in a picture of X within 23 ms took up to 43."""


class Pictures(Protocol):
    """Pictures of the monitors as they were when this was opened; one that has changed since needs another."""

    lag_seconds: float
    """By so much a picture may be behind what a program has painted, as where a compositor paints at its own pace."""

    @property
    def monitors(self) -> Mapping[str, MonitorPlace]:
        """The monitors by their names, each with its place in the input space."""
        ...

    @property
    def primary(self) -> str:
        """The name of the monitor that a user calls the first."""
        ...

    def grab(self, monitor: str) -> ScreenFrame:
        """Return what a monitor shows now, in its own pixels. Raise `NoDesktop` if that is no longer possible."""
        ...

    def close(self) -> None: ...


OpenPictures = Callable[[Sequence[MonitorPlace]], Pictures]
"""Opens pictures of the monitors that there are now; the system may already have told where they are."""


class MssPictures:
    """The monitors of the X display `display`, or of the one screen that Windows and macOS have."""

    lag_seconds = 0.0

    def __init__(self, display: str | None, known: Sequence[MonitorPlace] = ()) -> None:
        self._failures = (ScreenShotError, AssertionError)  # mss asserts that the display answers
        self._mss = _open(display)
        self._found = _named(self._mss.monitors[1:], known)
        self.monitors = {
            name: MonitorPlace(name, *(int(found[edge]) for edge in ("left", "top", "width", "height")))
            for name, found in self._found.items()
        }
        primary = (name for name, found in self._found.items() if found.get("is_primary"))
        self.primary = next(primary, next(iter(self._found)))

    def grab(self, monitor: str) -> ScreenFrame:
        try:
            shot = self._mss.grab(self._found[monitor])
        except self._failures as reason:
            raise NoDesktop("the screen can no longer be captured: its display has ended or was resized") from reason
        return np.frombuffer(shot.raw, dtype=np.uint32).reshape(shot.height, shot.width)

    def close(self) -> None:
        with suppress(*self._failures):  # said of a display that has ended before
            self._mss.close()


def _open(display: str | None) -> Any:
    try:
        return mss.MSS(display=display) if os.name == "posix" and display else mss.MSS()
    except ScreenShotError as reason:
        raise NoDesktop(f"the screen cannot be captured: {reason}") from reason


def _named(monitors: Sequence[Any], known: Sequence[MonitorPlace]) -> dict[str, Any]:
    """Return each by the name that the system shows; if that is not known, by its output, its model or its number."""
    named: dict[str, Any] = {}
    names = {(place.left, place.top, place.width, place.height): place.name for place in known}
    for number, monitor in enumerate(monitors, start=1):
        at = tuple(monitor[edge] for edge in ("left", "top", "width", "height"))
        name = names.get(at) or str(monitor.get("output") or monitor.get("name") or "monitor")
        named[name if name != "monitor" and name not in named else f"{name}-{number}"] = monitor
    return named
