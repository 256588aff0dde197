"""The mouse sends what a hand would."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from screenagent.control import Control
from screenagent.desktop.mouse import Mouse
from screenagent.desktop.sent_input import HeldInput, SentInput
from screenagent.geometry import Pixel


@dataclass
class Pointed:
    """A pointer that only notes where it was moved."""

    deaf_seconds = 0.0
    is_told = True

    places: list[Pixel] = field(default_factory=lambda: [Pixel(x=0, y=0)])
    times: list[float] = field(default_factory=list)
    presses: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def position(self) -> Pixel:
        return self.places[-1]

    def move(self, pixel: Pixel) -> None:
        self.places.append(pixel)
        self.times.append(time.monotonic())

    def button(self, button: int, *, pressed: bool) -> None:
        self.presses.append((time.monotonic(), pressed))

    def physical(self, button: int) -> int:
        return button

    def turn_wheel(self, button: int) -> None: ...


def test_a_hover_is_two_motions_that_end_at_the_place() -> None:
    pointer, ledger = Pointed(), SentInput()
    mouse = Mouse(pointer, control=Control(), held=HeldInput(ledger=ledger), ledger=ledger)
    for place in (Pixel(x=70, y=30), Pixel(x=0, y=0)):
        pointer.places.clear()
        mouse.hover(place)
        assert len(pointer.places) == 2
        assert pointer.places[1] == place
        assert pointer.places[0] != place


def test_where_the_mouse_is_not_told_it_may_always_have_come() -> None:
    pointer, ledger = Pointed(), SentInput()
    mouse = Mouse(pointer, control=Control(), held=HeldInput(ledger=ledger), ledger=ledger)
    assert not mouse.may_have_come(mouse.position)
    pointer.is_told = False
    assert mouse.may_have_come(mouse.position)


@pytest.mark.slow
def test_a_slow_drag_is_a_long_press_a_start_and_a_way_in_small_steps_and_a_stay_at_its_end() -> None:
    pointer, ledger = Pointed(), SentInput()
    mouse = Mouse(pointer, control=Control(), held=HeldInput(ledger=ledger), ledger=ledger)
    start, end = Pixel(x=20, y=20), Pixel(x=140, y=60)
    mouse.move(start)
    pointer.times.clear()
    mouse.drag((start, end), button="left", slowly=True)
    (pressed_at, _), (released_at, _) = pointer.presses
    assert pointer.times[0] - pressed_at >= 0.7
    assert released_at - pressed_at >= 1.5
    assert released_at - pointer.times[-1] >= 0.25
    assert pointer.places[-1] == end
    way = pointer.places[pointer.places.index(start) :]
    assert max(math.dist((a.x, a.y), (b.x, b.y)) for a, b in pairwise(way)) < 30
