"""What X11, Windows and macOS each do in their own way, opened for the system we are on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from screenagent.control import Control
from screenagent.desktop.clipboard import Clipboard, PortableClipboard, XClipboard
from screenagent.desktop.mouse import Pointer
from screenagent.desktop.own_terminal import Stack
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.settle import PingProtocol
    from screenagent.desktop.x11.keyboard_layout import KeyboardLayout


class Closable(Protocol):
    def close(self) -> object: ...


PartT = TypeVar("PartT", bound=Closable)


def keep_open(stack: ExitStack, part: PartT) -> PartT:
    """Return `part`, which `stack` closes after all that it is given later and before what it was given earlier."""
    return stack.enter_context(closing(part))


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
    """What a system gives a desktop. All that has a default is an X server's; the other systems have none."""

    windows: WindowSystem
    clipboard: Clipboard
    pointer: Pointer
    display: str | None = None
    layout: KeyboardLayout | None = None
    ping: PingProtocol | None = None
    gone: tuple[type[Exception], ...] = ()  # what its calls raise when the display has ended
    own: Stack = list
    monitors: Callable[[], object] = lambda: None  # something else when they have changed


def open_system(stack: ExitStack, *, control: Control, display: str | None) -> System:
    """Open the system that we are on for as long as `stack` is, and prepare it for mouse and keyboard."""
    if sys.platform == "win32":
        from screenagent.desktop.win32 import Win32Windows, prepare_win32

        prepare_win32()
        return _portable(Win32Windows(), control=control)
    if sys.platform == "darwin":
        from screenagent.desktop.macos import MacWindows, prepare_macos

        prepare_macos()
        return _portable(MacWindows(), control=control)
    return _x11(stack, control=control, display=display)


def _portable(windows: WindowSystem, *, control: Control) -> System:
    from screenagent.desktop.pyautogui_pointer import PyautoguiPointer

    return System(windows=windows, clipboard=PortableClipboard(control=control), pointer=PyautoguiPointer())


def _x11(stack: ExitStack, *, control: Control, display: str | None) -> System:
    from screenagent.desktop.x11.connection import GONE
    from screenagent.desktop.x11.keyboard_layout import KeyboardLayout
    from screenagent.desktop.x11.monitors import Monitors
    from screenagent.desktop.x11.own_windows import OwnWindows
    from screenagent.desktop.x11.ping import Ping
    from screenagent.desktop.x11.pointer import XPointer
    from screenagent.desktop.x11.windows import X11Windows

    windows = keep_open(stack, X11Windows(display))
    name = windows.display_name
    return System(
        windows=windows,
        clipboard=keep_open(stack, XClipboard(name, control=control)),
        pointer=keep_open(stack, XPointer(name)),
        display=name,
        layout=keep_open(stack, KeyboardLayout(name)),
        ping=keep_open(stack, Ping(name)),
        gone=GONE,
        own=keep_open(stack, OwnWindows(name)),
        monitors=keep_open(stack, Monitors(name)),
    )
