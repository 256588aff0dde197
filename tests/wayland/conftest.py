"""A GNOME session for the tests: the one that gnome.sh has opened around them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import Rig
from screenagent.desktop.testing.probe import NOTHING_ELSE, Probe, Shows
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys, GnomePointer
from screenagent.desktop.wayland.gnome_session import GnomeLink
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

SHIFT: Final = 42


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/wayland/" in item.nodeid:
            item.add_marker(pytest.mark.wayland)


@dataclass(frozen=True)
class Person:
    """Somebody else at the session: a client with a mouse and a keyboard of its own."""

    hand: GnomeHand

    @property
    def pointer(self) -> GnomePointer:
        return GnomePointer(self.hand, asked=lambda: None)

    @property
    def keys(self) -> GnomeKeys:
        return GnomeKeys(self.hand)

    def tap(self, *names: str) -> None:
        strokes = [self.keys.named(name) or self.keys.find(name) for name in names]
        for stroke in strokes:
            assert stroke
            self.keys.send(stroke, pressed=True)
        for stroke in reversed(strokes):
            assert stroke
            self.keys.send(stroke, pressed=False)


@pytest.fixture(scope="session", autouse=True)
def person() -> Iterator[Person]:
    """There from the start: programs see a mouse and a keyboard in the session only once one was used."""
    assert os.environ.get("SHELL_PID"), "run these tests inside tests/wayland/gnome.sh, as `make wayland` does"
    with closing(GnomeLink()) as link, closing(GnomeHand(link)) as hand:
        person = Person(hand)
        person.pointer.move(Pixel(x=5, y=300))
        person.tap("shift")
        yield person


class GnomeRig(Rig):
    """A rig whose windows have other numbers to the shell than to Xwayland, which shows the probe."""

    @contextmanager
    def probe(self, shows: Shows = NOTHING_ELSE) -> Iterator[Probe]:
        before = {window.id for window in self.desktop.screenshot().managed}
        with Probe(self.display, at=(120, 120), shows=shows) as probe:
            self.desktop.activate(self._opened(before))
            yield probe

    def _opened(self, before: set[int]) -> Window:
        found: list[Window] = []

        def is_there() -> bool:
            found[:] = [window for window in self.desktop.screenshot().managed if window.id not in before]
            return bool(found)

        assert Control().until(is_there, seconds=5.0), "the probe's window is not there"
        return found[0]


def open_desktop(control: Control) -> LocalDesktop:
    return LocalDesktop(control=control)


@pytest.fixture
def rig() -> Iterator[GnomeRig]:
    with LocalDesktop() as desktop:
        opened: Callable[[Control], LocalDesktop] = open_desktop
        yield GnomeRig(desktop, os.environ["DISPLAY"], opened)
