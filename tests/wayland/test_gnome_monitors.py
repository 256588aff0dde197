"""Two monitors, one of them scaled, and one that changes in mid-run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from screenagent.actions import Click, Move
from screenagent.control import until
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input, shows_answer
from screenagent.desktop.wayland.gnome_session import CONFIG, gnome_monitors
from screenagent.geometry import Location, Point, Size
from tests.wayland.conftest import GnomeRig, Person, open_desktop

pytestmark = pytest.mark.skipif(not os.environ.get("SECOND"), reason="a session with two monitors: SECOND=1024x768")

TEMPORARY = 1


@contextmanager
def laid_out(person: Person, *layout: tuple[int, int, float, str]) -> Iterator[None]:
    """Meanwhile the monitors lie so: left, top, scale and connector each, the first one being the primary."""
    bus = person.link.bus
    before = gnome_monitors(bus)
    apply(bus, layout)
    try:
        yield
    finally:
        apply(bus, [(place.left, place.top, 1.0, place.name) for place in (monitor.place for monitor in before)])


def apply(bus: Any, layout: Any) -> None:
    serial, monitors, _, _ = bus.call(CONFIG, "GetCurrentState")
    modes = {names[0]: next(mode[0] for mode in offered) for names, offered, _ in monitors}
    logical: list[tuple[Any, ...]] = [
        (left, top, scale, 0, number == 0, [(name, modes[name], {})])
        for number, (left, top, scale, name) in enumerate(layout)
    ]
    bus.call(CONFIG, "ApplyMonitorsConfig", "uua(iiduba(ssa{sv}))a{sv}", serial, TEMPORARY, logical, {})


def center() -> Location:
    return Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="test")


def test_both_monitors_are_listed_and_reached(person: Person) -> None:
    with LocalDesktop(monitor="Meta-1") as desktop:
        assert [display.name for display in desktop.displays()] == ["Meta-0", "Meta-1"]
        assert desktop.display.size == Size(width=1024, height=768)
        perform_input(desktop, Move(target="middle"), center())
        assert until(lambda: (found := desktop._windows.under_pointer()) is None or bool(found), seconds=0.1)
        assert desktop.pointer() == desktop.display.pixel(Point(x=0.5, y=0.5))


@pytest.mark.parametrize("scale", [1.25, 1.5, 2.0])
def test_a_click_hits_on_a_scaled_monitor(person: Person, scale: float) -> None:
    layout = laid_out(person, (0, 0, scale, "Meta-0"), (round(1920 / scale), 0, 1.0, "Meta-1"))
    with layout, LocalDesktop() as desktop, GnomeRig(desktop, "", open_desktop).probe() as probe:
        assert desktop.display.scale == pytest.approx(scale, rel=0.01)
        assert desktop.screenshot().size == Size(width=1920, height=1080)
        perform_input(desktop, Click(target="one"), probe.location("one", desktop.display))
        press = probe.wait_for("press")
        pixel = probe.pixel("one")
        assert abs(press["x"] - pixel.x) <= 1
        assert abs(press["y"] - pixel.y) <= 1
        probe.wait_for("painted")
        assert shows_answer(probe, desktop.settled(lambda shot: shows_answer(probe, shot, 1)), 1)


def test_a_monitor_that_changes_in_mid_run_is_followed(person: Person) -> None:
    with LocalDesktop() as desktop:
        first = desktop.screenshot().display
        with laid_out(person, (0, 0, 2.0, "Meta-0"), (960, 0, 1.0, "Meta-1")):
            assert until(lambda: desktop.screenshot().display.scale == 2.0, seconds=3.0)
        assert until(lambda: desktop.screenshot().display == first, seconds=3.0)


def test_a_monitor_that_is_switched_off_gives_way_to_the_other(person: Person) -> None:
    with LocalDesktop(monitor="Meta-1") as desktop:
        with laid_out(person, (0, 0, 1.0, "Meta-0")):
            assert until(lambda: desktop.screenshot().display.name == "Meta-0", seconds=3.0)
        assert until(lambda: desktop.screenshot().display.name == "Meta-1", seconds=3.0)


def test_places_are_those_of_the_layout(person: Person) -> None:
    with laid_out(person, (0, 0, 2.0, "Meta-0"), (960, 0, 1.0, "Meta-1")):
        places = [monitor.place for monitor in gnome_monitors(person.link.bus)]
    assert places == [MonitorPlace("Meta-0", 0, 0, 960, 540, 2.0), MonitorPlace("Meta-1", 960, 0, 1024, 768, 1.0)]
