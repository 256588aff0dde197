"""What an X server knows beside pixels: its windows, which one is in front, its keyboard."""

from __future__ import annotations

import os
import select
import time
from typing import Any, Final

from Xlib import X, Xatom, error
from Xlib.protocol import event

from screenagent.control import until
from screenagent.desktop.own_terminal import WindowArea
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.controlling_terminal import (
    ControllingTerminal,
    controlling_terminals,
    is_shared,
)
from screenagent.protocols import Retry
from screenagent.screenshot import Window

ACTIVATE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.05  # how often windows are looked at that nothing was said of
PAGER: Final = 2  # the source indication by which a window manager obeys rather than flashes the task bar
GROUP_MASK: Final = 0x6000  # where a keyboard of several layouts says which one it is switched to
SEAT_SECONDS: Final = 5.0  # so often it is asked who looks at the tmux or screen that we run in
SPLASH: Final = "_NET_WM_WINDOW_TYPE_SPLASH"
FIXTURES: Final = ("_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK", SPLASH)


class X11Windows:
    """The windows of a display, by the conventions that window managers keep (EWMH)."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root
        self._root.change_attributes(event_mask=X.PropertyChangeMask)
        self._seats: tuple[ControllingTerminal, ...] = ()
        self._seated_at = -SEAT_SECONDS
        self._worked_in: int | None = None
        self._display.sync()

    @property
    def display_name(self) -> str:
        return str(self._display.get_display_name())

    def close(self) -> None:
        disconnect_display(self._display)

    def foreground(self) -> Window | None:
        active = self._ids(self._root, "_NET_ACTIVE_WINDOW")
        return self._window(active[0]) if active and active[0] else None

    def worked_in(self) -> Window | None:
        """The window in front; where that is our own terminal, the one that was there before or would be without it."""
        front = self.foreground()
        if front is None or not front.own:
            self._worked_in = front.id if front else None
            return front
        others = [window for window in reversed(self.stacked()) if not window.own and self._can_work_in(window.id)]
        before = (window for window in others if window.id == self._worked_in)
        return next(before, others[0] if others else front)

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of what `window` holds, its frame left out, in the input space."""
        inside = self._display.create_resource_object("window", window.id)
        try:
            size = inside.get_geometry()
            corner = self._root.translate_coords(inside, 0, 0)
        except error.BadDrawable:  # it closed while it was asked
            return None
        return corner.x, corner.y, corner.x + size.width, corner.y + size.height

    def all(self) -> tuple[Window, ...]:
        """Those that a window manager has put up, splash screens left out."""
        windows = (self._window(id) for id in self._ids(self._root, "_NET_CLIENT_LIST"))
        return tuple(window for window in windows if window is not None and not self._is_splash(window.id))

    def stacked(self) -> tuple[Window, ...]:
        """Those that a window manager has put up, from the lowest to the one on top."""
        windows = (self._window(id) for id in self._ids(self._root, "_NET_CLIENT_LIST_STACKING"))
        return tuple(window for window in windows if window is not None)

    def tops(self) -> list[Any]:
        """All that lies on the root, from the lowest to the highest: frames, and menus that nobody has framed."""
        return list(self._root.query_tree().children)

    def frame(self, id: int) -> int:
        """What a window lies in on the root: the frame that its window manager gave it, or itself."""
        window = self._display.create_resource_object("window", id)
        try:
            while (parent := window.query_tree().parent) and parent.id != self._root.id:
                window = parent
        except error.BadWindow:  # it closed while it was asked
            return id
        return int(window.id)

    def area(self, top: Any, *, own: bool) -> WindowArea | None:
        """Where something that lies on the root is; None where it is not on the screen."""
        try:
            seen = top.get_attributes()
            if seen.map_state != X.IsViewable or seen.win_class == X.InputOnly:
                return None
            place = top.get_geometry()
        except (error.BadWindow, error.BadDrawable):  # it closed while it was asked
            return None
        return WindowArea(
            left=place.x,
            top=place.y,
            right=place.x + place.width + 2 * place.border_width,
            bottom=place.y + place.height + 2 * place.border_width,
            own=own,
        )

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, and wait until it is there."""
        self._ask_to_front(window.id)
        if not until(lambda: self._is_front(window), seconds=ACTIVATE_SECONDS, poll=POLL_SECONDS, wait=self.changed):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def _is_front(self, window: Window) -> bool:
        front = self.foreground()
        return front is not None and front.id == window.id

    def managed(self) -> bool:
        """A window manager is at work."""
        return bool(self._ids(self._root, "_NET_SUPPORTING_WM_CHECK"))

    def changed(self, seconds: float) -> bool:
        """Wait until a window came, went, or came to the front, or until `seconds` have passed."""
        if not self._display.pending_events():
            select.select([self._display.fileno()], [], [], seconds)
        came = False
        while self._display.pending_events():
            self._display.next_event()
            came = True
        return came

    def root_text(self, name: str) -> str:
        return self._text(self._root, name)

    def caps_lock(self) -> bool:
        return bool(self._root.query_pointer().mask & X.LockMask)

    def other_script(self) -> bool:
        return bool(self._root.query_pointer().mask & GROUP_MASK)

    def _window(self, id: int) -> Window | None:
        window = self._display.create_resource_object("window", id)
        try:
            pids = self._ids(window, "_NET_WM_PID", Xatom.CARDINAL)
            named = window.get_wm_class()
            return Window(
                id=id,
                title=self._text(window, "_NET_WM_NAME") or self._text(window, "WM_NAME"),
                app=named[1] if named else "",
                pid=pids[0] if pids else None,
                own=self._is_own(id, pids[0] if pids else None),
            )
        except error.BadWindow:  # it closed while it was asked
            return None

    def _is_own(self, id: int, pid: int | None) -> bool:
        """By the window that a terminal says it is, or else by its process, all of whose windows then are ours."""
        return any(id == seat.window if seat.window else pid in seat.ancestors for seat in self._seated())

    def _seated(self) -> tuple[ControllingTerminal, ...]:
        """Where we sit, with windows of this display; asked for again only where terminals may come and go."""
        now = time.monotonic()
        if now >= self._seated_at + SEAT_SECONDS:
            self._seats = tuple(
                seat.model_copy(update={"window": self._window_of(seat)}) for seat in controlling_terminals()
            )
            self._seated_at = now if is_shared() else float("inf")
        return self._seats

    def _window_of(self, seat: ControllingTerminal) -> int | None:
        """The window that the terminal says it is, if it is on this display and a terminal's above us; its outermost.

        An environment may be older than its terminal, and of another display.
        """
        if seat.window is None:
            return None
        managed = set(self._ids(self._root, "_NET_CLIENT_LIST"))
        try:
            window = self._display.create_resource_object("window", seat.window)
            while window.id not in managed:
                window = window.query_tree().parent
                if not window:
                    return None
            pids = self._ids(window, "_NET_WM_PID", Xatom.CARDINAL)
        except error.BadWindow:
            return None
        known = pids[0] in seat.ancestors if pids else self.display_name == os.environ.get("DISPLAY")
        return window.id if known else None

    def _is_splash(self, id: int) -> bool:
        return self._is_a(id, SPLASH)

    def _can_work_in(self, id: int) -> bool:
        """It is on the screen, and neither a panel nor the ground that the others lie on."""
        try:
            state = self._display.create_resource_object("window", id).get_attributes().map_state
        except error.BadWindow:
            return False
        return state == X.IsViewable and not self._is_a(id, *FIXTURES)

    def _is_a(self, id: int, *names: str) -> bool:
        kinds = self._ids(self._display.create_resource_object("window", id), "_NET_WM_WINDOW_TYPE", Xatom.ATOM)
        return any(self._display.get_atom(name) in kinds for name in names)

    def _ask_to_front(self, id: int) -> None:
        message = event.ClientMessage(
            window=id,
            client_type=self._display.get_atom("_NET_ACTIVE_WINDOW"),
            data=(32, [PAGER, X.CurrentTime, 0, 0, 0]),
        )
        self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.flush()

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Ask the window manager to put the window's frame there: left, top, right and bottom in pixels."""
        left, top, right, bottom = edges
        all_four = 0b1111 << 8
        message = event.ClientMessage(
            window=window.id,
            client_type=self._display.get_atom("_NET_MOVERESIZE_WINDOW"),
            data=(32, [all_four, left, top, right - left, bottom - top]),
        )
        self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.flush()

    def _ids(self, window: Any, name: str, kind: int = Xatom.WINDOW) -> list[int]:
        try:
            found = window.get_full_property(self._display.get_atom(name), kind)
        except error.BadWindow:
            return []
        return list(found.value) if found else []

    def _text(self, window: Any, name: str) -> str:
        found = window.get_full_property(self._display.get_atom(name), X.AnyPropertyType)
        if found is None:
            return ""
        value = found.value
        return value if isinstance(value, str) else bytes(value).decode("utf-8", errors="replace")
