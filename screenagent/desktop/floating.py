"""What lies above the windows without being one to work in: open menus and drop-down lists, and tips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class FloatingArea(NamedTuple):
    """A rectangle in the input space; right and bottom are beyond it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Floating:
    popups: tuple[FloatingArea, ...] = ()
    tips: tuple[FloatingArea, ...] = ()
