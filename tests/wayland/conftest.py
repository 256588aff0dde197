"""A GNOME session for the tests: the one that gnome.sh has opened around them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import pytest

from screenagent.control import Control, until
from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import Rig
from screenagent.desktop.testing.probe import NOTHING_ELSE, Probe, Shows
from screenagent.desktop.wayland.gnome_bus import SessionBus
from screenagent.desktop.wayland.gnome_hand import GnomeHand, GnomeKeys
from screenagent.desktop.wayland.gnome_session import GnomeLink
from screenagent.desktop.wayland.gnome_windows import ShellExtension, ShellWindow
from screenagent.geometry import Pixel
from screenagent.screenshot import Window

AT: Final = (120, 140)
SIZE: Final = (640, 400)
PUT_SECONDS: Final = 0.2  # a window that has stayed where it was put for so long stays there


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/wayland/" in item.nodeid:
            item.add_marker(pytest.mark.wayland)


@dataclass(frozen=True)
class Person:
    """Somebody else at the session: a client with a mouse, a keyboard and a clipboard of its own."""

    link: GnomeLink
    hand: GnomeHand

    def move(self, x: int, y: int) -> None:
        self.hand.send(lambda sender: sender.move(x, y))

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Meanwhile a key is held."""
        keys = GnomeKeys(self.hand)
        stroke = keys.named(name)
        assert stroke
        keys.send(stroke, pressed=True)
        try:
            yield
        finally:
            keys.send(stroke, pressed=False)

    def tap(self, *names: str) -> None:
        keys = GnomeKeys(self.hand)
        strokes = [keys.named(name) or keys.find(name) for name in names]
        for pressed in (True, False):
            for stroke in strokes if pressed else reversed(strokes):
                assert stroke
                keys.send(stroke, pressed=pressed)


@pytest.fixture(scope="session", autouse=True)
def person() -> Iterator[Person | None]:
    """There from the start: programs see a mouse and a keyboard in the session only once one was used."""
    if os.environ.get("PIPEWIRE") == "no":  # where nobody can be
        yield None
        return
    assert os.environ.get("SHELL_PID"), "run these tests inside tests/wayland/gnome.sh, as `make wayland` does"
    with closing(GnomeLink()) as link, closing(GnomeHand(link, group=lambda: 0)) as hand:
        person = Person(link, hand)
        person.move(5, 300)
        person.tap("shift")
        yield person


@pytest.fixture
def shell(person: Person) -> ShellExtension:
    return ShellExtension(person.link.bus)


class MovedChild:
    """A probe's process whose places in its window are told as places on the screen."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.corner = Pixel(x=0, y=0)

    def hear(self, seconds: float) -> dict[str, Any] | None:
        said = self._child.hear(seconds)
        if said is not None and said["event"] in ("press", "release", "motion"):
            said |= {"x": said["x"] + self.corner.x, "y": said["y"] + self.corner.y}
        return said

    def kill(self) -> None:
        self._child.kill()


class GnomeProbe(Probe):
    """A probe of GTK that the shell has put where it is."""

    def __init__(self, shell: ShellExtension, *, shows: Shows) -> None:
        super().__init__("", at=AT, shows=shows)
        self._shell = shell
        self._put_at = float("inf")

    def __enter__(self) -> Self:
        before = {each.window.id for each in self._shell.look().windows}
        child = MovedChild(
            Child(module_command("tests.wayland.gtk_probe", *self._options), environment=dict(os.environ))
        )
        self._child = child  # type: ignore[assignment]
        try:
            self.window = self._opened(before).window.id
            assert until(self._is_put, seconds=3.0, poll=0.1), self._place()
            self._corner = child.corner = Pixel(x=AT[0], y=AT[1])
            self.wait_for("ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        assert until(lambda: not self._shell.look().called(self.window), seconds=3.0)

    def _opened(self, before: set[int]) -> ShellWindow:
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            for each in self._shell.look().managed():
                if each.window.id not in before and each.window.title == "Probe":
                    return each
            time.sleep(0.02)
        raise AssertionError("the probe's window is not there")

    def _is_put(self) -> bool:
        """Have the shell put the window there, which it may forget of one that is just coming up."""
        if self._place()[:2] != AT:
            self._shell.call("Arrange", "t(iiii)", self.window, (*AT, *SIZE))
            self._put_at = time.monotonic()
        return time.monotonic() > self._put_at + PUT_SECONDS

    def _place(self) -> tuple[int, ...]:
        found = self._shell.look().called(self.window)
        return tuple(found.frame) if found else ()


@dataclass(frozen=True)
class GnomeRig(Rig):
    @contextmanager
    def probe(self, shows: Shows = NOTHING_ELSE) -> Iterator[Probe]:
        bus = SessionBus()
        with closing(bus), GnomeProbe(ShellExtension(bus), shows=shows) as probe:
            self.desktop.activate(Window(id=probe.window, title="Probe"))
            yield probe


def open_desktop(control: Control) -> LocalDesktop:
    return LocalDesktop(control=control)


@pytest.fixture
def rig() -> Iterator[GnomeRig]:
    with LocalDesktop() as desktop:
        yield GnomeRig(desktop, "", open_desktop)
