"""What the window in front says of its own controls (AT-SPI over D-Bus), for as long as the caller can wait. It may say
nothing, too little, or what is not so: whoever asks holds it against the picture."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Final, NamedTuple

from Xlib import error

from screenagent.desktop import NoDesktop
from screenagent.desktop.own_terminal import WindowArea
from screenagent.desktop.x11.accessible_bus import AccessibilityBus
from screenagent.desktop.x11.accessible_events import EventLog
from screenagent.desktop.x11.accessible_front import ROLES, FrontWindow
from screenagent.desktop.x11.accessible_items import AccessibilityParser
from screenagent.desktop.x11.accessible_query import Numbers
from screenagent.desktop.x11.accessible_values import values
from screenagent.desktop.x11.bus import BusLost, open_bus
from screenagent.desktop.x11.connection import CLIENT
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Pixel
from screenagent.screenshot import Element, Screenshot, Window

SECONDS: Final = 0.3
LATE_AT_MOST: Final = 4
"""Times in a row; then a program is not asked again. The first time it may have had to begin with accessibility."""
SCALES: Final = (1.0, 1.25, 1.5, 2.0, 3.0)
POPPED_UP: Final = ("item", "menu")

LOST: Final = (BusLost, NoDesktop, error.XError, error.ConnectionClosedError)  # the bus or the display is gone


class Connections:
    """What is open from one question to the next: the display, and the accessibility bus."""

    def __init__(self, display: str | None, *, seconds: float) -> None:
        self.windows = X11Windows(display)
        self.log = EventLog()
        try:
            address = self.windows.root_text("AT_SPI_BUS") or "SESSION"
            self.bus = AccessibilityBus(open_bus(address, seconds=seconds, parser=AccessibilityParser()), self.log)
        except LOST:
            self.windows.close()
            raise

    def close(self) -> None:
        with closing(self.windows):
            self.bus.close()


class AtSpi:
    """Of one X display, for as many `seconds` a call. It connects with the first question; a program that is late again
    and again is not asked any longer."""

    def __init__(self, display: str | None = None, seconds: float = SECONDS) -> None:
        self._display, self._seconds = display, seconds
        self._turn = threading.Lock()  # protects what follows: one thread at a time asks
        self._open: Connections | None = None
        self._front: FrontWindow | None = None
        self._unlisted: set[str] = set()
        self._unheard: set[str] = set()
        self._counting = threading.Lock()  # protects the counts
        self._late: Counter[int] = Counter()

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """The controls of the window that `screenshot` was taken of, where they were when this was called."""
        window, deadline = screenshot.window, time.monotonic() + self._seconds
        if window is None or window.pid is None or window.own or self._late[window.pid] >= LATE_AT_MOST:
            return ()
        if not self._turn.acquire(timeout=self._seconds):
            return ()
        try:
            return tuple(self._elements(screenshot, window, deadline))
        except LOST:
            self._hang_up()
            return ()
        finally:
            self._turn.release()

    def is_current(self, screenshot: Screenshot, at: float) -> bool:
        """Return whether the program in front is known to have told of no change since then."""
        connections, front, window = self._open, self._front, screenshot.window
        if connections is None or front is None or window is None:
            return False
        program, log = front.program(window), connections.log
        if program is None or program != connections.bus.followed:
            return False
        return log.has_heard(program) and log.is_complete_since(at) and not log.since(at, program)

    def note_pace(self, screenshot: Screenshot, *, late: bool) -> None:
        """Note whether the answer came later than the picture could be read."""
        if screenshot.window and (pid := screenshot.window.pid):
            with self._counting:
                self._late[pid] = self._late[pid] + 1 if late else 0

    def close(self) -> None:
        with self._turn:
            self._hang_up()

    def _hang_up(self) -> None:
        connections, self._open, self._front = self._open, None, None
        if connections:
            connections.close()

    def _connected(self) -> tuple[Connections, FrontWindow]:
        if self._open and self._open.log.is_flooded():
            self._unheard.add(self._open.bus.followed)
            self._hang_up()
        if self._open is None or self._front is None:
            self._open = Connections(self._display, seconds=self._seconds)
            self._front = FrontWindow(self._open.bus, self._open.log, unlisted=self._unlisted, unheard=self._unheard)
        return self._open, self._front

    def _elements(self, screenshot: Screenshot, window: Window, deadline: float) -> Iterator[Element]:
        connections, front = self._connected()
        windows, display = connections.windows, screenshot.display
        windows.changed(0)  # events that nobody reads would be kept
        if (edges := windows.edges(window)) is None:
            return
        with connections.bus.asking(deadline) as query:
            top, controls, in_time = front.controls(query, window, screenshot.digest)
            told = values(query.many, [control.node for control in controls])
            if not controls and not in_time:
                self.note_pace(screenshot, late=True)
        if (scale := _scale(top, edges)) is None:
            return
        covering = list(_covering(windows, window))
        for (node, place), value in zip(controls, told, strict=True):
            if min(place[2:]) <= 0:
                continue
            left, upper, right, lower = _scaled(place, top, edges, scale)
            role, middle = ROLES[node.role], Pixel(x=(left + right) // 2, y=(upper + lower) // 2)
            box = display.box((left, upper, right, lower))
            if box and not _is_covered(middle, role, covering):
                yield Element(role=role, name=node.name.strip(), box=box, states=node.states, value=value)


def _scale(top: Numbers | None, edges: Numbers) -> float | None:
    """How many pixels the program's unit is, by the size of its window; None where none fits."""
    if top is None or min(top[2:]) <= 0:
        return 1.0
    width, height = edges[2] - edges[0], edges[3] - edges[1]
    off = {scale: max(abs(top[2] * scale - width), abs(top[3] * scale - height)) for scale in SCALES}
    best = min(off, key=lambda scale: off[scale])
    return best if off[best] <= 64 else None  # a window that draws its own frame and shadow is so much larger


def _scaled(place: Numbers, top: Numbers | None, edges: Numbers, scale: float) -> Numbers:
    """Return the edges of a place in pixels."""
    left, upper, width, height = place
    if scale != 1 and top is not None:
        left, upper = round(edges[0] + (left - top[0]) * scale), round(edges[1] + (upper - top[1]) * scale)
        width, height = round(width * scale), round(height * scale)
    return left, upper, left + width, upper + height


class Cover(NamedTuple):
    area: WindowArea
    popup: bool
    """Of the same program: a menu, whose entries belong to the window."""


def _covering(windows: X11Windows, window: Window) -> Iterator[Cover]:
    """What lies over the window."""
    frame, above = windows.frame(window.id), False
    for top in windows.tops():
        if above and (area := windows.area(top, own=False)):
            yield Cover(area, popup=top.id & CLIENT == window.id & CLIENT)
        above = above or top.id == frame


def _is_covered(place: Pixel, role: str, covering: Iterable[Cover]) -> bool:
    over = [cover for cover in covering if cover.area.holds(place)]
    return bool(over) and not (over[-1].popup and role in POPPED_UP)
