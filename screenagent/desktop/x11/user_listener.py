"""What the user does on an X display, told as it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.desktop.x11.connection import GONE, pointer
from screenagent.desktop.x11.input_devices import KeyboardLayout
from screenagent.desktop.x11.raw_events import Raw, RawEvents
from screenagent.desktop.x11.windows import OwnWindows
from screenagent.geometry import Pixel

LEAVE_SECONDS: Final = 0.1  # how long leaving may take; an event is heeded as it comes
ENDED: Final = "the display has ended while it was worked on"


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


def listen_on_x(display: str, stack: ExitStack, monitor: UserInputMonitor) -> None:
    """Tell `monitor` of each event until the stack is closed. What goes into the terminal that we run in is no touch:
    there the agent is supervised."""
    events = stack.enter_context(closing(RawEvents(display)))
    own = stack.enter_context(closing(OwnWindows(display)))
    layout = stack.enter_context(closing(KeyboardLayout(display)))
    told = _Told(monitor, own, _watched(monitor, layout), lambda: pointer(events.server))
    monitor.moved(told.pointer(), by_user=False)
    leaving = threading.Event()

    def listen() -> None:
        while not leaving.is_set():
            try:
                for event in events.within(LEAVE_SECONDS):
                    told.heed(event)
            except GONE:
                monitor.control.end(NoDesktop(ENDED))  # whoever waits for something else would not notice
                return
            except BaseException:
                monitor.control.stop()  # nobody would hear the stop keys any more
                raise

    thread = threading.Thread(target=listen, name="oversight", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(leaving.set)


def _watched(monitor: UserInputMonitor, layout: KeyboardLayout) -> list[tuple[ChordWatch, Callable[[], None]]]:
    """The chords of the user, and what each does. Answer keys that this keyboard does not have are not heard."""
    stop = monitor.heeds.keys.stop
    if lacking := [key for key in stop if not layout.codes(key)]:
        raise NoDesktop(f"this keyboard has no {lacking[0]!r} key; choose others with the setting stop_keys")
    watched = []
    for keys, hears in monitor.chords():
        codes = [layout.codes(key) for key in keys]
        watched.append((ChordWatch(codes if all(codes) else (), repeats=keys == stop), hears))
    return watched


@dataclass(frozen=True)
class _Told:
    """Tells the monitor of what the user has done of what it is told."""

    monitor: UserInputMonitor
    own: OwnWindows
    chords: Sequence[tuple[ChordWatch, Callable[[], None]]]
    pointer: Callable[[], Pixel]

    def heed(self, raw: Raw) -> None:
        ours = self.monitor.ledger.claims(raw) and raw.by_xtest
        match raw.kind:
            case "key":
                for watch, heard in self.chords:
                    if watch.completes(raw.code, pressed=raw.pressed):
                        heard()
                if raw.pressed and not ours and not self.own.has_keys():
                    self.monitor.touched("keyboard")
            case "button":
                if raw.pressed and not ours and not self.own.is_under(self.pointer()):
                    self.monitor.touched("mouse")
            case "motion":
                place = Pixel(x=raw.place[0], y=raw.place[1]) if raw.place else self.pointer()
                self.monitor.moved(place, by_user=not ours, over_own=self.own.is_under)
