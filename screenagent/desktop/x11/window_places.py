"""What an X server says to whoever asks programs for their controls: where windows are, and what lies over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from Xlib import error

from screenagent.desktop.accessibility.places import Cover, Outline, Space
from screenagent.desktop.x11.connection import CLIENT
from screenagent.desktop.x11.windows import X11Windows
from screenagent.screenshot import Window

LOST: Final = (error.XError, error.ConnectionClosedError)


class XWindowPlaces:
    """On a connection of its own. Each call raises one of `LOST` if the display has ended."""

    space = Space.SCREEN

    def __init__(self, display: str | None = None) -> None:
        self._windows = X11Windows(display)

    def close(self) -> None:
        self._windows.close()

    def bus_address(self) -> str:
        return self._windows.root_text("AT_SPI_BUS") or "SESSION"

    def outlines(self, window: Window) -> Sequence[Outline]:
        self._windows.changed(0)  # events that nobody reads would be kept
        edges = self._windows.edges(window)
        return (Outline(edges),) if edges else ()

    def covering(self, window: Window) -> Sequence[Cover]:
        return tuple(self._covering(window))

    def _covering(self, window: Window) -> Iterator[Cover]:
        frame, above = self._windows.frame(window.id), False
        for top in self._windows.tops():
            if above and (area := self._windows.area(top, own=False)):
                yield Cover(area, popup=top.id & CLIENT == window.id & CLIENT)
            above = above or top.id == frame
