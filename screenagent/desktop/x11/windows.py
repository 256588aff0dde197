"""What an X server knows beside pixels: its windows, which is in front, and whether that one works off its input."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from Xlib import X, Xatom, error
from Xlib.protocol import event

from screenagent.control import until
from screenagent.desktop.controlling_terminal import ControllingTerminal, KnownOwn, OwnTerminals
from screenagent.desktop.floating import Floating, FloatingArea
from screenagent.desktop.own_terminal import WindowArea, WorkedIn, lies_on_top
from screenagent.desktop.x11.batch import WindowProperties, viewable
from screenagent.desktop.x11.connection import (
    CLIENT,
    connect_display,
    disconnect_display,
    process_of,
    property_text,
    property_values,
)
from screenagent.desktop.x11.key_focus import FocusEvents, GrabTest, KeyFocus, held_down, switched
from screenagent.desktop.x11.window_owners import WindowOwners
from screenagent.geometry import Pixel
from screenagent.protocols import Retry
from screenagent.screenshot import Window

ACTIVATE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.05  # how often windows are looked at that nothing was said of
PAGER: Final = 2  # the source indication by which a window manager obeys rather than flashes the task bar
EVERY_DESKTOP: Final = 0xFFFFFFFF  # what a window says that is on all of them
WINDOW_TYPE: Final = "_NET_WM_WINDOW_TYPE"
DESCRIPTION: Final = ("_NET_WM_PID", "WM_CLASS", "_NET_WM_NAME", "WM_NAME", WINDOW_TYPE, "WM_TRANSIENT_FOR")
SPLASH: Final = "_NET_WM_WINDOW_TYPE_SPLASH"
POPUPS: Final = frozenset(f"_NET_WM_WINDOW_TYPE_{kind}" for kind in ("MENU", "DROPDOWN_MENU", "POPUP_MENU", "COMBO"))
DIALOG: Final = "_NET_WM_WINDOW_TYPE_DIALOG"
TIP: Final = "_NET_WM_WINDOW_TYPE_TOOLTIP"
FIXTURES: Final = ("_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK", SPLASH)


class X11Windows:
    """The windows of a display, by the conventions that window managers keep (EWMH)."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root
        self._root.change_attributes(event_mask=X.PropertyChangeMask)
        self._terminals = OwnTerminals(self._terminal_window)
        self._focus = KeyFocus(self._display)
        self._grab = GrabTest(self._display)
        self._focus_events: FocusEvents | None = None
        self._worked_in = WorkedIn(self.stacked, can_work_in=self._can_work_in)
        self._owners = WindowOwners(self._display, describe=self._window, frame=self.frame)
        self._display.sync()

    @property
    def display_name(self) -> str:
        return str(self._display.get_display_name())

    def close(self) -> None:
        if self._focus_events:
            self._focus_events.close()
        disconnect_display(self._display)

    def foreground(self) -> Window | None:
        front = self._focus.front()
        return self._window(front) if front else None

    def focus_mark(self) -> tuple[int, ...]:
        """Return what is another once keys may go to another window."""
        return self._focus.mark()

    def focus_top(self) -> int:
        """Return what holds the focused window on the root."""
        return self._focus.top()

    def held_down(self) -> tuple[str, ...]:
        return held_down(self._display)

    def worked_in(self) -> Window | None:
        """The window in front; where that is our own terminal, the one that was there before or would be without it."""
        return self._worked_in.window(self.foreground())

    def own_terminal(self) -> Window | None:
        """The window of ours that was in front last, or lies on top of the others."""
        return self._worked_in.own_terminal()

    def focus_stirred(self) -> bool:
        """Return whether something happened to the focus since it was followed; no question to the server."""
        return self._focus_events is not None and self._focus_events.stirred()

    def follow_focus(self) -> None:
        """From here on, notice at once what happens to the focus."""
        if self._focus_events is None:
            self._focus_events = FocusEvents(self.display_name)
        self._focus_events.follow()

    def has_grabbed_keys(self) -> bool:
        """Whether another client has grabbed the keyboard."""
        return self._grab.is_grabbed()

    def has_popup(self, window: Window) -> bool:
        """Whether the program of `window` shows something that no window manager has framed, such as a menu."""
        of_program = (top for top in self.tops() if top.id & CLIENT == window.id & CLIENT)
        return any(self._is_popup(top) for top in of_program)

    def _is_popup(self, top: Any) -> bool:
        try:
            seen = top.get_attributes()
        except error.BadWindow:  # it closed while it was asked
            return False
        return bool(seen.override_redirect and seen.map_state == X.IsViewable and seen.win_class != X.InputOnly)

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
        windows = self._described(property_values(self._root, "_NET_CLIENT_LIST"))
        return tuple(window for window in windows if not self._is_a(window.id, SPLASH))

    def stacked(self) -> tuple[Window, ...]:
        """Those that a window manager has put up, from the lowest to the one on top."""
        return tuple(self._described(property_values(self._root, "_NET_CLIENT_LIST_STACKING")))

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
        return next((_area(place, own=own) for _, place in viewable(self._display, [top])), None)

    def floating(self) -> Floating:
        """Return where menus and drop-down lists are open, where tips are shown, and all that takes the mouse."""
        popups: list[FloatingArea] = []
        tips: list[FloatingArea] = []
        windows: list[tuple[Window, FloatingArea]] = []
        tops = self.tops()
        stacked = list(self._with_kinds(property_values(self._root, "_NET_CLIENT_LIST_STACKING")))
        self._owners.look([window for window, _ in stacked], tops)
        for top, place in self._on_the_screen(tops):
            kinds = set() if self._owners.is_framed(top) else self._kinds(top)
            if TIP in kinds:
                tips.append(place)
                continue
            if kinds & POPUPS:
                popups.append(place)
            if window := self._owners.owner(top):
                windows.append((window, self._owners.taking_input(top, place)))
        managed = tuple(window for window, kinds in stacked if kinds.isdisjoint(self._atoms(*FIXTURES)))
        return Floating(popups=tuple(popups), tips=tuple(tips), windows=tuple(windows), managed=managed)

    def _on_the_screen(self, tops: list[Any]) -> Iterator[tuple[Any, FloatingArea]]:
        """Yield what can be seen; window managers keep windows of their own beyond the edge."""
        for top, geometry in viewable(self._display, tops):
            area = _area(geometry, own=False)
            if min(area.right, area.bottom) > 0:
                yield top, FloatingArea(area.left, area.top, area.right, area.bottom)

    def focused(self) -> Window | None:
        return self._owners.focused()

    def under_pointer(self) -> Window | None:
        return self._owners.under_pointer()

    def _kinds(self, window: Any) -> set[str]:
        atoms = property_values(window, WINDOW_TYPE, Xatom.ATOM)
        return {name for name in (TIP, *POPUPS) if self._display.get_atom(name) in atoms}

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, with the desktop that it is on, and wait until it is there."""
        self._change_to_desktop_of(window)
        self._ask_manager("_NET_ACTIVE_WINDOW", window.id, [PAGER, X.CurrentTime, 0, 0, 0])
        if not until(lambda: self._is_front(window), seconds=ACTIVATE_SECONDS, poll=POLL_SECONDS, wait=self.changed):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def _change_to_desktop_of(self, window: Window) -> None:
        """A window manager may only flash the task bar for a window that is on another desktop."""
        lying = self._display.create_resource_object("window", window.id)
        of = property_values(lying, "_NET_WM_DESKTOP", Xatom.CARDINAL)
        if of and of[0] != EVERY_DESKTOP and of != property_values(self._root, "_NET_CURRENT_DESKTOP", Xatom.CARDINAL):
            self._ask_manager("_NET_CURRENT_DESKTOP", self._root.id, [of[0], X.CurrentTime, 0, 0, 0])

    def ask_to_close(self, window: Window) -> None:
        """Press, as it were, the button in the frame of `window` that closes it."""
        self._ask_manager("_NET_CLOSE_WINDOW", window.id, [X.CurrentTime, PAGER, 0, 0, 0])

    def _is_front(self, window: Window) -> bool:
        front = self.foreground()
        return front is not None and front.id == window.id

    def managed(self) -> bool:
        """A window manager is at work."""
        return bool(property_values(self._root, "_NET_SUPPORTING_WM_CHECK"))

    def changed(self, seconds: float) -> bool:
        """Wait until a window came, went, or came to the front, or until `seconds` have passed."""
        if not self._display.pending_events():
            select.select([self._display.fileno()], [], [], seconds)
        came = [self._display.next_event() for _ in range(self._display.pending_events())]
        return bool(came)

    def root_text(self, name: str) -> str:
        return property_text(self._root, name)

    def caps_lock(self) -> bool:
        return switched(self._display)[1]

    def other_script(self) -> bool:
        return bool(switched(self._display)[0])

    def switched(self) -> object:
        return switched(self._display)

    def _window(self, id: int) -> Window | None:
        return next(self._described([id]), None)

    def _described(self, ids: Sequence[int]) -> Iterator[Window]:
        """Yield the windows that are still there, as their programs describe them now."""
        return (window for window, _ in self._with_kinds(ids))

    def _with_kinds(self, ids: Sequence[int]) -> Iterator[tuple[Window, frozenset[int]]]:
        """Yield each of these windows with the kinds that its program says that it is of."""
        (dialog,) = self._atoms(DIALOG)
        told = WindowProperties(self._display, ids, DESCRIPTION)
        for id in ids:
            if told.closed(id):
                continue
            pid = next(iter(told.numbers(id, "_NET_WM_PID", Xatom.CARDINAL)), None)
            _, _, app = told.text(id, "WM_CLASS").partition("\0")
            kinds = frozenset(told.numbers(id, WINDOW_TYPE, Xatom.ATOM))
            window = Window(
                id=id,
                title=told.text(id, "_NET_WM_NAME") or told.text(id, "WM_NAME"),
                app=app.partition("\0")[0],
                pid=pid or process_of(self._display, id),
                is_dialog=dialog in kinds or bool(told.numbers(id, "WM_TRANSIENT_FOR")),
                own=self._terminals.own(id, pid),
            )
            yield window, kinds

    def _atoms(self, *names: str) -> tuple[int, ...]:
        return tuple(map(self._display.get_atom, names))

    def _can_work_in(self, window: Window) -> bool:
        """It is on the screen, and neither a panel nor the ground that the others lie on."""
        try:
            state = self._display.create_resource_object("window", window.id).get_attributes().map_state
        except error.BadWindow:
            return False
        return state == X.IsViewable and not self._is_a(window.id, *FIXTURES)

    def _terminal_window(self, seat: ControllingTerminal) -> int | None:
        """Return the outermost window that a terminal says it is, if it is on this display and a terminal above us."""
        if seat.window is None:
            return None
        managed = set(property_values(self._root, "_NET_CLIENT_LIST"))
        try:
            window = self._display.create_resource_object("window", seat.window)
            while window.id not in managed:
                window = window.query_tree().parent
                if not window:
                    return None
            pids = property_values(window, "_NET_WM_PID", Xatom.CARDINAL)
        except error.BadWindow:
            return None
        ours = self._display.get_display_name() == os.environ.get("DISPLAY")
        return int(window.id) if (pids[0] in seat.ancestors if pids else ours) else None

    def _is_a(self, id: int, *names: str) -> bool:
        window = self._display.create_resource_object("window", id)
        kinds = property_values(window, WINDOW_TYPE, Xatom.ATOM)
        return any(kind in kinds for kind in self._atoms(*names))

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Ask the window manager to put the window's frame there: left, top, right and bottom in pixels."""
        left, top, right, bottom = edges
        all_four = 0b1111 << 8
        self._ask_manager("_NET_MOVERESIZE_WINDOW", window.id, [all_four, left, top, right - left, bottom - top])

    def _ask_manager(self, what: str, id: int, numbers: Sequence[int]) -> None:
        message = event.ClientMessage(window=id, client_type=self._display.get_atom(what), data=(32, list(numbers)))
        self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.flush()


def _area(geometry: Any, *, own: bool) -> WindowArea:
    width, height = geometry.width + 2 * geometry.border_width, geometry.height + 2 * geometry.border_width
    return WindowArea(left=geometry.x, top=geometry.y, right=geometry.x + width, bottom=geometry.y + height, own=own)


class OwnWindows:
    """Where the terminal that we run in is, on a connection of its own: pictures are taken by several threads."""

    def __init__(self, display: str | None = None) -> None:
        self._windows = X11Windows(display)
        self._lock = threading.Lock()
        self._own = KnownOwn(self._find, lambda: self._windows.changed(0))

    def close(self) -> None:
        self._windows.close()

    def __call__(self) -> list[WindowArea]:
        """From our lowest window upwards; no places are asked for where there is none."""
        with self._lock:
            own = self._own()
            if not own:
                return []
            frames = {self._windows.frame(id) for id in own}
            tops = self._windows.tops()
            lowest = next((place for place, top in enumerate(tops) if top.id in frames), len(tops))
            areas = [self._windows.area(top, own=top.id in frames) for top in tops[lowest:]]
        return [area for area in areas if area]

    def has_keys(self) -> bool:
        """Whether keys go into it."""
        with self._lock:
            front = self._windows.foreground() if self._own() else None
        return front is not None and front.own

    def is_under(self, place: Pixel) -> bool:
        """Whether it is what the mouse would be over at `place`."""
        return lies_on_top(self(), place)

    def _find(self) -> Iterator[int]:
        return (window.id for window in self._windows.all() if window.own)


class Ping:
    """Whether the application in front has worked off its input: it answers a ping after all before it (EWMH)."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root
        # GTK sends its answer to those who selected the one, Qt to those who selected the other.
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask | X.StructureNotifyMask)
        self._protocols = self._display.get_atom("WM_PROTOCOLS")
        self._ping = self._display.get_atom("_NET_WM_PING")
        self._display.sync()
        self._asked = self._answered = 0

    def close(self) -> None:
        disconnect_display(self._display)

    def ask(self, window: int | None = None) -> None:
        """Ping the application of a window, or the one in front, if it is one that answers."""
        asked = [window] if window else property_values(self._root, "_NET_ACTIVE_WINDOW")
        if not asked or not asked[0]:
            return
        target = self._display.create_resource_object("window", asked[0])
        if self._ping not in property_values(target, "WM_PROTOCOLS", Xatom.ATOM):
            self._answered = self._asked  # what another application has yet to answer says nothing of this one
            return
        self._asked += 1
        message = (32, [self._ping, self._asked, target.id, 0, 0])
        target.send_event(event.ClientMessage(window=target, client_type=self._protocols, data=message))
        self._display.flush()

    def is_awaited(self) -> bool:
        """Whether the last ping is still unanswered."""
        while self._display.pending_events():
            told = self._display.next_event()
            if told.type == X.ClientMessage and told.client_type == self._protocols and told.data[1][0] == self._ping:
                self._answered = max(self._answered, told.data[1][1])
        return self._answered < self._asked
