"""Which popup is the tooltip of the place where the mouse rests, and when it has come and gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from screenagent.desktop.floating import FloatingArea
from screenagent.desktop.tooltips import (
    GONE_SECONDS,
    PATIENCE_SECONDS,
    STALE_SECONDS,
    Popups,
    PopupWindow,
    TooltipWatch,
)

AREA, ELSEWHERE = FloatingArea(100, 60, 180, 80), FloatingArea(140, 60, 240, 80)
TIP = PopupWindow(AREA, is_tooltip=True, is_typed=True)
MENU = PopupWindow(AREA, is_tooltip=False, is_typed=True)
UNTYPED = PopupWindow(AREA, is_tooltip=False, is_typed=False)
LIST = PopupWindow(FloatingArea(100, 60, 300, 400), is_tooltip=False, is_typed=False)


@dataclass
class FakeScreen:
    """Popups and what they show, by the second from which on they are there."""

    popups: Mapping[float, Popups]
    pixels: Mapping[float, int] = field(default_factory=lambda: {0: 1})
    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def shown(self) -> Popups:
        return self.popups[max(at for at in self.popups if at <= self.seconds)]

    def look(self, _area: FloatingArea) -> NDArray[np.uint8]:
        return np.full((2, 2), self.pixels[max(at for at in self.pixels if at <= self.seconds)], np.uint8)

    @property
    def watch(self) -> TooltipWatch:
        return TooltipWatch(look=self.look, popups=self.shown, now=self.now, wait=self.wait)


def test_a_tooltip_that_comes_and_stands_still_is_found() -> None:
    screen = FakeScreen({0: {}, 0.5: {1: TIP}})
    assert screen.watch.tooltip({}) == AREA
    assert 0.55 < screen.seconds < 0.65


def test_what_a_tooltip_shows_has_to_stand_still_first() -> None:
    screen = FakeScreen({0: {1: TIP}}, pixels={0: 1, 0.04: 2, 0.08: 3, 0.12: 4})
    assert screen.watch.tooltip({}) == AREA
    assert screen.seconds > 0.17


def test_where_none_comes_it_is_given_up() -> None:
    screen = FakeScreen({0: {}})
    assert screen.watch.tooltip({}) is None
    assert screen.seconds >= PATIENCE_SECONDS


def test_a_window_that_only_moves_is_another_tooltip() -> None:
    screen = FakeScreen({0: {1: TIP}, 0.1: {1: TIP._replace(area=ELSEWHERE)}})
    assert screen.watch.tooltip({1: TIP}) == ELSEWHERE
    assert screen.seconds < STALE_SECONDS


def test_a_tooltip_that_stands_as_before_counts_only_after_a_while() -> None:
    screen = FakeScreen({0: {1: TIP}})
    assert screen.watch.tooltip({1: TIP}) == AREA
    assert screen.seconds >= STALE_SECONDS


def test_the_tooltip_of_the_place_before_is_not_taken_for_this_one() -> None:
    screen = FakeScreen({0: {1: TIP}, 0.2: {}})
    assert screen.watch.tooltip({1: TIP}) is None


def test_menus_and_lists_that_open_are_no_tooltips() -> None:
    assert FakeScreen({0: {1: MENU, 2: LIST}}).watch.tooltip({}) is None


def test_a_small_popup_that_says_nothing_of_itself_may_be_one() -> None:
    assert FakeScreen({0: {1: UNTYPED}}).watch.tooltip({}) == AREA


def test_it_is_waited_until_a_tooltip_has_gone() -> None:
    screen = FakeScreen({0: {1: TIP}, 0.3: {}})
    assert screen.watch.gone()
    assert 0.3 <= screen.seconds < 0.35


def test_a_tooltip_that_stays_is_not_waited_for_long() -> None:
    screen = FakeScreen({0: {1: TIP}})
    assert not screen.watch.gone()
    assert screen.seconds < GONE_SECONDS + 0.1
