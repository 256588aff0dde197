"""What the window in front says of its own controls (AT-SPI over D-Bus), for as long as the caller can wait. It may say
nothing, too little, or what is not so: whoever asks holds it against the picture."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.accessibility.bus import AccessibilityBus
from screenagent.desktop.accessibility.events import EventLog
from screenagent.desktop.accessibility.front import ROLES, FrontWindow
from screenagent.desktop.accessibility.items import AccessibilityParser
from screenagent.desktop.accessibility.places import WindowPlaces, lies_below, placement
from screenagent.desktop.accessibility.values import values
from screenagent.desktop.bus import BusLost, open_bus
from screenagent.geometry import Pixel
from screenagent.screenshot import Element, Screenshot, Window

SECONDS: Final = 0.3
LATE_AT_MOST: Final = 4
"""Times in a row; then a program is not asked again. The first time it may have had to begin with accessibility."""
TYPE_NAME: Final = re.compile(r"Gtk[A-Z][A-Za-z]*")
"""What GTK 4 calls a control that has no name."""

OpenPlaces = Callable[[], WindowPlaces]


class Connections:
    """What is open from one question to the next: the window system, and the accessibility bus."""

    def __init__(self, open_places: OpenPlaces, *, seconds: float, lost: tuple[type[Exception], ...]) -> None:
        self.places = open_places()
        self.log = EventLog()
        try:
            bus = open_bus(self.places.bus_address(), seconds=seconds, parser=AccessibilityParser())
            self.bus = AccessibilityBus(bus, self.log)
        except lost:
            self.places.close()
            raise

    def close(self) -> None:
        with closing(self.places):
            self.bus.close()


class AtSpi:
    """Of the windows of one window system, for as many `seconds` a call. It connects with the first question; a program
    that is late again and again is not asked any longer.

    `gone` is what calls of the window system raise when it has ended.
    """

    def __init__(
        self, open_places: OpenPlaces, *, seconds: float = SECONDS, gone: tuple[type[Exception], ...] = ()
    ) -> None:
        self._open_places, self._seconds = open_places, seconds
        self._lost: tuple[type[Exception], ...] = (BusLost, NoDesktop, *gone)
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
        except self._lost:
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
            opened = self._open = Connections(self._open_places, seconds=self._seconds, lost=self._lost)
            self._front = FrontWindow(
                opened.bus, opened.log, unlisted=self._unlisted, unheard=self._unheard, space=opened.places.space
            )
        return self._open, self._front

    def _elements(self, screenshot: Screenshot, window: Window, deadline: float) -> Iterator[Element]:
        connections, front = self._connected()
        places, display = connections.places, screenshot.display
        if not (outlines := places.outlines(window)):
            return
        with connections.bus.asking(deadline) as query:
            found = front.controls(query, window, screenshot.digest)
            told = values(query.many, [control.node for control in found.controls], careful=found.may_hide)
            if not found.controls and not found.in_time:
                self.note_pace(screenshot, late=True)
        if (placed := placement(places.space, outlines, top=found.top, inside=found.inside)) is None:
            return
        covering = places.covering(window)
        for (node, place), value in zip(found.controls, told, strict=True):
            if min(place[2:]) <= 0:
                continue
            left, upper, right, lower = placed.edges(place)
            role, middle = ROLES[node.role], Pixel(x=(left + right) // 2, y=(upper + lower) // 2)
            box = display.box((left, upper, right, lower))
            if box and not lies_below(middle, role, covering):
                states = node.states - found.unknown
                yield Element(role=role, name=_name(node.name), box=box, states=states, value=value)


def _name(told: str) -> str:
    return "" if TYPE_NAME.fullmatch(told) else told.strip()
