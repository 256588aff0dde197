"""Whether somebody can be reached behind the screen of Sway: nothing is sent where something takes all input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pywayland")

from screenagent.desktop.platform import open_lock
from screenagent.desktop.session_lock import LOCKED, OFF
from screenagent.desktop.wayland import screen_lock
from screenagent.desktop.wayland.screen_lock import UNFOCUSED, WaylandLock, open_wayland_lock, running, why_no_input
from screenagent.desktop.wayland.session import session_of
from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway
from tests.desktop.wayland.layer_surface import all_keys_taken
from tests.desktop.wayland.session_bus import session_bus
from tests.desktop.x11.test_screen_lock import Saver


@dataclass
class FakeSway:
    """Tells a workspace with one window."""

    focused: str = "window"
    power: list[dict[str, Any]] = field(default_factory=lambda: [{"active": True, "power": True}])

    def tree(self) -> Any:
        window = {"focused": self.focused == "window", "nodes": [], "floating_nodes": []}
        workspace = {"focused": self.focused == "workspace", "nodes": [], "floating_nodes": [window]}
        return {"focused": False, "nodes": [{"focused": False, "nodes": [workspace]}]}

    def outputs(self) -> Any:
        return self.power


@pytest.fixture(autouse=True)
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No locker of this machine counts."""
    monkeypatch.setattr(screen_lock, "PROCESSES", tmp_path)
    return tmp_path


@pytest.mark.parametrize("focused", ["window", "workspace"])
def test_where_something_has_the_focus_an_input_can_be_sent(focused: str) -> None:
    assert why_no_input(FakeSway(focused)) is None


def test_where_nothing_has_the_focus_that_is_said(processes: Path) -> None:
    assert why_no_input(FakeSway("")) == UNFOCUSED
    (processes / "12").mkdir()
    (processes / "12" / "comm").write_text("swaylock\n")
    assert list(running(["swaylock"])) == ["swaylock"]
    assert why_no_input(FakeSway("")) == "the screen is locked by swaylock, so the agent waits"
    assert why_no_input(FakeSway("window")) is None  # it may serve another session


@pytest.mark.parametrize(
    ("outputs", "why"),
    [
        ([{"active": True, "power": False}], OFF),
        ([{"active": True, "dpms": False}], OFF),  # as Sway 1.7 calls it
        ([{"active": True, "dpms": False}, {"active": True, "dpms": True}], None),
        ([{"active": True, "power": False}, {"active": False, "power": True}], OFF),
        ([{"active": True}], None),
    ],
)
def test_a_screen_that_is_off_is_told(outputs: list[dict[str, Any]], why: str | None) -> None:
    assert why_no_input(FakeSway(power=outputs)) == why


def test_a_session_without_x_has_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-that-is-not-there")
    monkeypatch.delenv("DISPLAY", raising=False)
    with ExitStack() as stack:
        assert isinstance(open_lock(stack), WaylandLock)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway")) as rig:
        yield rig


@pytest.fixture
def lock(rig: HeadlessRig) -> Iterator[WaylandLock]:
    with ExitStack() as stack:
        yield open_wayland_lock(stack, rig.session)


@pytest.mark.display
def test_a_locker_of_sway_is_noticed_though_no_bus_tells_of_it(rig: HeadlessRig, lock: WaylandLock) -> None:
    assert lock() is None
    with all_keys_taken(rig.session):
        assert lock() == UNFOCUSED
    rig.foot("in front")
    eventually(lambda: "in front" in str(lock.sway and lock.sway.tree()))
    assert lock() is None
    with all_keys_taken(rig.session):
        assert lock() == UNFOCUSED
    assert lock() is None


@pytest.mark.display
def test_who_locks_the_session_is_asked_without_x(tmp_path: Path) -> None:
    with session_bus(tmp_path) as address:
        session = session_of({"WAYLAND_DISPLAY": "wayland-9", "DBUS_SESSION_BUS_ADDRESS": address})
        assert session
        with Saver(address, "org.gnome.ScreenSaver") as saver, closing(WaylandLock(session)) as lock:
            assert lock() is None
            saver.answer = True
            assert lock() == LOCKED
