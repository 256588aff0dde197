"""What X11, Windows and macOS each do in their own way, opened for the system we are on."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from screenagent.control import Control
from screenagent.desktop.clipboard import Clipboard, PortableClipboard, XClipboard
from screenagent.desktop.own_terminal import Stack
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.settle import PingProtocol
    from screenagent.desktop.x11.keyboard_layout import KeyboardLayout


class WindowSystem(Protocol):
    def foreground(self) -> Window | None: ...

    def worked_in(self) -> Window | None:
        """The window in front; where that is our own terminal, the one that was there before or would be without it."""
        ...

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of what `window` holds, in the input space; None if unknown."""
        ...

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, and wait until it is there; `Retry` where it does not come."""
        ...

    def caps_lock(self) -> bool: ...

    def other_script(self) -> bool:
        """Whether the keyboard is switched from its first layout to another, so that its keys make other characters."""
        ...


@dataclass(frozen=True)
class System:
    """`display`, `layout`, `ping` and `own` are an X server's; the other systems have none."""

    windows: WindowSystem
    clipboard: Clipboard
    display: str | None = None
    layout: KeyboardLayout | None = None
    ping: PingProtocol | None = None
    gone: tuple[type[Exception], ...] = ()  # what its calls raise when the display has ended
    own: Stack = list
    monitors: Callable[[], object] = lambda: None  # something else when they have changed


def open_system(stack: ExitStack, *, control: Control, display: str | None) -> System:
    """Open it for as long as `stack` is; before mouse and keyboard, which have to find the system prepared."""
    if sys.platform == "win32":
        win32 = importlib.import_module("screenagent.desktop.win32")
        win32.prepare_win32()
        return System(windows=win32.Win32Windows(), clipboard=PortableClipboard(control=control))
    if sys.platform == "darwin":
        macos = importlib.import_module("screenagent.desktop.macos")
        macos.prepare_macos()
        return System(windows=macos.MacWindows(), clipboard=PortableClipboard(control=control))
    from screenagent.desktop.x11.connection import GONE
    from screenagent.desktop.x11.keyboard_layout import KeyboardLayout
    from screenagent.desktop.x11.monitors import Monitors
    from screenagent.desktop.x11.own_windows import OwnWindows
    from screenagent.desktop.x11.ping import Ping
    from screenagent.desktop.x11.windows import X11Windows

    windows = stack.enter_context(closing(X11Windows(display)))
    name = windows.display_name
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(XClipboard(name, control=control))),
        display=name,
        layout=stack.enter_context(closing(KeyboardLayout(name))),
        ping=stack.enter_context(closing(Ping(name))),
        gone=GONE,
        own=stack.enter_context(closing(OwnWindows(name))),
        monitors=stack.enter_context(closing(Monitors(name))),
    )
