"""Notices when monitors are added, removed or changed."""

from __future__ import annotations

from screenagent.desktop.x11.connection import connect_display, disconnect_display


class Monitors:
    """Where which monitor is, so that a change is known; a name, left, top, width and height each."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root

    def close(self) -> None:
        disconnect_display(self._display)

    def __call__(self) -> object:
        return [
            (found.name, found.x, found.y, found.width_in_pixels, found.height_in_pixels)
            for found in self._root.xrandr_get_monitors().monitors
        ]
