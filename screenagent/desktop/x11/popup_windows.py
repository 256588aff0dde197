"""The override-redirect windows that an X server shows, such as tooltips, followed by its events."""

from __future__ import annotations

from typing import Any, Final

from Xlib import X, Xatom, error

from screenagent.desktop.floating import FloatingArea
from screenagent.desktop.tooltips import PopupWindow
from screenagent.desktop.x11.connection import connect_display, disconnect_display, property_values

TOOLTIP: Final = "_NET_WM_WINDOW_TYPE_TOOLTIP"
SMALLEST: Final = 8  # pixels; toolkits keep smaller windows for themselves


class PopupWindows:
    """Those that are shown now, on a connection of its own. Qt keeps one window for all its tooltips and only moves it,
    so every change of place counts."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._display.set_error_handler(lambda *_: None)  # a window may close while it is asked
        root = self._display.screen().root
        root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._shown: dict[int, PopupWindow] = {}
        for window in root.query_tree().children:
            self._describe(window)

    def close(self) -> None:
        disconnect_display(self._display)

    def __call__(self) -> dict[int, PopupWindow]:
        """Return the windows that are shown, by their ids."""
        while self._display.pending_events():
            self._follow(self._display.next_event())
        return dict(self._shown)

    def _follow(self, event: Any) -> None:
        match event.type:
            case X.MapNotify if event.override:
                self._describe(event.window)
            case X.UnmapNotify | X.DestroyNotify:
                self._shown.pop(event.window.id, None)
            case X.ConfigureNotify if known := self._shown.get(event.window.id):
                area = FloatingArea(event.x, event.y, event.x + event.width, event.y + event.height)
                self._shown[event.window.id] = known._replace(area=area)
            case _:
                pass

    def _describe(self, window: Any) -> None:
        try:
            seen, place = window.get_attributes(), window.get_geometry()
            kinds = property_values(window, "_NET_WM_WINDOW_TYPE", Xatom.ATOM)
        except error.XError:
            return
        if not seen.override_redirect or seen.map_state != X.IsViewable or seen.win_class == X.InputOnly:
            return
        if min(place.width, place.height) > SMALLEST:
            area = FloatingArea(place.x, place.y, place.x + place.width, place.y + place.height)
            is_tooltip = self._display.get_atom(TOOLTIP) in kinds
            self._shown[window.id] = PopupWindow(area, is_tooltip=is_tooltip, is_typed=bool(kinds))
