"""What the user does at mouse and keyboard beside the agent: stops it, answers it, or touches them, and it waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from screenagent.control import Control
from screenagent.geometry import Display, Pixel
from screenagent.keys import ONLY_STOP, UserKeys

if TYPE_CHECKING:
    from screenagent.desktop.local import LocalDesktop

NUDGE_PIXELS: Final = 4  # a mouse on a table that shakes moves less
CORNER_PIXELS: Final = 2
SOON_SECONDS: Final = 1.0  # a mouse that is thrown into a corner is there within this of its first movement
TOUCHED: Final = "you touched the {what}, so the agent waits"


@dataclass(frozen=True, kw_only=True)
class MonitorOptions:
    """What of the user's doings counts. A corner does not once the agent has waited for a while: the user works."""

    keys: UserKeys = ONLY_STOP
    corner: bool = True
    touch: bool = True


EVERYTHING: Final = MonitorOptions()


class UserInputMonitor:
    """While it is entered, what reaches the desktop is heeded; what the agent sent itself is in the desktop's ledger.

    The desktop's system listens, in threads of its own, and calls what is public here.
    """

    def __init__(self, desktop: LocalDesktop, *, control: Control, heeds: MonitorOptions = EVERYTHING) -> None:
        self._desktop = desktop
        self.control, self.heeds, self.ledger = control, heeds, desktop.ledger
        self._in_corner = False
        self._rest: Pixel | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._desktop.listen(stack, self)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def chords(self) -> tuple[tuple[tuple[str, ...], Callable[[], None]], ...]:
        """The keys that stop the agent, say yes and say no, each with what it does; empty keys are not heard."""
        keys, answered = self.heeds.keys, self.control.answer_by_key
        return (
            (keys.stop, self.control.stop),
            (keys.yes, partial(answered, "yes")),
            (keys.no, partial(answered, "no")),
        )

    def moved(self, place: Pixel, *, by_user: bool, over_own: Callable[[Pixel], bool] = lambda _: False) -> None:
        """The mouse has come to `place`; one that is over the terminal that we run in touches nothing."""
        was_in, self._in_corner = self._in_corner, in_corner(place, self._desktop.display)
        entered = by_user and self._in_corner and not was_in  # where the agent put the mouse, it may be
        if entered and self.heeds.corner and self.control.paused_for < SOON_SECONDS:
            self.control.stop()
        if not by_user or self._rest is None:
            self._rest = place
        elif max(abs(place.x - self._rest.x), abs(place.y - self._rest.y)) >= NUDGE_PIXELS:
            self._rest = place
            if not over_own(place):
                self.touched("mouse")

    def touched(self, what: str) -> None:
        """The user has touched the mouse or the keyboard, elsewhere than in the terminal that we run in."""
        if self.heeds.touch and not self.control.expects_a_hand:
            self.control.interrupt(TOUCHED.format(what=what))


ListenToUser = Callable[[ExitStack, UserInputMonitor], None]
"""Tells the monitor what the user does, until the stack is closed. `NoDesktop` if that cannot be heard."""


def in_corner(pixel: Pixel, display: Display) -> bool:
    x, y = pixel.x - display.origin.x, pixel.y - display.origin.y
    inside = 0 <= x < display.size.width and 0 <= y < display.size.height
    at_side = min(x, display.size.width - 1 - x) < CORNER_PIXELS
    return inside and at_side and min(y, display.size.height - 1 - y) < CORNER_PIXELS
