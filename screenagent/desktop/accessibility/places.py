"""Where controls are on the display, by what their program says of places in its window and a window system of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from screenagent.desktop.accessibility.query import Numbers
from screenagent.desktop.own_terminal import WindowArea
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

SCALES: Final = (1.0, 1.25, 1.5, 2.0, 3.0)
SMALLEST_SCALE, LARGEST_SCALE = 0.5, 4.0
FRAME_PIXELS: Final = 64
"""By so much a window may be larger than its contents, as one that draws its own frame and shadow is."""
ROUNDING_PIXELS: Final = 3
NOWHERE: Final[Numbers] = (0, 0, 0, 0)
POPPED_UP: Final = ("item", "menu")


class Space(IntEnum):
    """What a program counts places from; the numbers are those of AtspiCoordType."""

    SCREEN = 0
    WINDOW = 1


class Outline(NamedTuple):
    """A rectangle that a window system gives a window: its edges in the input space, and how many pixels a unit of its
    program is, where that is known."""

    edges: Numbers
    scale: float | None = None


class Cover(NamedTuple):
    """What lies over a window. A `popup` is of the same program: a menu, whose entries belong to the window."""

    area: WindowArea
    popup: bool


class WindowPlaces(Protocol):
    """What a window system says of its windows to whoever asks their programs for their controls."""

    @property
    def space(self) -> Space:
        """What programs can say places in. On the screen only if they know where their windows are."""
        ...

    def bus_address(self) -> str:
        """Where the accessibility bus is. Raise `BusLost` if nobody says so."""
        ...

    def outlines(self, window: Window) -> Sequence[Outline]:
        """Return the rectangles that may be what the program takes for its window; none if it has closed."""
        ...

    def covering(self, window: Window) -> Sequence[Cover]:
        """Return what lies over the window, from the lowest to the top."""
        ...

    def close(self) -> None: ...


class Placement(NamedTuple):
    """How places of a program become pixels: `start`, in its units, is at the pixel `origin`."""

    scale: float = 1.0
    start: tuple[int, int] = (0, 0)
    origin: tuple[int, int] = (0, 0)

    def edges(self, place: Numbers) -> Numbers:
        """Return left, top, right and bottom in pixels."""
        left, upper, width, height = place
        left = self.origin[0] + round((left - self.start[0]) * self.scale)
        upper = self.origin[1] + round((upper - self.start[1]) * self.scale)
        return left, upper, left + round(width * self.scale), upper + round(height * self.scale)


def placement(space: Space, outlines: Sequence[Outline], *, top: Numbers | None, inside: Numbers) -> Placement | None:
    """Return how places become pixels; None if the sizes contradict each other.

    `top` is where the program says that its window is, and `inside` what it says that the window holds.
    """
    if space is Space.WINDOW:
        return _in_window(outlines, [place for place in (top, inside) if place and min(place[2:]) > 0])
    return _on_screen(outlines[0].edges, top)


def lies_below(place: Pixel, role: str, covering: Iterable[Cover]) -> bool:
    over = [cover for cover in covering if cover.area.holds(place)]
    return bool(over) and not (over[-1].popup and role in POPPED_UP)


def around(places: Iterable[Numbers | None]) -> Numbers:
    """Return the smallest rectangle that holds all of these; one without a size if there are none."""
    known = [place for place in places if place and min(place[2:]) > 0]
    if not known:
        return NOWHERE
    left, upper = min(place[0] for place in known), min(place[1] for place in known)
    right = max(left + width for left, _, width, _ in known)
    lower = max(upper + height for _, upper, _, height in known)
    return left, upper, right - left, lower - upper


def _on_screen(edges: Numbers, top: Numbers | None) -> Placement | None:
    """The scale is found by the size of the window."""
    if top is None or min(top[2:]) <= 0:
        return Placement()
    width, height = edges[2] - edges[0], edges[3] - edges[1]
    off = {scale: max(abs(top[2] * scale - width), abs(top[3] * scale - height)) for scale in SCALES}
    best = min(off, key=lambda scale: off[scale])
    if off[best] > FRAME_PIXELS:
        return None
    return Placement() if best == 1 else Placement(best, top[:2], edges[:2])


class _Fit(NamedTuple):
    off: float
    placement: Placement


def _in_window(outlines: Sequence[Outline], counted: Sequence[Numbers]) -> Placement | None:
    """Take the rectangles that agree in size: a program may or may not count its window's shadow as a part of it."""
    usual = [fit for outline in outlines for place in counted for fit in _fits(outline, place, SCALES)]
    found = _best(usual)
    if found is None:  # any other scale is as likely as a shadow, unless height and width agree
        found = _best([fit for outline in outlines for place in counted for fit in _fits(outline, place)])
    return found


def _best(fits: Sequence[_Fit]) -> Placement | None:
    best = min(fits, key=lambda fit: fit.off, default=None)
    return best.placement if best and best.off <= ROUNDING_PIXELS else None


def _fits(outline: Outline, place: Numbers, scales: Sequence[float] = ()) -> Iterator[_Fit]:
    """Yield by how many pixels the sizes differ at each of the scales, or at the one that the width tells."""
    left, upper, right, lower = outline.edges
    width, height = right - left, lower - upper
    for scale in (outline.scale,) if outline.scale else (scales or (width / place[2],)):
        if SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            off = max(abs(place[2] * scale - width), abs(place[3] * scale - height))
            yield _Fit(off, Placement(scale, place[:2], (left, upper)))
