"""What the window in front says of its own controls (AT-SPI over D-Bus), for as long as the caller can wait. It may say
nothing, too little, or what is not so: whoever asks holds it against the picture."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, Message, MessageType, new_method_call
from jeepney.low_level import HeaderFields
from Xlib import error

from screenagent.desktop import NoDesktop
from screenagent.desktop.own_terminal import WindowArea
from screenagent.desktop.x11.accessible_nodes import (
    ACCESSIBLE,
    REFERENCES,
    SHOWING,
    AccessibleNode,
    Question,
    Reference,
    StateBits,
    references,
)
from screenagent.desktop.x11.accessible_values import values
from screenagent.desktop.x11.bus import BusLost, Connection, open_bus, receive, send_message
from screenagent.desktop.x11.connection import CLIENT
from screenagent.desktop.x11.windows import X11Windows
from screenagent.geometry import Display, Pixel
from screenagent.perception.roles import Role
from screenagent.screenshot import Element, Screenshot, Window

SECONDS: Final = 0.3
MOST: Final = 400
LONGEST_NAME: Final = 1000
"""Controls that are asked where they are; a table says it of every cell."""
DEEPEST: Final = 24
IN_FLIGHT: Final = 64
"""Questions sent before an answer is read: more, and both ends wait for the other to read."""
SCALES: Final = (1.0, 1.25, 1.5, 2.0, 3.0)

BUS: Final = "org.freedesktop.DBus"
ROOT: Final = "/org/a11y/atspi/accessible/root"
POPUPS: Final = (41, 69)  # popup menu, window

ROLES: Final[Mapping[int, Role]] = {
    7: "checkbox", 8: "item", 11: "dropdown", 32: "item", 33: "menu", 35: "item", 37: "tab", 40: "field",
    43: "button", 44: "radio", 45: "item", 51: "slider", 52: "spinner", 57: "column", 61: "field", 62: "button",
    79: "field", 88: "link", 91: "item", 129: "button", 130: "switch",
}  # fmt: skip
"""What the numbers of AtspiRole are called here; the others hold controls, or are none."""
POPPED_UP: Final = ("item", "menu")

LOST: Final = (BusLost, NoDesktop, error.XError, error.ConnectionClosedError)  # the bus or the display is gone
Numbers = tuple[int, int, int, int]  # edges: left, top, right and bottom; or extents: left, top, width and height


@dataclass(frozen=True)
class AtSpi:
    """Of one X display, for as many `seconds` a call. Nothing stays open between calls: nobody has to end it."""

    display: str | None = None
    seconds: float = SECONDS

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        """The controls of the window that `screenshot` was taken of, where they were when this was called."""
        window = screenshot.window
        if window is None or window.pid is None or window.own:
            return ()
        try:
            with ExitStack() as stack:
                windows = stack.enter_context(closing(X11Windows(self.display)))
                bus = open_bus(windows.root_text("AT_SPI_BUS") or "SESSION", seconds=self.seconds)
                stack.callback(bus.close)
                return tuple(self._elements(windows, bus, window, screenshot.display))
        except LOST:
            return ()

    def _elements(self, windows: X11Windows, bus: Connection, window: Window, display: Display) -> Iterator[Element]:
        edges, began = windows.edges(window), time.monotonic()
        if edges is None:
            return
        nodes = list(AccessibilityQuery(bus, began + 0.6 * self.seconds).shown(window))
        named = [node for node in nodes if node.role in ROLES][:MOST]
        query = AccessibilityQuery(bus, began + self.seconds)
        top, *places = query.extents([*nodes[:1], *named]) or [None]
        if (scale := _scale(top, edges)) is None:
            return
        covering = list(_covering(windows, window))
        told = values(query.many, named)
        for node, place, value in zip(named, places, told, strict=True):
            if place is None or min(place[2:]) <= 0:
                continue
            left, upper, right, lower = _scaled(place, top, edges, scale)
            role, middle = ROLES[node.role], Pixel(x=(left + right) // 2, y=(upper + lower) // 2)
            box = display.box((left, upper, right, lower))
            if box and not _is_covered(middle, role, covering):
                yield Element(role=role, name=node.name.strip(), box=box, states=node.states, value=value)


class AccessibilityQuery:
    """Questions to programs on the accessibility bus, many at a time, until a deadline."""

    def __init__(self, bus: Connection, deadline: float) -> None:
        self._bus = bus
        self._deadline = deadline

    def shown(self, window: Window) -> Iterator[AccessibleNode]:
        """What the window shows, and what pops up over it; the window itself first."""
        registry = DBusAddress(ROOT, "org.a11y.atspi.Registry", ACCESSIBLE)
        owner = next((name for name, pid in self._pids(self._children(registry)) if pid == window.pid), None)
        if owner is None:
            return
        tops = self._children(DBusAddress(ROOT, owner, ACCESSIBLE))
        level = self._described([(top, StateBits()) for top in tops])
        titled = [node for node in level if node.name == window.title[:LONGEST_NAME]]
        level = [*(titled or level), *(node for node in level if titled and node.role in POPUPS)]
        for _ in range(DEEPEST):
            yield from level
            level = self._described([(child, node.bits) for node in level for child in node.below][: 2 * MOST])

    def _children(self, parent: DBusAddress) -> list[Reference]:
        (answer,) = self.many([Question(new_method_call(parent, "GetChildren"), REFERENCES)])
        return references(answer)

    def _pids(self, programs: Sequence[Reference]) -> Iterator[tuple[str, int]]:
        """The name of each program with its process, as far as the bus knows it."""
        bus = DBusAddress("/org/freedesktop/DBus", BUS, BUS)
        calls = [new_method_call(bus, "GetConnectionUnixProcessID", "s", (program.bus,)) for program in programs]
        answers = self.many([Question(call, "u") for call in calls])
        return ((program.bus, pid[0]) for program, pid in zip(programs, answers, strict=True) if pid)

    def _described(self, objects: Sequence[tuple[Reference, StateBits]]) -> list[AccessibleNode]:
        """Those that are shown; each of the objects comes with the states of what holds it."""
        objects = [found for found in objects if found[0].is_valid]
        answers = self.many([question for found, _ in objects for question in found.description])
        described = []
        for number, (found, holder) in enumerate(objects):
            role, state, name, below = answers[4 * number : 4 * number + 4]
            bits = StateBits.of(state)
            if role and name and bits.holds(SHOWING):
                told = str(name[0][1])[:LONGEST_NAME]
                described.append(AccessibleNode(found, role[0], told, bits, holder, tuple(references(below))))
        return described

    def extents(self, nodes: Sequence[AccessibleNode]) -> list[Numbers | None]:
        """Left, top, width and height on the screen, in the program's own units."""
        places = [DBusAddress(node.path, node.bus, "org.a11y.atspi.Component") for node, *_ in nodes]
        calls = [Question(new_method_call(place, "GetExtents", "u", (0,)), "(iiii)") for place in places]
        return [found[0] if found else None for found in self.many(calls)]

    def many(self, questions: Sequence[Question]) -> list[Any]:
        """The answers in order; None for an error, and for what wasn't answered in time."""
        answers: list[Any] = []
        for start in range(0, len(questions), IN_FLIGHT):
            if start and time.monotonic() >= self._deadline:
                return [*answers, *(None for _ in questions[start:])]
            answers += self._batch(questions[start : start + IN_FLIGHT])
        return answers

    def _batch(self, questions: Sequence[Question]) -> list[Any]:
        waiting = {send_message(self._bus, question.call): number for number, question in enumerate(questions)}
        answers: list[Any] = [None] * len(questions)
        while waiting and (answer := receive(self._bus, seconds=self._deadline - time.monotonic())) is not None:
            number = waiting.pop(answer.header.fields.get(HeaderFields.reply_serial, 0), None)
            if number is not None and _answers(answer, questions[number]):
                answers[number] = answer.body
        return answers


def _answers(answer: Message, question: Question) -> bool:
    returned = answer.header.message_type is MessageType.method_return
    return returned and answer.header.fields.get(HeaderFields.signature) == question.signature


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
