"""GNOME's windows, as our extension of GNOME Shell tells them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from screenagent.control import until
from screenagent.desktop.accessibility.places import Outline
from screenagent.desktop.controlling_terminal import OwnTerminals
from screenagent.desktop.floating import Floating, FloatingArea
from screenagent.desktop.own_terminal import WindowArea, WorkedIn
from screenagent.desktop.wayland.accessible_windows import WindowLink
from screenagent.desktop.wayland.gnome_bus import SessionBus
from screenagent.desktop.wayland.gnome_extension import OURS, SERVICE
from screenagent.geometry import Pixel
from screenagent.protocols import Retry
from screenagent.screenshot import Window

ACTIVATE_SECONDS: Final = 2.0
POLL_SECONDS: Final = 0.01
LIFT_SECONDS: Final = 0.2
MODIFIERS: Final = {1 << 0: "shift", 1 << 2: "ctrl", 1 << 3: "alt", 1 << 6: "super"}
CAPS_LOCK: Final = 1 << 1
BUTTONS: Final = {1 << 8: "left", 1 << 9: "middle", 1 << 10: "right"}
NOTHING, SHELL_UI = None, 0  # what the extension says lies at a place where no window does


class ShellWindow(NamedTuple):
    """A window as the shell knows it; `kind` is "window", "dialog", "popup", "tip" or "fixture"."""

    window: Window
    kind: str
    owner: int
    is_shown: bool
    frame: FloatingArea
    buffer: FloatingArea


class ShellLook(NamedTuple):
    """All that the extension tells in one answer: windows from the lowest to the top, and who gets what."""

    windows: tuple[ShellWindow, ...]
    focus: int
    keys: str
    pointer: Pixel
    modifiers: int
    under: int | None
    chrome: tuple[FloatingArea, ...]

    def called(self, id: int) -> ShellWindow | None:
        return next((each for each in self.windows if each.window.id == id), None)

    def managed(self) -> Iterator[ShellWindow]:
        """The windows that programs have open, from the lowest to the top."""
        return (each for each in self.windows if each.kind in ("window", "dialog"))


class ShellExtension:
    """The extension of the running shell, by its D-Bus calls."""

    def __init__(self, bus: SessionBus) -> None:
        self._bus = bus
        self._terminals = OwnTerminals(lambda _: None)  # no terminal of Wayland knows what its window is called here

    def look(self) -> ShellLook:
        told = json.loads(self.call("Look")[0])
        windows = tuple(self._window(each) for each in told["windows"])
        return ShellLook(
            windows=tuple(_of_owner(each, windows) for each in windows),
            focus=told["focus"],
            keys=told["keys"],
            pointer=Pixel(x=round(told["pointer"][0]), y=round(told["pointer"][1])),
            modifiers=told["modifiers"],
            under=told["under"],
            chrome=tuple(_area(each) for each in told["chrome"]),
        )

    def call(self, method: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        return self._bus.call(OURS, method, signature, *body)

    def heed(self, signal: str, hear: Callable[[tuple[Any, ...]], None]) -> None:
        self._bus.heed(SERVICE, SERVICE, signal, hear)

    def _window(self, told: dict[str, Any]) -> ShellWindow:
        window = Window(
            id=told["id"],
            title=told["title"],
            app=told["app"],
            pid=told["pid"] if told["pid"] > 0 else None,
            is_dialog=told["kind"] == "dialog",
            own=self._terminals.own(told["id"], told["pid"]),
        )
        frame, buffer = _area(told["frame"]), _area(told["buffer"])
        return ShellWindow(window, told["kind"], told["owner"], told["shown"], frame, buffer)


class GnomeWindows:
    """The window system of GNOME with our extension."""

    def __init__(self, link: WindowLink) -> None:
        self._link = link
        self._extension = ShellExtension(link.bus)
        self._stirred = threading.Event()
        self._worked_in = WorkedIn(self._stacked, can_work_in=self._is_shown)
        self._extension.heed("Focused", lambda _: self._stirred.set())

    def pointer(self) -> Pixel | None:
        return self._extension.look().pointer

    def foreground(self) -> Window | None:
        return _front(self._extension.look())

    def worked_in(self) -> Window | None:
        return self._worked_in.window(self.foreground())

    def own_terminal(self) -> Window | None:
        return self._worked_in.own_terminal()

    def _stacked(self) -> list[Window]:
        return [each.window for each in self._extension.look().managed()]

    def _is_shown(self, window: Window) -> bool:
        found = self._extension.look().called(window.id)
        return found is not None and found.is_shown

    def focused(self) -> Window | None:
        look = self._extension.look()
        return _shell() if look.keys != "window" else _front(look)

    def under_pointer(self) -> Window | None:
        look = self._extension.look()
        if look.under is NOTHING:
            return None
        found = look.called(look.under)
        return found.window if found else _shell()

    def has_grabbed_keys(self) -> bool:
        return self._extension.look().keys != "window"

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        found = self._extension.look().called(window.id)
        return (*found.frame,) if found else None

    def outlines(self, window: Window) -> Sequence[Outline]:
        """Return what its program may take for its window: GTK 3 with the shadow, GTK 4 without."""
        found = self._extension.look().called(window.id)
        return (Outline((*found.frame,)), Outline((*found.buffer,))) if found else ()

    def activate(self, window: Window) -> None:
        asked = self._extension.call("Activate", "t", window.id)[0]
        if not asked or not until(lambda: self._is_front(window), seconds=ACTIVATE_SECONDS, poll=POLL_SECONDS):
            raise Retry(f"the window {window.title!r} does not come to the front", "not_in_front")

    def _is_front(self, window: Window) -> bool:
        look = self._extension.look()
        return look.focus == window.id and look.keys == "window"

    def all(self) -> tuple[Window, ...]:
        return tuple(each.window for each in self._extension.look().managed())

    def ask_to_close(self, window: Window) -> None:
        if not self._extension.call("Close", "t", window.id)[0]:
            raise Retry(f"the window {window.title!r} is not there any more")

    def caps_lock(self) -> bool:
        return self._link.session().caps_lock()

    def has_caps_lock(self) -> bool:
        """Return whether Caps Lock is on, as the extension tells it."""
        return bool(self._extension.look().modifiers & CAPS_LOCK)

    def focus_mark(self) -> object:
        look = self._extension.look()
        return look.focus, look.keys

    def focus_top(self) -> int:
        return self._extension.look().focus

    def follow_focus(self) -> None:
        self._stirred.clear()

    def focus_stirred(self) -> bool:
        stirred = self._stirred.is_set()
        self._stirred.clear()
        return stirred

    def has_popup(self, window: Window) -> bool:
        return any(each.kind == "popup" and each.window.pid == window.pid for each in self._extension.look().windows)

    def switched(self) -> object:
        return self.layout_in_use(), self.caps_lock()

    def layout_in_use(self) -> int:
        """Return which of the layouts the keys have now."""
        return int(self._extension.call("Layout")[0])

    def held_down(self) -> tuple[str, ...]:
        """Return what stays down; what we have lifted just now the shell may take in a moment later."""
        until(lambda: not self._held(), seconds=LIFT_SECONDS, poll=POLL_SECONDS)
        return self._held()

    def _held(self) -> tuple[str, ...]:
        mask = self._extension.look().modifiers
        buttons = (f"the {name} mouse button" for bit, name in BUTTONS.items() if mask & bit)
        return (*(name for bit, name in MODIFIERS.items() if mask & bit), *buttons)

    def other_script(self) -> bool:
        return False  # a character is a key of the layout in use, or pasted

    def floating(self) -> Floating:
        look = self._extension.look()
        shown = [each for each in look.windows if each.is_shown]
        shell = ((_shell(), area) for area in look.chrome)
        return Floating(
            popups=tuple(each.frame for each in shown if each.kind == "popup"),
            tips=tuple(each.frame for each in shown if each.kind == "tip"),
            windows=(*((each.window, each.frame) for each in shown if each.kind != "tip"), *shell),
            managed=tuple(each.window for each in look.managed()),
        )

    def own(self) -> Sequence[WindowArea]:
        """Our own terminal's windows, and all that lies over the lowest of them."""
        shown = [each for each in self._extension.look().windows if each.is_shown]
        lowest = next((place for place, each in enumerate(shown) if each.window.own), len(shown))
        areas = ((each.frame, each.window.own) for each in shown[lowest:])
        return [
            WindowArea(left=left, top=top, right=right, bottom=bottom, own=own)
            for (left, top, right, bottom), own in areas
        ]


def _front(look: ShellLook) -> Window | None:
    found = look.called(look.focus)
    return found.window if found else None


def _of_owner(each: ShellWindow, windows: Sequence[ShellWindow]) -> ShellWindow:
    """Return a menu or list with the title and the application of the window that it belongs to."""
    owner = next((other.window for other in windows if other.window.id == each.owner), None)
    if each.kind not in ("popup", "tip") or owner is None:
        return each
    return each._replace(window=owner.model_copy(update={"id": each.window.id}))


def _shell() -> Window:
    """What GNOME Shell itself shows: the top bar, the overview, dialogs and the lock screen."""
    return Window(id=SHELL_UI, title="GNOME Shell", app="gnome-shell")


def _area(told: Sequence[float]) -> FloatingArea:
    left, top, width, height = map(round, told)
    return FloatingArea(left, top, left + width, top + height)
