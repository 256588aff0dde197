"""Two ways to stop that need no window: a combination of keys, and the mouse thrown into a corner of the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from screenagent.geometry import Display, Pixel
from screenagent.protocols import Retry

STOP_KEYS: Final = ("ctrl", "shift", "escape")
"""Reached with one hand, and bound to nothing on the usual desktops of Linux. The agent never presses it."""

CORNER_PIXELS: Final = 2


def refuse_stop_keys(keys: Sequence[str], stop_keys: Sequence[str]) -> None:
    """The agent must not stop itself, nor learn that it could."""
    if stop_keys and set(stop_keys) <= set(keys):
        raise Retry(
            f"{'+'.join(stop_keys)} is how the user stops the agent, so the agent does not press it", "stop_keys"
        )


@dataclass
class StopKeyWatch:
    """Told of every key, says when all of the combination are down; `codes` are the keys that count as each."""

    codes: Mapping[str, frozenset[int]]
    down: set[int] = field(default_factory=set)

    def completes(self, code: int, *, pressed: bool) -> bool:
        if not pressed:
            self.down.discard(code)
            return False
        self.down.add(code)
        return (
            bool(self.codes)
            and any(code in codes for codes in self.codes.values())
            and all(codes & self.down for codes in self.codes.values())
        )


@dataclass
class FailsafeCorner:
    """Told where the mouse is, says when the user has brought it into a corner; where the agent put it, it may be."""

    was_in: bool = False

    def is_entered(self, pixel: Pixel, display: Display, *, by_user: bool) -> bool:
        was_in, self.was_in = self.was_in, in_corner(pixel, display)
        return by_user and self.was_in and not was_in


def in_corner(pixel: Pixel, display: Display) -> bool:
    x, y = pixel.x - display.origin.x, pixel.y - display.origin.y
    inside = 0 <= x < display.size.width and 0 <= y < display.size.height
    at_side = min(x, display.size.width - 1 - x) < CORNER_PIXELS
    return inside and at_side and min(y, display.size.height - 1 - y) < CORNER_PIXELS
