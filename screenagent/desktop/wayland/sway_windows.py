"""The windows of Sway, by its own socket. Places are in the units of its layout, which the mouse is moved in, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Final

from screenagent.control import until
from screenagent.desktop.controlling_terminal import ControllingTerminal, KnownOwn, OwnTerminals
from screenagent.desktop.floating import Floating
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.own_terminal import WindowArea, WorkedIn, lies_on_top
from screenagent.desktop.wayland.sway_ipc import SwayEvent, SwayEvents, SwayIpc
from screenagent.desktop.wayland.sway_nodes import SwayWindow, by_focus, lying, monitors_of
from screenagent.events import FailureCode
from screenagent.geometry import Pixel
from screenagent.protocols import Retry
from screenagent.screenshot import Window

ACTIVATE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.05  # how often windows are looked at that nothing was said of
PLAIN: Final = "default"
"""The key bindings that are in use mostly; in any other mode they take keys that programs would get."""


class SwayWindows:
    """The windows of a Sway session. `pointer` returns where the mouse is, as far as that is known, and `caps_lock`
    whether that is on, on our own keyboard; the user's changes nothing of what ours makes.

    Sway tells nothing of menus, panels and lock screens. While a panel or a lock screen has the keys, no window has the
    focus; what opens over a window is seen in the picture only.
    """

    def __init__(
        self, path: str, *, pointer: Callable[[], Pixel | None], caps_lock: Callable[[], bool] = lambda: False
    ) -> None:
        self._pointer, self.caps_lock = pointer, caps_lock
        with ExitStack() as stack:
            self._ipc = stack.enter_context(closing(SwayIpc(path)))
            self._events = stack.enter_context(closing(SwayEvents(path, "window", "workspace", "mode")))
            self._stack = stack.pop_all()
        self._has_stirred = False
        self._terminals = OwnTerminals(self._terminal_window)
        self._worked_in = WorkedIn(self._in_order_of_focus, can_work_in=self._is_visible)

    def close(self) -> None:
        self._stack.close()

    def foreground(self) -> Window | None:
        """The window that gets the keys; None on an empty workspace, and while a panel or a lock screen gets them."""
        return next((self._described(window) for window in self._lying() if window.is_focused), None)

    def worked_in(self) -> Window | None:
        """The window in front; where that is our own terminal, the one that was there before or would be without it."""
        return self._worked_in.window(self.foreground())

    def own_terminal(self) -> Window | None:
        """The window of ours that was in front last."""
        return self._worked_in.own_terminal()

    def focused(self) -> Window | None:
        return self.foreground()

    def under_pointer(self) -> Window | None:
        """The topmost window at the place that we moved the mouse to."""
        place = self._pointer()
        if place is None:
            return None
        over = (window for window in reversed(self._shown()) if window.frame.holds(place))
        return next((self._described(window) for window in over), None)

    def has_grabbed_keys(self) -> bool:
        """Whether Sway itself takes keys that programs would get, as its bindings have been switched to another mode.

        That an open menu gets all keys is not told.
        """
        return self._ipc.binding_mode() != PLAIN

    def has_popup(self, _window: Window) -> bool:
        return False  # Sway does not tell of menus

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of what `window` holds, its title and borders left out.

        A window on another workspace has the place that it would be shown at.
        """
        found = self._found(window.id)
        return found.content if found else None

    def all(self) -> tuple[Window, ...]:
        return tuple(map(self._described, self._lying()))

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, with the workspace that it is on, and wait until it is there."""
        self._ask_for(window, "focus", "does not come to the front", "not_in_front")
        if not until(lambda: self._is_front(window), seconds=ACTIVATE_SECONDS, poll=POLL_SECONDS, wait=self.changed):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def ask_to_close(self, window: Window) -> None:
        """Ask as the button in its title does, so that its program may ask back."""
        self._ask_for(window, "kill", "cannot be asked to close", "failed")

    def other_script(self) -> bool:
        return False

    def switched(self) -> object:
        return None

    def held_down(self) -> tuple[str, ...]:
        return ()  # what a person holds is not told; modifiers count for the keyboard that they are held on

    def focus_mark(self) -> object:
        """Return what is another once keys may go to another window."""
        return next((window.id for window in self._lying() if window.is_focused), None)

    def focus_top(self) -> int:
        """Return the focused window, 0 if there is none."""
        return next((window.id for window in self._lying() if window.is_focused), 0)

    def follow_focus(self) -> None:
        """From here on, notice what happens to the focus; what came before this is forgotten."""
        self._take_in()
        self._has_stirred = False

    def focus_stirred(self) -> bool:
        """Return whether the focus went elsewhere since it was followed or since the last call, by Sway's events.

        A panel or lock screen that takes the keys makes no event; `focus_mark` notices it.
        """
        self._take_in()
        stirred, self._has_stirred = self._has_stirred, False
        return stirred

    def changed(self, seconds: float) -> bool:
        """Wait until a window came, went, or came to the front, or until `seconds` have passed."""
        return self._take_in(seconds)

    def floating(self) -> Floating:
        """Return the windows that can be seen, from the lowest to the top. Menus, lists and tips are not known."""
        windows = self._lying()
        seen = tuple((self._described(window), window.frame) for window in windows if window.is_visible)
        return Floating(windows=seen, managed=tuple(map(self._described, windows)))

    def arrange(self, window: Window, edges: tuple[int, int, int, int]) -> None:
        """Put a window there and let it float: left, top, right and bottom of its frame."""
        left, top, right, bottom = edges
        of = f"[con_id={window.id}]"
        size, corner = f"resize set {right - left} px {bottom - top} px", f"move absolute position {left} px {top} px"
        self._ipc.command(f"{of} floating enable; {of} {size}; {of} {corner}")

    def _take_in(self, seconds: float = 0.0) -> bool:
        came = self._events.came(seconds)
        self._has_stirred = self._has_stirred or any(map(_moves_focus, came))
        return bool(came)

    def _lying(self) -> list[SwayWindow]:
        return lying(self._ipc.tree())

    def _shown(self) -> list[SwayWindow]:
        return [window for window in self._lying() if window.is_visible]

    def _found(self, id: int) -> SwayWindow | None:
        return next((window for window in self._lying() if window.id == id), None)

    def _in_order_of_focus(self) -> list[Window]:
        return [self._described(window) for window in by_focus(self._ipc.tree())]

    def _is_visible(self, window: Window) -> bool:
        found = self._found(window.id)
        return found is not None and found.is_visible

    def _is_front(self, window: Window) -> bool:
        return self.focus_top() == window.id

    def _ask_for(self, window: Window, command: str, otherwise: str, code: FailureCode) -> None:
        try:
            self._ipc.command(f"[con_id={window.id}] {command}")
        except Retry as reason:
            raise Retry(f"the window {window.title!r} {otherwise}: {reason}", code) from reason

    def _described(self, window: SwayWindow) -> Window:
        return Window(
            id=window.id,
            title=window.title,
            app=window.app,
            pid=window.pid,
            is_dialog=window.is_dialog,
            own=self._terminals.own(window.id, window.pid),
        )

    def _terminal_window(self, seat: ControllingTerminal) -> int | None:
        """Return the window that a terminal of X11 says it is, if it is one of these and of a program above us."""
        ours = (window for window in self._lying() if window.x_window == seat.window and window.pid in seat.ancestors)
        return next((window.id for window in ours), None) if seat.window else None


def _moves_focus(event: SwayEvent) -> bool:
    return event.kind == "mode" or event.change in ("focus", "close")


class SwayOwnWindows:
    """Where the terminal that we run in is, on connections of its own: pictures are taken by several threads."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()  # protects the connections, and what is known of our windows
        with ExitStack() as stack:
            self._windows = stack.enter_context(closing(SwayWindows(path, pointer=lambda: None)))
            self._own = KnownOwn(self._find, self._windows_came_or_went)
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __call__(self) -> list[WindowArea]:
        """From our lowest window upwards; no places are asked for where there is none."""
        with self._lock:
            own = self._own()
            lying = self._windows.floating().windows if own else ()
        lowest = next((at for at, (window, _) in enumerate(lying) if window.id in own), len(lying))
        return [WindowArea(**area._asdict(), own=window.id in own) for window, area in lying[lowest:]]

    def has_keys(self) -> bool:
        """Whether keys go into it."""
        with self._lock:
            return bool(self._own()) and self._windows.focus_top() in self._own()

    def is_under(self, place: Pixel) -> bool:
        """Whether it is what the mouse would be over at `place`."""
        return lies_on_top(self(), place)

    def _find(self) -> Iterator[int]:
        return (window.id for window in self._windows.all() if window.own)

    def _windows_came_or_went(self) -> bool:
        return self._windows.changed(0)


class SwayMonitors:
    """Where which monitor is, asked each time: Sway 1.7 tells no event when one changes."""

    def __init__(self, path: str) -> None:
        self._ipc = SwayIpc(path)
        self.close = self._ipc.close

    def __call__(self) -> list[MonitorPlace]:
        return monitors_of(self._ipc.outputs())
