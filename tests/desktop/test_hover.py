"""The picture with the mouse already at its target, on made-up screens with a made-up clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from screenagent.desktop.ambient_changes import AmbientChanges
from screenagent.desktop.frames import CapturedFrame, FramePoint, ScreenFrame
from screenagent.desktop.hover import HOVER_SECONDS, KNOWN_AFTER, STILL_SECONDS, UNKNOWN_SECONDS, Hovering, HoverTimes
from screenagent.geometry import Display, Size

DISPLAY = Display(name="screen", size=Size(width=320, height=200))
BUTTON, ROW = FramePoint(100, 100), FramePoint(30, 30)
Shade = Callable[[float], int]


@dataclass
class Screen:
    """A button under the mouse and the row that the mouse left, each in a colour that depends on the time."""

    button: Shade = lambda _: 0
    row: Shade = lambda _: 0
    film: Shade = lambda _: 0
    time: float = 0.0
    times: HoverTimes = field(default_factory=HoverTimes)
    lag: float = 0.0

    def look(self) -> CapturedFrame:
        self.time += 0.001
        return CapturedFrame(self.at(self.time), DISPLAY)

    def at(self, moment: float) -> ScreenFrame:
        frame = np.zeros((200, 320), dtype=np.uint32)
        frame[90:110, 80:120] = self.button(moment)
        frame[20:40, 10:60] = self.row(moment)
        frame[120:200, 200:320] = self.film(moment)
        return frame

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def hovered(self) -> ScreenFrame:
        self.time = 0.0
        hovering = Hovering(
            look=self.look,
            now=lambda: self.time,
            wait=self.wait,
            ambient=AmbientChanges(),
            places=(ROW, BUTTON),
            times=self.times,
            lag=self.lag,
        )
        return hovering.frame(self.at(-1.0)).pixels


def lit(since: float, *, fade: float = 0.0) -> Shade:
    """From `since` on, after steps of a frame each for as long as it fades."""
    return lambda moment: (
        0 if moment < since else 9 if moment >= since + fade else 1 + int((moment - since) / 0.017) % 8
    )


@pytest.mark.parametrize("latency", [0.009, 0.024, 0.037])
def test_what_lights_up_under_the_mouse_is_in_the_picture(latency: float) -> None:
    screen = Screen(button=lit(latency))
    assert screen.hovered()[100, 100] == 9
    assert screen.time < latency + STILL_SECONDS + 0.02


def test_where_pictures_lag_what_lights_up_is_waited_for_by_so_much_longer() -> None:
    shown_at = UNKNOWN_SECONDS + 0.02
    assert Screen(button=lit(shown_at)).hovered()[100, 100] == 0
    assert Screen(button=lit(shown_at), lag=0.04).hovered()[100, 100] == 9


def test_a_fade_is_waited_for_to_its_end() -> None:
    screen = Screen(button=lit(0.03, fade=0.17))
    assert screen.hovered()[100, 100] == 9


def test_what_the_mouse_has_left_is_waited_for() -> None:
    assert Screen(row=lit(0.03)).hovered()[30, 30] == 9


def test_what_never_rests_under_the_mouse_is_not_waited_for_long() -> None:
    screen = Screen(button=lambda moment: int(moment / 0.01) + 200)
    screen.hovered()
    assert HOVER_SECONDS <= screen.time < HOVER_SECONDS + 0.02


def test_a_film_elsewhere_holds_nothing_up() -> None:
    screen = Screen(film=lambda moment: int(moment / 0.01) + 200)
    screen.hovered()
    assert screen.time < UNKNOWN_SECONDS + 0.02


def test_an_application_that_lights_nothing_up_is_soon_waited_for_no_longer() -> None:
    screen = Screen()
    for _ in range(KNOWN_AFTER):
        screen.hovered()
        assert screen.time >= UNKNOWN_SECONDS
    screen.hovered()
    assert screen.time < UNKNOWN_SECONDS / 2


def test_an_application_that_lights_up_late_is_still_waited_for() -> None:
    screen = Screen(button=lit(0.037))
    for _ in range(KNOWN_AFTER):
        screen.hovered()
    screen.button = lit(0.045)
    assert screen.hovered()[100, 100] == 9
