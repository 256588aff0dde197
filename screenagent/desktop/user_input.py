"""What the user does at mouse and keyboard beside the agent: stops it, or just touches them, and it waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from screenagent.control import Control
from screenagent.desktop.keyboard import PYNPUT
from screenagent.desktop.kill_switch import STOP_KEYS, FailsafeCorner, StopKeyWatch
from screenagent.geometry import Pixel

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.x11.raw_events import Raw

LEAVE_SECONDS: Final = 0.1  # how long leaving may take; an event is heeded as it comes
NUDGE_PIXELS: Final = 4  # a mouse on a table that shakes moves less
SOON_SECONDS: Final = 1.0  # a mouse that is thrown into a corner is there within this of its first movement
TOUCHED: Final = "you touched the {what}, so the agent waits"


@dataclass(frozen=True, kw_only=True)
class MonitorOptions:
    """What of the user's doings counts. A corner does not once the agent has waited for a while: the user works."""

    stop_keys: tuple[str, ...] = STOP_KEYS
    corner: bool = True
    touch: bool = True


EVERYTHING: Final = MonitorOptions()


class UserInputMonitor:
    """While it is entered, a thread heeds what reaches the display of `desktop`; what it sent itself is in its ledger.

    What goes into the terminal that we run in is no touch: there the agent is supervised.
    """

    def __init__(self, desktop: LocalDesktop, *, control: Control, heeds: MonitorOptions = EVERYTHING) -> None:
        self._desktop, self._control, self._heeds = desktop, control, heeds
        self._corner = FailsafeCorner()
        self._rest: Pixel | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._desktop.x_display:
                self._listen_on_x(stack, self._desktop.x_display)
            else:
                self._listen_by_pynput(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _listen_on_x(self, stack: ExitStack, display: str) -> None:
        from screenagent.desktop.x11.connection import GONE, pointer
        from screenagent.desktop.x11.keyboard_layout import KeyboardLayout
        from screenagent.desktop.x11.own_windows import OwnWindows
        from screenagent.desktop.x11.raw_events import RawEvents

        events = stack.enter_context(closing(RawEvents(display)))
        self._own = stack.enter_context(closing(OwnWindows(display)))
        layout = stack.enter_context(closing(KeyboardLayout(display)))
        self._stop_keys = StopKeyWatch({key: layout.codes(key) for key in self._heeds.stop_keys})
        self._pointer: Callable[[], Pixel] = lambda: pointer(events.server)
        self._moved(self._pointer(), by_user=False)
        leaving = threading.Event()

        def listen() -> None:
            while not leaving.is_set():
                try:
                    for event in events.within(LEAVE_SECONDS):
                        self._heed(event)
                except GONE:
                    return  # the display has ended; whoever works on it is told by their own call
                except BaseException:
                    self._control.stop()  # nobody would hear the stop keys any more
                    raise

        thread = threading.Thread(target=listen, name="oversight", daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(leaving.set)

    def _heed(self, raw: Raw) -> None:
        ours = self._desktop.ledger.claims(raw) and raw.by_xtest
        match raw.kind:
            case "key":
                if self._stop_keys.completes(raw.code, pressed=raw.pressed):
                    self._control.stop()
                if raw.pressed and not ours and not self._own.has_keys():
                    self._touched("keyboard")
            case "button":
                if raw.pressed and not ours and not self._own.is_under(self._pointer()):
                    self._touched("mouse")
            case "motion":
                place = Pixel(x=raw.place[0], y=raw.place[1]) if raw.place else self._pointer()
                self._moved(place, by_user=not ours)

    def _moved(self, place: Pixel, *, by_user: bool) -> None:
        entered = self._corner.is_entered(place, self._desktop.display, by_user=by_user)
        if entered and self._heeds.corner and self._control.paused_for < SOON_SECONDS:
            self._control.stop()
        if not by_user or self._rest is None:
            self._rest = place
        elif _apart(place, self._rest) >= NUDGE_PIXELS:
            self._rest = place
            if not self._is_own(place):
                self._touched("mouse")

    def _is_own(self, place: Pixel) -> bool:
        return bool(self._desktop.x_display) and self._own.is_under(place)

    def _touched(self, what: str) -> None:
        if self._heeds.touch and not self._control.expects_a_hand:
            self._control.interrupt(TOUCHED.format(what=what))

    def _listen_by_pynput(self, stack: ExitStack) -> None:
        """Windows and macOS; unproven. Only Windows tells what was injected, so only there a touch is known."""
        from pynput import keyboard, mouse

        tells = sys.platform == "win32"

        def moved(x: int, y: int, injected: bool) -> None:
            self._moved(Pixel(x=int(x), y=int(y)), by_user=tells and not injected)

        def pressed(key: object, injected: bool) -> None:  # noqa: ARG001 - which key it was is nobody's business
            if tells and not injected:
                self._touched("keyboard")

        listeners: list[Any] = [mouse.Listener(on_move=moved), keyboard.Listener(on_press=pressed)]
        if self._heeds.stop_keys:
            listeners.append(keyboard.GlobalHotKeys({pynput_chord(self._heeds.stop_keys): self._control.stop}))
        for listener in listeners:
            listener.start()
            stack.callback(listener.stop)


def pynput_chord(keys: Sequence[str]) -> str:
    """As pynput writes it: "<ctrl>+<shift>+<esc>"."""
    return "+".join(f"<{PYNPUT[key]}>" if key in PYNPUT else key for key in keys)


def _apart(one: Pixel, other: Pixel) -> int:
    return max(abs(one.x - other.x), abs(one.y - other.y))
