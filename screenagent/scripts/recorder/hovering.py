"""Tells what the mouse rested on as something opened by that alone, such as a menu. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from screenagent.geometry import PixelBox, Point
from screenagent.perception.ink import changed_areas
from screenagent.perception.restyle import is_recoloured
from screenagent.screenshot import Screenshot

SETTLED: Final = 0.3  # seconds after a press; what comes sooner may have come with it
PROMPT: Final = 1.0  # seconds within which something opens where the mouse has come to rest
HERE: Final = 0.03  # the mouse is at a place when it is so near, as a part of the screen
ROUND: Final = (40, 12)  # pixels round a place that are compared
LARGEST: Final = 0.4  # of the screen: what is larger is another page
BESIDE: Final = (240, 24)  # pixels from where the mouse rests to what opens: an entry is as wide as its menu
DEEPEST: Final = 3  # menus, each opened from the one before


@dataclass(frozen=True)
class ScreenSample:
    """The screen and the mouse at one moment of the monotonic clock."""

    at: float
    mouse: Point
    screen: Screenshot


def opened_by_hovering(
    samples: Sequence[ScreenSample], moves: Sequence[tuple[float, Point]], place: Point, *, since: float
) -> tuple[ScreenSample, ...]:
    """Return where the mouse rested as what is now at `place` opened, the outermost menu first, each with the screen
    before; empty if that was there before, or came with the press `since`. `moves` tell where the mouse was when."""
    found: list[ScreenSample] = []
    while len(found) < DEEPEST:
        until = found[-1].at if found else math.inf
        seen = [sample for sample in samples if since + SETTLED < sample.at < until]
        opener = _opener(seen, [move for move in moves if move[0] > since], found[-1].mouse if found else place)
        if opener is None:
            break
        found.append(opener)
    return tuple(reversed(found))


def _opener(seen: Sequence[ScreenSample], moves: Sequence[tuple[float, Point]], place: Point) -> ScreenSample | None:
    if not seen:
        return None
    last = seen[-1]
    backwards = range(len(seen) - 2, -1, -1)
    closed = next((number for number in backwards if _differs(seen[number].screen, last.screen, place)), None)
    if closed is None:
        return None
    before, opening = seen[closed], seen[closed + 1]
    away = [at for at, mouse in moves if at <= opening.at and not _is_at(mouse, opening.mouse)]
    came = bool(away) and away[-1] > opening.at - PROMPT
    if not came or _is_at(opening.mouse, place) or not _is_beside(before.screen, last.screen, place, opening.mouse):
        return None
    return ScreenSample(before.at, opening.mouse, before.screen)


def _differs(one: Screenshot, other: Screenshot, place: Point) -> bool:
    """Return whether something else is drawn at a place, and not only in other colours."""
    if one.size != other.size or one.digest == other.digest:
        return one.size != other.size
    middle = place.pixel(one.size)
    around = PixelBox(middle.x, middle.y, middle.x, middle.y).grown(*ROUND)
    edges = around.clipped(one.size.width, one.size.height).rounded
    parts = [np.asarray(screen.pixels.crop(edges)) for screen in (one, other)]
    return not is_recoloured(*parts)


def _is_beside(closed: Screenshot, opened: Screenshot, place: Point, mouse: Point) -> bool:
    """Return whether what opened at `place` is no whole page, and the mouse was in it or right beside it."""
    if closed.size != opened.size:
        return False
    middle, rests = place.pixel(opened.size), mouse.pixel(opened.size)
    areas = changed_areas(np.asarray(closed.pixels), np.asarray(opened.pixels))
    area = next((area for area in areas if area.holds(middle.x, middle.y)), None)
    most = LARGEST * opened.size.width * opened.size.height
    return area is not None and area.area < most and area.grown(*BESIDE).holds(rests.x, rests.y)


def _is_at(one: Point, other: Point) -> bool:
    return abs(one.x - other.x) < HERE and abs(one.y - other.y) < HERE
