"""Where an X server sends keys, and what would change them on the way: modifiers, layouts and the buttons' order."""

from __future__ import annotations

import select
from typing import Any, Final

from Xlib import XK, X, Xatom, error

from screenagent.desktop.x11.connection import CLIENT, ancestry, connect_display, disconnect_display, property_values
from screenagent.protocols import Retry

HELD: Final = ("Shift", "", "Ctrl", "Alt", "Mod2", "Mod3", "Super", "AltGr")
"""The modifiers in the order of their bits; Caps Lock is allowed for."""
LOCKS: Final = ("Num_Lock", "Scroll_Lock")  # they change none of the keys that are sent
PRESSED: Final = ((X.Button1Mask, "left"), (X.Button2Mask, "middle"), (X.Button3Mask, "right"))
NO_WINDOW: Final = (X.NONE, X.PointerRoot)
GROUPS: Final = 0x6000  # where a keyboard of several layouts says which one it is switched to


class KeyFocus:
    """Asked over the connection of whoever asks."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root

    def mark(self) -> tuple[int, ...]:
        """Return numbers that are others once keys may go to another window. Two questions, for every few keys."""
        return self._focused(), *property_values(self._root, "_NET_ACTIVE_WINDOW")

    def front(self) -> int | None:
        """Return the window that gets the keys, as its program made it.

        What the window manager calls active counts only if the manager lives, the window can be seen, and no other
        program has the input focus.
        """
        active = next(iter(property_values(self._root, "_NET_ACTIVE_WINDOW")), 0)
        manager, focused = self._manager(), self._focused()
        if not manager or not active or not self._is_viewable(active):
            return self._client_of(focused, manager)
        if focused in NO_WINDOW or focused & CLIENT in (active & CLIENT, manager & CLIENT):
            return active
        if self._top(focused) == self._top(active):
            return active
        return self._client_of(focused, manager)

    def top(self) -> int:
        """Return what holds the focused window on the root, which is another for a bare window of the same program."""
        focused = self._focused()
        return focused if focused in NO_WINDOW else self._top(focused)

    def _focused(self) -> int:
        focused = self._display.get_input_focus().focus
        return focused if isinstance(focused, int) else int(focused.id)

    def _manager(self) -> int:
        """Return the window of the window manager; 0 if there is none, or if it has died and left its name behind."""
        told = next(iter(property_values(self._root, "_NET_SUPPORTING_WM_CHECK")), 0)
        return told if told and self._says_so(told) else 0

    def _says_so(self, id: int) -> bool:
        window = self._display.create_resource_object("window", id)
        return id in property_values(window, "_NET_SUPPORTING_WM_CHECK")

    def _is_viewable(self, id: int) -> bool:
        try:
            state = self._display.create_resource_object("window", id).get_attributes().map_state
        except error.BadWindow:
            return False
        return bool(state == X.IsViewable)

    def _client_of(self, focused: int, manager: int) -> int | None:
        """Return the window that a program has put up, for a focused part of it; None for the root and the manager."""
        if focused in (*NO_WINDOW, self._root.id) or (manager and focused & CLIENT == manager & CLIENT):
            return None
        line = self._line(focused)
        for window in line:
            if property_values(window, "WM_STATE", self._display.get_atom("WM_STATE")):
                return int(window.id)
        named = next((window for window in line if property_values(window, "WM_CLASS", Xatom.STRING)), None)
        client = named or (line[-1] if line else None)
        return int(client.id) if client else None

    def _top(self, id: int) -> int:
        line = self._line(id)
        return int(line[-1].id) if line else id

    def _line(self, id: int) -> list[Any]:
        return ancestry(self._display.create_resource_object("window", id), self._root)


class FocusEvents:
    """Hears that keys may go elsewhere, on a connection of its own: that takes no question to the server.

    A window that has the focus hears when the focus leaves it, when another client grabs the keyboard, and when it
    goes away itself.
    """

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root
        self._root.change_attributes(event_mask=X.PropertyChangeMask)
        self._active = self._display.get_atom("_NET_ACTIVE_WINDOW")
        self._arrived = select.poll()
        self._arrived.register(self._display.fileno(), select.POLLIN)

    def close(self) -> None:
        disconnect_display(self._display)

    def follow(self) -> None:
        """Listen to the window that has the focus now; what came before this is forgotten."""
        focused = self._display.get_input_focus().focus
        if not isinstance(focused, int) and focused.id != self._root.id:
            ignored = error.CatchError(error.BadWindow)  # it may close at any time
            focused.change_attributes(event_mask=X.FocusChangeMask | X.StructureNotifyMask, onerror=ignored)
        self._display.sync()
        self._has_heard()

    def stirred(self) -> bool:
        """Return whether anything has happened since the last call."""
        return bool(self._arrived.poll(0)) and self._has_heard()

    def _has_heard(self) -> bool:
        told = [self._display.next_event() for _ in range(self._display.pending_events())]
        return any(map(self._matters, told))

    def _matters(self, told: Any) -> bool:
        if told.type == X.PropertyNotify:
            return bool(told.atom == self._active)
        return told.type in (X.FocusOut, X.UnmapNotify, X.DestroyNotify)


class GrabTest:
    """Whether another client has grabbed the keyboard: a server says so only to a client that tries to grab it.

    It tries with a window that is not shown, which is refused either way, so that no program loses the focus for it.
    """

    def __init__(self, display: Any) -> None:
        self._hidden = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)

    def is_grabbed(self) -> bool:
        tried = self._hidden.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        return bool(tried == X.AlreadyGrabbed)


def switched(display: Any) -> tuple[int, bool]:
    """Return which of its layouts the keyboard is switched to, and whether Caps Lock is on."""
    mask = display.screen().root.query_pointer().mask
    return mask & GROUPS, bool(mask & X.LockMask)


def held_down(display: Any) -> tuple[str, ...]:
    """Return the modifiers that are down or latched, and the mouse buttons that are pressed, while we hold nothing."""
    mask = display.screen().root.query_pointer().mask
    buttons = tuple(f"the {name} mouse button" for bit, name in PRESSED if mask & bit)
    if not any(mask & 1 << bit for bit, name in enumerate(HELD) if name):
        return buttons
    locks = _lock_bits(display)
    return tuple(name for bit, name in enumerate(HELD) if name and mask & 1 << bit and bit not in locks) + buttons


def _lock_bits(display: Any) -> frozenset[int]:
    codes = {display.keysym_to_keycode(XK.string_to_keysym(name)) for name in LOCKS} - {0}
    return frozenset(bit for bit, keys in enumerate(display.get_modifier_mapping()) if codes & set(keys))


def physical_button(display: Any, button: int) -> int:
    """Return the button to press so that a program gets `button`; a left-handed mouse has the outer ones exchanged."""
    order = list(display.get_pointer_mapping())
    if button not in order:
        raise Retry(f"mouse button {button} is switched off on this system", "failed")
    return order.index(button) + 1
