"""What X11, Windows and macOS each do in their own way, opened for the system we are on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, Union

from screenagent.actions import Button
from screenagent.control import Control
from screenagent.desktop import BY_THE_DESKTOP, WaylandWay
from screenagent.desktop.clipboard import Clipboard, OwnedClipboard, PortableClipboard
from screenagent.desktop.floating import Floating
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.json_lines import module_command
from screenagent.desktop.keyboard import KeySender
from screenagent.desktop.lock import WAYLAND
from screenagent.desktop.mouse import Pointer
from screenagent.desktop.own_terminal import Stack
from screenagent.desktop.pictures import MssPictures, OpenPictures
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.accessibility.at_spi import AtSpi
    from screenagent.desktop.settle import PingProtocol
    from screenagent.desktop.user_input import ListenToUser
    from screenagent.desktop.wayland.gnome_extension import ExtensionState
    from screenagent.desktop.wayland.session import WaylandSession
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


DisplayName = Union[str, "WaylandSession", None]
"""An X server by its name, or a Wayland session; None is the session that we are in."""


@dataclass(frozen=True)
class System:
    """What a system gives a desktop. What has a default not every system has.

    `display` is what the desktop is called on this machine; `x_display` is the same where it is an X server's, which
    offers more: tooltips that are windows, a lock of its own, the making of recordings.
    """

    windows: WindowSystem
    clipboard: Clipboard
    pointer: Pointer
    keys: KeySender
    pictures: OpenPictures
    listen: ListenToUser
    display: str | None = None
    x_display: str | None = None
    layout: KeyboardLayout | None = None
    watchdog: Sequence[str] = ()
    """The command of a process that lifts what a killed agent has left down."""
    ping: PingProtocol | None = None
    gone: tuple[type[Exception], ...] = ()  # what its calls raise when the display has ended
    own: Stack = list
    floating: Callable[[], Floating] = Floating  # the menus, lists and tips that lie above the windows
    monitors: Callable[[], Sequence[MonitorPlace]] = tuple
    accessibility: AtSpi | None = None


def open_system(
    stack: ExitStack, *, control: Control, display: DisplayName, wayland: WaylandWay = BY_THE_DESKTOP
) -> System:
    """Open the system that we are on for as long as `stack` is, and prepare it for mouse and keyboard."""
    if sys.platform == "win32":
        from screenagent.desktop.win32 import Win32Windows, prepare_win32

        prepare_win32()
        return _portable(Win32Windows(), control=control)
    if sys.platform == "darwin":
        from screenagent.desktop.macos import MacWindows, prepare_macos

        prepare_macos()
        return _portable(MacWindows(), control=control)
    if (session := _wayland_session(display)) is not None:
        from screenagent.desktop.wayland.opening import open_wayland

        return open_wayland(stack, session, control=control, way=wayland)
    assert display is None or isinstance(display, str)  # what is no Wayland session is an X server's name
    return _x11(stack, control=control, display=display)


def _wayland_session(display: DisplayName) -> WaylandSession | None:
    """Return the Wayland session that is meant; None where an X server is."""
    if isinstance(display, str) or not (display or os.environ.get(WAYLAND)):
        return None  # without loading what Wayland takes
    from screenagent.desktop.wayland.session import own_session

    return display or own_session()


def open_lock(stack: ExitStack, display: DisplayName = None) -> Callable[[], str | None]:
    """Open what says why nothing can be done on a screen now, for as long as `stack` is."""
    if sys.platform != "linux":  # elsewhere a locked screen takes no input
        return lambda: None
    if (session := _wayland_session(display)) is not None:
        from screenagent.desktop.wayland.screen_lock import open_wayland_lock

        return open_wayland_lock(stack, session)
    from screenagent.desktop.x11.screen_lock import ScreenLock

    assert display is None or isinstance(display, str)  # what is no Wayland session is an X server's name
    return stack.enter_context(closing(ScreenLock(display)))


def gnome_extension(display: DisplayName = None) -> ExtensionState | None:
    """Return whether GNOME Shell runs our extension; None where the desktop is no GNOME session on Wayland."""
    session = _wayland_session(display)
    if session is None or not session.is_gnome:
        return None
    from screenagent.desktop.wayland.gnome_extension import running_state

    return running_state(session.session_bus)


def wayland_session(display: DisplayName = None) -> str | None:
    """Return which Wayland session that is, in words; None if it is none."""
    if sys.platform != "linux" or (session := _wayland_session(display)) is None:
        return None
    from screenagent.desktop.wayland.opening import described_session

    return described_session(session)


def why_no_session_bus() -> str | None:
    """Return why programs cannot be asked for their controls, in words; None if they can."""
    from screenagent.desktop.bus import why_no_bus

    return why_no_bus()


def _portable(windows: WindowSystem, *, control: Control) -> System:
    from screenagent.desktop.pynput_input import PynputKeys, listen_by_pynput

    return System(
        windows=windows,
        clipboard=PortableClipboard(control=control),
        pointer=PyautoguiPointer(),
        keys=PynputKeys(),
        pictures=partial(MssPictures, None),
        listen=listen_by_pynput,
    )


def _x11(stack: ExitStack, *, control: Control, display: str | None) -> System:
    from screenagent.desktop.x11.connection import GONE, MonitorNames, connect_display, disconnect_display
    from screenagent.desktop.x11.input_devices import KeyboardLayout, XKeys, XPointer
    from screenagent.desktop.x11.user_listener import listen_on_x
    from screenagent.desktop.x11.windows import OwnWindows, Ping, X11Windows

    windows = stack.enter_context(closing(X11Windows(display)))
    name = windows.display_name
    asked_for_monitors = connect_display(name)
    stack.callback(disconnect_display, asked_for_monitors)
    layout = stack.enter_context(closing(KeyboardLayout(name)))
    return System(
        windows=windows,
        clipboard=stack.enter_context(closing(OwnedClipboard(name, control=control))),
        pointer=stack.enter_context(closing(XPointer(name))),
        keys=stack.enter_context(closing(XKeys(name, layout))),
        pictures=partial(MssPictures, name),
        listen=partial(listen_on_x, name),
        display=name,
        x_display=name,
        watchdog=module_command("screenagent.desktop.x11.release_watchdog", name),
        layout=layout,
        ping=stack.enter_context(closing(Ping(name))),
        gone=GONE,
        own=stack.enter_context(closing(OwnWindows(name))),
        floating=windows.floating,
        monitors=MonitorNames(asked_for_monitors),
        accessibility=stack.enter_context(closing(_x_programs(name))),
    )


def _x_programs(display: str) -> AtSpi:
    from screenagent.desktop.accessibility.at_spi import AtSpi
    from screenagent.desktop.x11.window_places import LOST, XWindowPlaces

    return AtSpi(partial(XWindowPlaces, display), gone=LOST)


class PyautoguiPointer:
    """The mouse of Windows or macOS, by pyautogui. Unproven."""

    deaf_seconds = 0.0
    is_told = True

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
