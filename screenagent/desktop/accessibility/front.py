"""The controls of the window in front, from a tree that is kept as long as its program tells of no change to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from screenagent.desktop.accessibility.bus import AccessibilityBus
from screenagent.desktop.accessibility.events import EventLog
from screenagent.desktop.accessibility.nodes import SHOWING, AccessibleNode, Reference, StateBits
from screenagent.desktop.accessibility.places import NOWHERE, Space, around
from screenagent.desktop.accessibility.popups import from_corner_of_window
from screenagent.desktop.accessibility.query import EXTENTS, AccessibilityQuery, Numbers, extents
from screenagent.desktop.accessibility.tree import GTK_4, ShownTree, read_tree
from screenagent.desktop.bus import BusLost
from screenagent.perception.roles import Role
from screenagent.screenshot import ElementState, Window

MOST: Final = 400
"""Controls that are asked where they are; a table says it of every cell."""
COUNTING: Final = 0.4
"""The share of the time within which a program that is small enough to list its objects has counted them."""
READING: Final = 0.6
"""The share of the time that a tree may take; the rest is for where its controls are and what they hold."""
MOST_HIDDEN: Final = 64
"""Objects that are asked whether they are shown by now."""

ROLES: Final[Mapping[int, Role]] = {
    7: "checkbox", 8: "item", 11: "dropdown", 32: "item", 33: "menu", 35: "item", 37: "tab", 40: "field",
    43: "button", 44: "radio", 45: "item", 51: "slider", 52: "spinner", 57: "column", 61: "field", 62: "button",
    79: "field", 88: "link", 91: "item", 129: "button", 130: "switch",
}  # fmt: skip
"""What the numbers of AtspiRole are called here; the others hold controls, or are none."""


class PlacedControl(NamedTuple):
    """A control, with its states as they are now and where it is."""

    node: AccessibleNode
    place: Numbers


class PlacedControls(NamedTuple):
    """The controls that a window shows; `top` is where the window is, by its program, and `inside` where its contents
    are, without a shadow. If that was not `in_time`, some may be missing.

    `unknown` are states that the program never tells, and some of its fields `may_hide` a password without saying so.
    """

    top: Numbers | None = None
    controls: tuple[PlacedControl, ...] = ()
    in_time: bool = True
    inside: Numbers = NOWHERE
    unknown: frozenset[ElementState] = frozenset()
    may_hide: bool = False


class KeptTree(NamedTuple):
    """What a window showed on a picture, and when it was asked for."""

    window: Window
    picture: str
    at: float
    tree: ShownTree
    in_time: bool

    @property
    def controls(self) -> list[AccessibleNode]:
        return [node for node in self.tree.nodes if node.role in ROLES][:MOST]


class FrontWindow:
    """Knows one window at a time. States and places are never kept: both are asked for anew each time."""

    def __init__(
        self,
        bus: AccessibilityBus,
        log: EventLog,
        *,
        unlisted: set[str],
        unheard: set[str],
        space: Space = Space.SCREEN,
    ) -> None:
        self._bus, self._log, self._space = bus, log, space
        self._kept: KeptTree | None = None
        self._programs: dict[int, str] = {}
        self._toolkits: dict[str, str] = {}
        self._window: int | None = None
        self._is_small = False  # so that the program may list its objects, and tell of each that changes
        self._unlisted = unlisted  # programs whose list of objects is too long
        self._unheard = unheard  # programs that tell more than can be followed

    def program(self, window: Window) -> str | None:
        """Return the name on the bus of the program that shows a window, if that has been asked for."""
        return self._programs.get(window.pid) if window.pid else None

    def controls(self, query: AccessibilityQuery, window: Window, picture: str) -> PlacedControls:
        """Return the controls that the window shows, as its program tells them now. `picture` names how it looks."""
        program = self._program(query, window)
        if program is None:
            return PlacedControls()
        if self._window != window.id:
            self._window, self._is_small = window.id, query.sooner(COUNTING).is_small(program)
        heard = self._is_small and program not in self._unheard and self._bus.follow(query, program)
        if heard and (kept := self._current(program, window, picture)):
            placed = self._placed(query, kept, picture)
            if placed and self._current(program, window, picture):
                return placed
        read = self._read(query, program, window, picture)
        placed = self._placed(query, read, picture) or PlacedControls()
        return placed._replace(in_time=read.in_time)

    def _program(self, query: AccessibilityQuery, window: Window) -> str | None:
        assert window.pid is not None  # such a window is not asked about
        if window.pid not in self._programs and (program := query.program_of(window.pid)):
            self._programs[window.pid] = program
        return self._programs.get(window.pid)

    def _current(self, program: str, window: Window, picture: str) -> KeptTree | None:
        """Return the tree that is kept, unless something may be shown that is not in it, or by another name."""
        kept = self._kept
        if kept is None or (kept.window.id, kept.window.title) != (window.id, window.title):
            return None
        if kept.picture != picture and (len(kept.tree.hidden) > MOST_HIDDEN or kept.tree.shown_by != SHOWING):
            return None
        if not self._log.has_heard(program) or not self._log.is_complete_since(kept.at):
            return None
        return None if any(event.is_structural for event in self._log.since(kept.at, program)) else kept

    def _read(self, query: AccessibilityQuery, program: str, window: Window, picture: str) -> KeptTree:
        """Read the tree anew, and keep it if it is whole."""
        at, reading, self._kept = time.monotonic(), query.sooner(READING), None
        try:
            listed, toolkit = self._is_small and program not in self._unlisted, self._toolkit(reading, program)
            tree = read_tree(reading, program, window.title, listed=listed, space=self._space, toolkit=toolkit)
        except BusLost:
            self._unlisted.add(program)
            raise
        read = KeptTree(window, picture, at, tree, in_time=not reading.is_over)
        if not read.in_time:
            self._unlisted.add(program)
        elif tree.nodes:
            self._kept = read
        else:
            self._programs.clear()  # it may have begun anew
            self._window = None
        return read

    def _toolkit(self, query: AccessibilityQuery, program: str) -> str:
        """Return what the program is made with; "" if that makes no difference, or if it does not say so."""
        if self._space is Space.WINDOW and program not in self._toolkits and (told := query.toolkit(program)):
            self._toolkits[program] = told
        return self._toolkits.get(program, "")

    def _placed(self, query: AccessibilityQuery, kept: KeptTree, picture: str) -> PlacedControls | None:
        """Return the controls as they are now; None if something is shown that was hidden."""
        tree, controls = kept.tree, kept.controls
        hidden = tree.hidden if kept.picture != picture else ()
        asked = [node.reference for node in [*tree.nodes[:1], *controls]]
        places = [reference.call(EXTENTS, int(self._space)) for reference in asked]
        states = [reference.state for reference in [*(node.reference for node in controls), *hidden]]
        answers = query.many([*places, *states])
        told, bits = extents(answers[: len(places)]), [StateBits.of(answer) for answer in answers[len(places) :]]
        if any(state.holds(tree.shown_by) for state in bits[len(controls) :]):
            return None
        if not asked:
            return PlacedControls()
        top, *at = told
        inside = NOWHERE
        if self._space is Space.WINDOW:
            inside, at = self._within(query, tree, asked, told)
        shown = _shown(controls, bits[: len(controls)], at, shown_by=tree.shown_by)
        if tree.shown_by != SHOWING:
            shown = undisputed(shown, tree.holders())
        unknown: frozenset[ElementState] = frozenset() if tree.tells_enabled else frozenset({"disabled"})
        return PlacedControls(top, tuple(shown), inside=inside, unknown=unknown, may_hide=self._is_gtk4(asked[0].bus))

    def _within(
        self, query: AccessibilityQuery, tree: ShownTree, asked: Sequence[Reference], told: Sequence[Numbers | None]
    ) -> tuple[Numbers, list[Numbers | None]]:
        """Return where the contents of the window are, and where the controls are from its corner."""
        inside = around(extents(query.many([held.call(EXTENTS, int(Space.WINDOW)) for held in tree.inside])))
        if self._is_gtk4(asked[0].bus):  # which knows no other places
            return inside, list(told[1:])
        screen = extents(query.many([reference.call(EXTENTS, int(Space.SCREEN)) for reference in asked]))
        return inside, from_corner_of_window(told[1:], screen[1:], screen[0])

    def _is_gtk4(self, program: str) -> bool:
        return self._toolkits.get(program) == GTK_4


def _shown(
    controls: Sequence[AccessibleNode], bits: Sequence[StateBits], places: Sequence[Numbers | None], *, shown_by: int
) -> list[PlacedControl]:
    placed = zip(controls, bits, places, strict=True)
    return [
        PlacedControl(node._replace(bits=now), place) for node, now, place in placed if place and now.holds(shown_by)
    ]


def undisputed(controls: Sequence[PlacedControl], holders: Mapping[Reference, Reference]) -> list[PlacedControl]:
    """Return the controls whose place no other one claims: if pages lie over each other, only one of them is shown."""
    return [
        control
        for control in controls
        if not any(_overlap(control.place, other.place) and _are_apart(control, other, holders) for other in controls)
    ]


def _are_apart(one: PlacedControl, other: PlacedControl, holders: Mapping[Reference, Reference]) -> bool:
    """Return whether neither of them holds the other."""
    first, second = one.node.reference, other.node.reference
    return first not in _line(second, holders) and second not in _line(first, holders)


def _line(of: Reference, holders: Mapping[Reference, Reference]) -> Iterator[Reference]:
    """Yield an object and all that hold it."""
    at: Reference | None = of
    while at is not None:
        yield at
        at = holders.get(at)


def _overlap(one: Numbers, other: Numbers) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))
