"""What X11, Windows and macOS each do in their own way, opened for the system we are on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from screenagent.actions import Button
from screenagent.control import Control
from screenagent.desktop.clipboard import Clipboard, PortableClipboard, XClipboard
from screenagent.desktop.floating import Floating
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.keyboard import KeySender
from screenagent.desktop.mouse import Pointer
from screenagent.desktop.own_terminal import Stack
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.settle import PingProtocol
    from screenagent.desktop.x11.at_spi import AtSpi
    from screenagent.desktop.x11.input_devices import KeyboardLayout

NAMES: Final[dict[int, Button]] = {1: "left", 2: "middle", 3: "right"}
NOTCH: Final = 120 if sys.platform == "win32" else 1  # what one notch of the wheel is to pyautogui
UP, DOWN, LEFT, RIGHT = 4, 5, 6, 7

# What pyautogui imports and we do not use: where Python lacks tk, mouseinfo ends the process; pyscreeze looks for
# screenshot programs by starting some, and leaves their pipes open.
UNUSED: Final = ("mouseinfo", "pyscreeze")


class WindowSystem(Protocol):
    def foreground(self) -> Window | None: ...

    def worked_in(self) -> Window | None:
        """The window in front; where that is our own terminal, the one that was there before or would be without it."""
        ...

    def own_terminal(self) -> Window | None:
        """The terminal that we run in, where it is a window of this desktop."""
        ...

    def focused(self) -> Window | None:
        """The window that has the input focus, or that the menu or list that has it belongs to; None if unknown."""
        ...

    def under_pointer(self) -> Window | None:
        """The window that a press of the mouse would reach; None if there is none, or if that is unknown."""
        ...

    def has_grabbed_keys(self) -> bool:
        """Whether something, such as an open menu, gets all keys, whichever window is in front."""
        ...

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        """Left, top, right and bottom of what `window` holds, in the input space; None if unknown."""
        ...

    def activate(self, window: Window) -> None:
        """Bring `window` to the front, and wait until it is there; `Retry` where it does not come."""
        ...

    def all(self) -> tuple[Window, ...]:
        """The windows that programs have open; none where that is not known."""
        ...

    def ask_to_close(self, window: Window) -> None:
        """Ask the program of `window` to close it; `Retry` where there is no way to ask."""
        ...

    def caps_lock(self) -> bool: ...

    def focus_mark(self) -> object:
        """Return what is another once keys may go to another window; cheap, for every few keys."""
        ...

    def focus_top(self) -> int:
        """Return the outermost window that holds the input focus, 0 if that is not known."""
        ...

    def follow_focus(self) -> None:
        """From here on, notice what happens to the focus."""
        ...

    def focus_stirred(self) -> bool:
        """Return whether something has happened to the focus since it was followed or since the last call.

        Cheap enough for every key; where it is not known, False.
        """
        ...

    def has_popup(self, window: Window) -> bool:
        """Whether the program of `window` shows a menu, list or another window without a frame."""
        ...

    def switched(self) -> object:
        """Return what is another once the same keys make other characters: the layout in use, Caps Lock."""
        ...

    def held_down(self) -> tuple[str, ...]:
        """Return the modifiers and mouse buttons that are down or latched, by their names; asked while we hold none."""
        ...

    def other_script(self) -> bool:
        """Whether the keyboard is switched from its first layout to another, so that its keys make other characters."""
        ...


@dataclass(frozen=True)
class System:
    """What a system gives a desktop. All that has a default is an X server's; the other systems have none."""

    windows: WindowSystem
    clipboard: Clipboard
    pointer: Pointer
    keys: KeySender
    display: str | None = None
    layout: KeyboardLayout | None = None
    ping: PingProtocol | None = None
    gone: tuple[type[Exception], ...] = ()  # what its calls raise when the display has ended
    own: Stack = list
    floating: Callable[[], Floating] = Floating  # the menus, lists and tips that lie above the windows
    monitors: Callable[[], Sequence[MonitorPlace]] = tuple
    accessibility: AtSpi | None = None


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


def why_no_session_bus() -> str | None:
    """Return why programs cannot be asked for their controls, in words; None if they can."""
    from screenagent.desktop.x11.bus import why_no_bus

    return why_no_bus()


def _portable(windows: WindowSystem, *, control: Control) -> System:
    from screenagent.desktop.pynput_input import PynputKeys

    clipboard = PortableClipboard(control=control)
    return System(windows=windows, clipboard=clipboard, pointer=PyautoguiPointer(), keys=PynputKeys())


def _x11(stack: ExitStack, *, control: Control, display: str | None) -> System:
    from screenagent.desktop.x11.at_spi import AtSpi
    from screenagent.desktop.x11.connection import GONE, MonitorNames, connect_display, disconnect_display
    from screenagent.desktop.x11.input_devices import KeyboardLayout, XKeys, XPointer
    from screenagent.desktop.x11.windows import OwnWindows, Ping, X11Windows

    windows = stack.enter_context(closing(X11Windows(display)))
    name = windows.display_name
    asked_for_monitors = connect_display(name)
    stack.callback(disconnect_display, asked_for_monitors)
    layout = stack.enter_context(closing(KeyboardLayout(name)))
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(XClipboard(name, control=control))),
        pointer=stack.enter_context(closing(XPointer(name))),
        keys=stack.enter_context(closing(XKeys(name, layout))),
        display=name,
        layout=layout,
        ping=stack.enter_context(closing(Ping(name))),
        gone=GONE,
        own=stack.enter_context(closing(OwnWindows(name))),
        floating=windows.floating,
        monitors=MonitorNames(asked_for_monitors),
        accessibility=stack.enter_context(closing(AtSpi(name))),
    )


class PyautoguiPointer:
    """The mouse of Windows or macOS, by pyautogui. Unproven."""

    def __init__(self) -> None:
        absent = [name for name in UNUSED if name not in sys.modules]
        sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # lets their import fail, which is borne
        try:
            import pyautogui
        finally:
            for name in absent:
                sys.modules.pop(name, None)
        pyautogui.PAUSE = 0  # the loop looks at the screen instead of sleeping
        pyautogui.FAILSAFE = False  # a corner of the screen is a place like any other; stopping is the control's
        self._pyautogui = pyautogui

    @property
    def position(self) -> Pixel:
        x, y = self._pyautogui.position()
        return Pixel(x=int(x), y=int(y))

    def move(self, pixel: Pixel) -> None:
        self._pyautogui.moveTo(pixel.x, pixel.y)

    def button(self, button: int, *, pressed: bool) -> None:
        send = self._pyautogui.mouseDown if pressed else self._pyautogui.mouseUp
        send(button=NAMES[button])

    def physical(self, button: int) -> int:
        return button  # these systems exchange the buttons before they are pressed

    def turn_wheel(self, button: int) -> None:
        sideways = button in (LEFT, RIGHT)
        if sys.platform == "win32" and sideways:
            raise NotImplementedError("pyautogui cannot turn the wheel sideways on Windows")
        turn = self._pyautogui.hscroll if sideways else self._pyautogui.vscroll
        turn(NOTCH if button in (UP, RIGHT) else -NOTCH)
