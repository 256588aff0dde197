"""The mouse sends what a hand would."""

from __future__ import annotations

from dataclasses import dataclass, field

from screenagent.control import Control
from screenagent.desktop.mouse import Mouse
from screenagent.desktop.sent_input import HeldInput, SentInput
from screenagent.geometry import Pixel


@dataclass
class Pointed:
    """A pointer that only notes where it was moved."""

    places: list[Pixel] = field(default_factory=lambda: [Pixel(x=0, y=0)])

    @property
    def position(self) -> Pixel:
        return self.places[-1]

    def move(self, pixel: Pixel) -> None:
        self.places.append(pixel)

    def button(self, button: int, *, pressed: bool) -> None: ...

    def physical(self, button: int) -> int:
        return button

    def turn_wheel(self, button: int) -> None: ...


def test_a_hover_is_two_motions_that_end_at_the_place() -> None:
    pointer, ledger = Pointed(), SentInput()
    mouse = Mouse(pointer, control=Control(), held=HeldInput(None, ledger=ledger), ledger=ledger)
    for place in (Pixel(x=70, y=30), Pixel(x=0, y=0)):
        pointer.places.clear()
        mouse.hover(place)
        assert len(pointer.places) == 2
        assert pointer.places[1] == place
        assert pointer.places[0] != place
