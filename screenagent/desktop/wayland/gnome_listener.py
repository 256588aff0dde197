"""What the user does in a GNOME session: keys that stop and answer, and touches of mouse and keyboard."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

from jeepney import DBusAddress

from screenagent.desktop import NoDesktop
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.desktop.wayland.gnome_bus import CallRefused, SessionBus, ShellLost
from screenagent.desktop.wayland.gnome_extension import SERVICE, ExtensionState
from screenagent.desktop.wayland.gnome_session import MUTTER
from screenagent.desktop.wayland.gnome_windows import ShellExtension
from screenagent.geometry import Pixel

IDLE: Final = DBusAddress("/org/gnome/Mutter/IdleMonitor/Core", f"{MUTTER}.IdleMonitor", f"{MUTTER}.IdleMonitor")
QUESTION_SECONDS: Final = 0.01
OWN_SECONDS: Final = 0.1
"""What comes so soon after an event of ours may be that event: the shell takes it in with its next frame."""
SAME_SECONDS: Final = 1.0  # for so long a window counts as whose it was: a moving hand is told of a hundred times
ENDED: Final = "the GNOME session has ended while it was worked on"
NEITHER: Final = "mouse or the keyboard"
NO_KEYS: Final = (
    "without its extension GNOME Shell gives no keys by which you could stop the agent ({state}); or stop it by Ctrl-C "
    'and `screenagent stop` only, and say so with the setting stop_keys = "off"'
)
NAMES: Final = {
    "ctrl": "<Control>", "shift": "<Shift>", "alt": "<Alt>", "super": "<Super>",
    "escape": "Escape", "enter": "Return", "backspace": "BackSpace", "page_up": "Page_Up", "page_down": "Page_Down",
    "print_screen": "Print",
}  # fmt: skip
"""What GTK calls the keys; the others have our names with a capital."""
MODIFIERS: Final = ("ctrl", "shift", "alt", "super")


def accelerator(keys: tuple[str, ...]) -> str:
    """Return a chord as GNOME Shell takes it: "<Control><Shift>Escape"."""
    ordered = sorted(keys, key=lambda key: key not in MODIFIERS)
    return "".join(NAMES.get(key) or (key if len(key) == 1 else key.title()) for key in ordered)


def listen_by_extension(address: str, stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Tell `monitor` what the extension tells. What goes into the terminal that we run in is no touch."""
    told: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
    bus = SessionBus(address, ended=lambda: monitor.control.end(NoDesktop(ENDED)))
    stack.callback(bus.close)
    listening = _Listening(monitor, ShellExtension(bus))
    chords = {accelerator(keys): does for keys, does in monitor.chords() if keys}
    for chord in chords:
        if not listening.extension.call("Grab", "s", chord)[0]:
            raise NoDesktop(f"GNOME Shell gives the keys {chord!r} to nobody: another program or shortcut has them")
    bus.heed(SERVICE, SERVICE, "Pressed", lambda body: told.put(chords.get(body[0], lambda: None)))
    bus.heed(SERVICE, SERVICE, "Touched", lambda body: told.put(partial(listening.touched, *body)))
    listening.extension.call("Watch")

    def listen() -> None:
        while (does := told.get()) is not None:
            try:
                does()
            except (ShellLost, CallRefused):
                monitor.control.end(NoDesktop(ENDED))
                return
            except BaseException:
                monitor.control.stop()  # nobody would hear the stop keys any more
                raise

    thread = threading.Thread(target=listen, name="oversight", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(told.put, None)


class _Listening:
    """What is a touch of what the extension tells."""

    def __init__(self, monitor: UserInputMonitor, extension: ShellExtension) -> None:
        self._monitor = monitor
        self.extension = extension
        self._ours: dict[str, int] = {}
        self._target, self._asked_at, self._is_own = 0, float("-inf"), False

    def touched(self, what: str, target: int, place: tuple[int, int], device: int, is_emulated: bool) -> None:
        if is_emulated and self._is_ours(what, device):
            return
        if self._is_own_terminal(target):
            return
        if what == "mouse":
            self._monitor.moved(Pixel(x=place[0], y=place[1]), by_user=True)
        self._monitor.touched(what)

    def _is_ours(self, what: str, device: int) -> bool:
        """Our own mouse and keyboard are the first ones that are heard of just after we have sent something."""
        if what not in self._ours and self._monitor.ledger.last_at > time.monotonic() - OWN_SECONDS:
            self._ours[what] = device
            self.extension.call("Own", "u", device)  # which says no more of it; some may be under way
        return self._ours.get(what) == device

    def _is_own_terminal(self, id: int) -> bool:
        if id != self._target or time.monotonic() > self._asked_at + SAME_SECONDS:
            found = self.extension.look().called(id) if id else None
            self._target, self._asked_at, self._is_own = id, time.monotonic(), found is not None and found.window.own
        return self._is_own


def listen_by_idle_time(address: str, state: ExtensionState, stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Tell `monitor` of touches by how long nobody has touched anything. Without the extension no keys are heard.

    What we have sent counts, too, so for a tenth of a second after that no touch is told.
    """
    if monitor.heeds.keys.stop:
        raise NoDesktop(NO_KEYS.format(state=state))
    if monitor.heeds.touch:
        listen_to_idle_time(address, stack, monitor)


def listen_to_idle_time(address: str, stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Ask mutter all the time how long nobody has touched anything, and tell `monitor` of touches."""
    bus = SessionBus(address, ended=lambda: monitor.control.end(NoDesktop(ENDED)))
    stack.callback(bus.close)
    leaving = threading.Event()
    started = time.monotonic()

    def listen() -> None:
        while not leaving.wait(QUESTION_SECONDS):
            try:
                touched_at = time.monotonic() - bus.call(IDLE, "GetIdletime")[0] / 1000
            except (ShellLost, CallRefused):
                monitor.control.end(NoDesktop(ENDED))
                return
            except BaseException:
                monitor.control.stop()  # nobody would hear the user any more
                raise
            if touched_at > max(monitor.ledger.last_at + OWN_SECONDS, started):
                monitor.touched(NEITHER)

    thread = threading.Thread(target=listen, name="oversight", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(leaving.set)
