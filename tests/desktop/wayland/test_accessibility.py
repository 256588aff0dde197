"""What programs of a Wayland session say of their controls, against the picture and against what clicks reach."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from screenagent.desktop.accessibility.at_spi import AtSpi
from screenagent.desktop.floating import Floating, FloatingArea
from screenagent.geometry import Display, Pixel, PixelBox, Size
from screenagent.screenshot import Element, Screenshot, Window
from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway
from tests.desktop.wayland.session_bus import session_bus

pytest.importorskip("pywayland")

from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession, session_of
from screenagent.desktop.wayland.sway_ipc import SwayIpc, sway_socket
from screenagent.desktop.wayland.window_places import WaylandWindowPlaces, accessibility_address
from screenagent.desktop.wayland.wlroots_hand import WlrootsPointer
from screenagent.desktop.wayland.wlroots_screen import WlrootsPictures

pytestmark = pytest.mark.display

SYSTEM_PYTHON: Final = "/usr/bin/python3"
PROGRAM: Final = Path(__file__).with_name("controls_program.py")
MAGENTA: Final = 0xFFFF00FF
PLAIN, FINE = "HEADLESS-1", "HEADLESS-2"
SHOWN: Final = {
    PLAIN: Display(name=PLAIN, size=Size(width=1280, height=720)),
    FINE: Display(name=FINE, origin=Pixel(x=1280, y=0), size=Size(width=800, height=400), scale=1.5),
}


class TreeWindows:
    """The windows in Sway's tree, without frames."""

    def __init__(self, ipc: SwayIpc) -> None:
        self._ipc = ipc

    def all(self) -> list[tuple[Window, FloatingArea]]:
        return list(self._lying(self._ipc.tree()))

    def edges(self, window: Window) -> tuple[int, int, int, int] | None:
        area = next((area for lying, area in self.all() if lying.id == window.id), None)
        return (area.left, area.top, area.right, area.bottom) if area else None

    def floating(self) -> Floating:
        return Floating(windows=tuple(self.all()))

    def _lying(self, node: Any) -> Iterator[tuple[Window, FloatingArea]]:
        if "shell" in node:
            at = node["rect"]
            area = FloatingArea(at["x"], at["y"], at["x"] + at["width"], at["y"] + at["height"])
            yield Window(id=node["id"], title=node["name"] or "", pid=node["pid"]), area
        for child in (*node["nodes"], *node["floating_nodes"]):
            yield from self._lying(child)


class AccessibleRig:
    """Programs with controls on a headless Sway."""

    def __init__(self, sway: HeadlessRig, session: WaylandSession, stack: ExitStack) -> None:
        self._sway, self.session = sway, session
        socket = sway_socket(sway.session)
        assert socket
        self.ipc = stack.enter_context(closing(SwayIpc(socket)))
        self.windows = TreeWindows(self.ipc)
        self.pictures = stack.enter_context(closing(WlrootsPictures(sway.session)))
        self.mouse = stack.enter_context(closing(WlrootsPointer(sway.session, SendClock())))
        places = WaylandWindowPlaces(session, self.windows)
        self.programs = stack.enter_context(closing(AtSpi(lambda: places, seconds=5)))

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        return self._sway.start(*command, **self.session.leads, NO_AT_BRIDGE="0", GTK_A11Y="atspi")

    def window(self, title: str) -> Window:
        def found() -> Window | None:
            return next((window for window, _ in self.windows.all() if title in window.title), None)

        eventually(found, seen=self.windows.all)
        window = found()
        assert window
        return window

    def told(self, window: Window, monitor: str = PLAIN) -> dict[str, Element]:
        """Return what the program tells now; the name of a control without one is its role."""
        shot = Screenshot(digest="", size=SHOWN[monitor].size, display=SHOWN[monitor], window=window)
        return {element.name or element.role: element for element in self.programs.elements(shot)}

    def controls(self, title: str, *names: str, monitor: str = PLAIN) -> dict[str, Element]:
        """Wait until the window of that title tells of controls with these names."""
        window = self.window(title)
        eventually(
            lambda: set(names) <= set(self.told(window, monitor)),
            seen=lambda: (self.told(window, monitor), self.windows.all()),
        )
        return self.told(window, monitor)

    def click(self, element: Element, monitor: str = PLAIN) -> None:
        self.mouse.move(SHOWN[monitor].pixel(element.box.center))
        for pressed in (True, False):
            self.mouse.button(1, pressed=pressed)

    def choose(self, title: str, name: str) -> None:
        """Click an entry of a list that opens. A list takes no notice of a mouse that was there before it and rests."""

        def is_pointed_at() -> bool:
            middle = SHOWN[PLAIN].pixel(self.controls(title, name)[name].box.center)
            self.mouse.move(Pixel(x=middle.x + 1, y=middle.y))
            self.mouse.move(middle)
            return "selected" in self.controls(title, name)[name].states

        eventually(is_pointed_at, seen=lambda: self.controls(title, name))
        self.click(self.controls(title, name)[name])

    def magenta(self, monitor: str) -> PixelBox:
        """Return the edges in the picture of what has that colour."""
        rows, columns = np.nonzero(self.pictures.grab(monitor) == MAGENTA)
        assert len(rows), "it is not on the screen"
        return PixelBox(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessibleRig]:
    folder = tmp_path_factory.mktemp("sway")
    with ExitStack() as stack:
        sway = stack.enter_context(headless_sway(folder))
        address = stack.enter_context(session_bus(folder))
        session = session_of({**sway.session.leads, "DBUS_SESSION_BUS_ADDRESS": address})
        assert session
        yield AccessibleRig(sway, session, stack)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "used"


@pytest.fixture
def start(rig: AccessibleRig, log: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the program with controls by a version of GTK; it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(version: str, *options: str, title: str = "Rig") -> subprocess.Popen[bytes]:
        needed = f"import gi; gi.require_version('Gtk', '{version}.0')"
        if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", needed], check=False).returncode:
            pytest.skip(f"needs the system's Python with GTK {version}, which this machine does not have")
        started.append(rig.start(SYSTEM_PYTHON, str(PROGRAM), version, title, str(log), *options))
        return started[-1]

    yield begin
    for program in started:
        program.kill()
        program.wait()
    eventually(lambda: not rig.windows.all(), seen=rig.windows.all)


def reached(log: Path) -> list[str]:
    return log.read_text().split("\n")[:-1] if log.exists() else []


@pytest.mark.parametrize("version", ["3", "4"])
@pytest.mark.parametrize("options", [(), ("frame",)], ids=["bare", "own frame"])
def test_a_click_reaches_the_control_that_was_told(
    rig: AccessibleRig, start: Callable[..., object], log: Path, version: str, options: Sequence[str]
) -> None:
    start(version, *options)
    told = rig.controls("Rig", "Go", "Ticked", "Unticked")
    picture = rig.magenta(PLAIN)
    box = told["Go"].box.exact_pixels(SHOWN[PLAIN].size)
    if version == "3":
        assert box.rounded == picture
    else:  # its padding is not told
        assert box.center == pytest.approx(picture.center, abs=1)
    rig.click(told["Ticked"])
    eventually(lambda: reached(log) == ["Ticked"], seen=lambda: (reached(log), told))


def states_of(element: Element) -> set[str]:
    return set(element.states - {"focused"})


@pytest.mark.parametrize("version", ["3", "4"])
def test_states_are_those_that_the_program_tells(
    rig: AccessibleRig, start: Callable[..., object], version: str
) -> None:
    start(version)
    told = rig.controls("Rig", "Go", "Off", "Ticked", "Unticked", "Toggle")
    assert "disabled" in states_of(told["Off"])
    assert all("disabled" not in states_of(told[name]) for name in ("Go", "Ticked", "Unticked", "Toggle"))
    assert "checked" in states_of(told["Ticked"])
    assert "unchecked" in states_of(told["Unticked"])
    assert states_of(told["Go"]) == set()
    assert states_of(told["Toggle"]) & {"checked", "pressed"}


def test_at_a_scale_of_one_and_a_half_boxes_fit_the_picture(
    rig: AccessibleRig, start: Callable[..., object], log: Path
) -> None:
    rig.ipc.command("workspace right")
    try:
        start("3")
        told = rig.controls("Rig", "Go", monitor=FINE)
        picture = rig.magenta(FINE)
        box = told["Go"].box.pixels(Size(width=1200, height=600))
        assert all(abs(one - other) <= 1 for one, other in zip(box, picture, strict=True)), (box, picture)
        rig.click(told["Go"], FINE)
        eventually(lambda: reached(log) == ["Go"], seen=lambda: (reached(log), told))
    finally:
        rig.ipc.command("workspace left")


def test_no_hidden_text_is_told(rig: AccessibleRig, start: Callable[..., object]) -> None:
    """GTK 4 gives out what is typed in a field that hides it, and does not say which one that is."""
    start("4")
    window = rig.window("Rig")
    rig.controls("Rig", "Go")
    shot = Screenshot(digest="", size=SHOWN[PLAIN].size, display=SHOWN[PLAIN], window=window)
    fields = [element for element in rig.programs.elements(shot) if element.role == "field"]
    assert [(element.name, element.value) for element in fields] == [("", None), ("", None)]


def test_a_password_is_told_as_dots_where_the_program_says_that_it_is_one(
    rig: AccessibleRig, start: Callable[..., object]
) -> None:
    start("3")
    window = rig.window("Rig")
    rig.controls("Rig", "Go")
    shot = Screenshot(digest="", size=SHOWN[PLAIN].size, display=SHOWN[PLAIN], window=window)
    fields = [element for element in rig.programs.elements(shot) if element.role == "field"]
    assert [element.value for element in fields] == ["open", "••••••"]


def test_of_pages_only_that_is_told_that_is_shown(rig: AccessibleRig, start: Callable[..., object]) -> None:
    start("3")
    told = rig.controls("Rig", "Go")
    assert ("Page One" in told, "Page Two" in told) == (True, False)


def test_of_pages_none_is_told_where_the_program_does_not_say_which_one_is_shown(
    rig: AccessibleRig, start: Callable[..., object]
) -> None:
    """GTK 4.8 says the same of the controls of all pages that have been shown."""
    start("4", "leafing")
    window = rig.window("Rig")
    names = {"Go", "Page One", "Page Two"}
    eventually(lambda: names & set(rig.told(window)) == {"Go"}, seen=lambda: rig.told(window))


def test_of_two_windows_of_one_title_none_is_taken_for_the_other(
    rig: AccessibleRig, start: Callable[..., object]
) -> None:
    start("3", "twice")
    eventually(lambda: len(rig.windows.all()) == 2, seen=rig.windows.all)
    (window, _), _ = rig.windows.all()
    assert rig.told(window) == {}


def test_what_another_window_covers_is_left_out(rig: AccessibleRig, start: Callable[..., object]) -> None:
    start("3", title="Below")
    below = rig.window("Below")
    rig.controls("Below", "Go")
    start("3", title="Above")
    rig.controls("Above", "Go")
    assert rig.told(below) == {}


def test_an_entry_of_a_menu_is_where_it_is_told(rig: AccessibleRig) -> None:
    if shutil.which("mousepad") is None:
        pytest.skip("needs mousepad, which this machine does not have")
    program = rig.start("mousepad")
    rig.click(rig.controls("Mousepad", "File")["File"])
    rig.choose("Mousepad", "Quit")
    eventually(lambda: program.poll() is not None)


def test_an_entry_of_a_drop_down_list_is_where_it_is_told(
    rig: AccessibleRig, start: Callable[..., object], log: Path
) -> None:
    start("3", "frame")
    told = {element.role: element for element in rig.controls("Rig", "Go").values()}
    assert told["dropdown"].value == "Red"
    rig.click(told["dropdown"])
    rig.choose("Rig", "Blue")
    eventually(lambda: reached(log) == ["Blue"], seen=lambda: reached(log))


def test_the_bus_for_accessibility_is_asked_of_the_session(rig: AccessibleRig) -> None:
    assert accessibility_address(rig.session).startswith("unix:")
    told = session_of({**rig.session.leads, "AT_SPI_BUS_ADDRESS": "unix:path=/nowhere"})
    assert told
    assert accessibility_address(told) == "unix:path=/nowhere"
