"""What the user does at mouse and keyboard beside the agent: stops it, answers it, or touches them, and it waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.geometry import Display, Pixel
from screenagent.keys import ONLY_STOP, UserKeys

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop
    from screenagent.desktop.x11.input_devices import KeyboardLayout
    from screenagent.desktop.x11.raw_events import Raw

LEAVE_SECONDS: Final = 0.1  # how long leaving may take; an event is heeded as it comes
NUDGE_PIXELS: Final = 4  # a mouse on a table that shakes moves less
CORNER_PIXELS: Final = 2
SOON_SECONDS: Final = 1.0  # a mouse that is thrown into a corner is there within this of its first movement
ENDED: Final = "the display has ended while it was worked on"
TOUCHED: Final = "you touched the {what}, so the agent waits"


@dataclass(frozen=True, kw_only=True)
class MonitorOptions:
    """What of the user's doings counts. A corner does not once the agent has waited for a while: the user works."""

    keys: UserKeys = ONLY_STOP
    corner: bool = True
    touch: bool = True


EVERYTHING: Final = MonitorOptions()


@dataclass
class ChordWatch:
    """Told of every key, says when all of the combination are down; `codes` are the keys that count as each.

    Without `repeats`, keys that are held say it once.
    """

    codes: Sequence[frozenset[int]]
    repeats: bool = True
    down: set[int] = field(default_factory=set)

    def completes(self, code: int, *, pressed: bool) -> bool:
        if not pressed:
            self.down.discard(code)
            return False
        held = code in self.down
        self.down.add(code)
        if held and not self.repeats:
            return False
        return any(code in codes for codes in self.codes) and all(codes & self.down for codes in self.codes)


class UserInputMonitor:
    """While it is entered, a thread heeds what reaches the display of `desktop`; what it sent itself is in its ledger.

    What goes into the terminal that we run in is no touch: there the agent is supervised.
    """

    def __init__(self, desktop: LocalDesktop, *, control: Control, heeds: MonitorOptions = EVERYTHING) -> None:
        self._desktop, self._control, self._heeds = desktop, control, heeds
        self._in_corner = False
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
        from screenagent.desktop.x11.input_devices import KeyboardLayout
        from screenagent.desktop.x11.raw_events import RawEvents
        from screenagent.desktop.x11.windows import OwnWindows

        events = stack.enter_context(closing(RawEvents(display)))
        self._own = stack.enter_context(closing(OwnWindows(display)))
        layout = stack.enter_context(closing(KeyboardLayout(display)))
        self._chords = self._watched(layout)
        self._pointer: Callable[[], Pixel] = lambda: pointer(events.server)
        self._moved(self._pointer(), by_user=False)
        leaving = threading.Event()

        def listen() -> None:
            while not leaving.is_set():
                try:
                    for event in events.within(LEAVE_SECONDS):
                        self._heed(event)
                except GONE:
                    self._control.end(NoDesktop(ENDED))  # whoever waits for something else would not notice
                    return
                except BaseException:
                    self._control.stop()  # nobody would hear the stop keys any more
                    raise

        thread = threading.Thread(target=listen, name="oversight", daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(leaving.set)

    def _watched(self, layout: KeyboardLayout) -> list[tuple[ChordWatch, Callable[[], None]]]:
        """The chords of the user, and what each does. Answer keys that this keyboard does not have are not heard."""
        keys, codes = self._heeds.keys, layout.codes
        if lacking := [key for key in keys.stop if not codes(key)]:
            raise NoDesktop(f"this keyboard has no {lacking[0]!r} key; choose others with the setting stop_keys")
        yes, no = ([codes(key) for key in chord] for chord in (keys.yes, keys.no))
        return [
            (ChordWatch([codes(key) for key in keys.stop]), self._control.stop),
            (ChordWatch(yes if all(yes) else (), repeats=False), partial(self._control.answer_by_key, "yes")),
            (ChordWatch(no if all(no) else (), repeats=False), partial(self._control.answer_by_key, "no")),
        ]

    def _heed(self, raw: Raw) -> None:
        ours = self._desktop.ledger.claims(raw) and raw.by_xtest
        match raw.kind:
            case "key":
                for watch, heard in self._chords:
                    if watch.completes(raw.code, pressed=raw.pressed):
                        heard()
                if raw.pressed and not ours and not self._own.has_keys():
                    self._touched("keyboard")
            case "button":
                if raw.pressed and not ours and not self._own.is_under(self._pointer()):
                    self._touched("mouse")
            case "motion":
                place = Pixel(x=raw.place[0], y=raw.place[1]) if raw.place else self._pointer()
                self._moved(place, by_user=not ours)

    def _moved(self, place: Pixel, *, by_user: bool) -> None:
        was_in, self._in_corner = self._in_corner, in_corner(place, self._desktop.display)
        entered = by_user and self._in_corner and not was_in  # where the agent put the mouse, it may be
        if entered and self._heeds.corner and self._control.paused_for < SOON_SECONDS:
            self._control.stop()
        if not by_user or self._rest is None:
            self._rest = place
        elif max(abs(place.x - self._rest.x), abs(place.y - self._rest.y)) >= NUDGE_PIXELS:
            self._rest = place
            if not (self._desktop.x_display and self._own.is_under(place)):
                self._touched("mouse")

    def _touched(self, what: str) -> None:
        if self._heeds.touch and not self._control.expects_a_hand:
            self._control.interrupt(TOUCHED.format(what=what))

    def _listen_by_pynput(self, stack: ExitStack) -> None:
        """Windows and macOS; unproven. Only Windows tells what was injected, so only there a touch is known."""
        from pynput import keyboard, mouse

        from screenagent.desktop.pynput_input import hot_key

        tells = sys.platform == "win32"

        def moved(x: int, y: int, injected: bool) -> None:
            self._moved(Pixel(x=int(x), y=int(y)), by_user=tells and not injected)

        def pressed(key: object, injected: bool) -> None:  # noqa: ARG001 - which key it was is nobody's business
            if tells and not injected:
                self._touched("keyboard")

        listeners: list[Any] = [mouse.Listener(on_move=moved), keyboard.Listener(on_press=pressed)]
        keys, answered = self._heeds.keys, self._control.answer_by_key
        heard = {keys.stop: self._control.stop, keys.yes: partial(answered, "yes"), keys.no: partial(answered, "no")}
        hot_keys = {hot_key(combination): hears for combination, hears in heard.items() if combination}
        if hot_keys:
            listeners.append(keyboard.GlobalHotKeys(hot_keys))
        for listener in listeners:
            listener.start()
            stack.callback(listener.stop)


def in_corner(pixel: Pixel, display: Display) -> bool:
    x, y = pixel.x - display.origin.x, pixel.y - display.origin.y
    inside = 0 <= x < display.size.width and 0 <= y < display.size.height
    at_side = min(x, display.size.width - 1 - x) < CORNER_PIXELS
    return inside and at_side and min(y, display.size.height - 1 - y) < CORNER_PIXELS
