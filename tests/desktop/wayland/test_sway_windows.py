"""The windows of a real, headless Sway: titles, focus, places, what lies over what, which are our own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from screenagent.control import until
from screenagent.desktop import front
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.own_terminal import WindowArea
from screenagent.geometry import Pixel
from screenagent.protocols import Retry
from screenagent.screenshot import Window
from tests.builders import eventually
from tests.desktop.wayland.headless import HeadlessRig, headless_sway

pytest.importorskip("pywayland")

from screenagent.desktop.screen import ScreenCapture
from screenagent.desktop.wayland import unix_sockets
from screenagent.desktop.wayland.connection import CompositorGone
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.sway_ipc import SwayIpc, sway_socket
from screenagent.desktop.wayland.sway_nodes import monitors_of
from screenagent.desktop.wayland.sway_windows import SwayMonitors, SwayOwnWindows, SwayWindows
from screenagent.desktop.wayland.wlroots_hand import WlrootsPointer
from screenagent.desktop.wayland.wlroots_screen import WlrootsPictures

pytestmark = pytest.mark.display

GREEN, RED = "00ff00", "ff0000"
DIALOG: Final = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="Below")
window.show()
Gtk.Dialog(title="Above", transient_for=window).show()
Gtk.main()
"""


class Place:
    """Where the mouse is said to be."""

    pixel: Pixel | None = None

    def __call__(self) -> Pixel | None:
        return self.pixel


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeadlessRig]:
    with headless_sway(tmp_path_factory.mktemp("sway")) as rig:
        yield rig


@pytest.fixture
def rig(running: HeadlessRig) -> Iterator[HeadlessRig]:
    with closing(SwayIpc(socket_of(running))) as ipc:
        ipc.command("mode default; workspace left")
        yield running
        running.close_programs()
        eventually(lambda: '"shell"' not in str(ipc.tree()).replace("'", '"'))


@pytest.fixture
def mouse() -> Place:
    return Place()


@pytest.fixture
def windows(rig: HeadlessRig, mouse: Place) -> Iterator[SwayWindows]:
    with closing(SwayWindows(socket_of(rig), pointer=mouse)) as opened:
        yield opened


@pytest.fixture
def ipc(rig: HeadlessRig) -> Iterator[SwayIpc]:
    with closing(SwayIpc(socket_of(rig))) as opened:
        yield opened


def socket_of(rig: HeadlessRig) -> str:
    path = sway_socket(rig.session)
    assert path
    return path


def came(windows: SwayWindows, *titles: str) -> list[Window]:
    """Wait until windows with these titles are there, and return them in this order."""

    def there() -> bool:
        return set(titles) <= {window.title for window in windows.all()}

    assert until(there, seconds=10, wait=windows.changed), windows.all()
    by_title = {window.title: window for window in windows.all()}
    return [by_title[title] for title in titles]


def two(rig: HeadlessRig, windows: SwayWindows) -> tuple[Window, Window]:
    """Return two windows of which the second lies over a part of the first, and has the keys."""
    rig.foot("lower")
    (lower,) = came(windows, "lower")
    rig.foot("upper", RED)
    lower, upper = came(windows, "lower", "upper")
    windows.arrange(lower, (100, 100, 500, 400))
    windows.arrange(upper, (300, 200, 700, 500))
    windows.activate(upper)
    return lower, upper


def test_a_window_has_its_title_application_and_process(rig: HeadlessRig, windows: SwayWindows) -> None:
    rig.foot("Größe “ü”\t日本")
    program = rig.start("xterm", "-T", "of X11", "-e", "sleep", "60")
    wayland, x11 = came(windows, "Größe “ü”\t日本", "of X11")
    assert (wayland.app, wayland.is_terminal, wayland.own) == ("foot", True, False)
    assert (x11.app, x11.is_terminal, x11.pid) == ("XTerm", True, program.pid)
    assert windows.all() == (wayland, x11)


def test_a_dialog_of_x11_is_known_as_one(rig: HeadlessRig, windows: SwayWindows) -> None:
    rig.start("/usr/bin/python3", "-c", DIALOG, GDK_BACKEND="x11")
    below, above = came(windows, "Below", "Above")
    assert (below.is_dialog, above.is_dialog) == (False, True)


def test_the_newest_window_has_the_keys_and_an_empty_workspace_gives_them_to_none(
    rig: HeadlessRig, windows: SwayWindows, ipc: SwayIpc
) -> None:
    assert windows.foreground() is None
    _, upper = two(rig, windows)
    assert windows.foreground() == windows.focused() == windows.worked_in() == upper
    ipc.command("workspace empty")
    assert (windows.foreground(), windows.focus_top()) == (None, 0)


def test_activation_brings_a_window_to_the_front_and_stirs_the_focus(rig: HeadlessRig, windows: SwayWindows) -> None:
    lower, upper = two(rig, windows)
    windows.follow_focus()
    mark = windows.focus_mark()
    assert (windows.focus_stirred(), windows.focus_mark()) == (False, mark)
    windows.activate(lower)
    assert windows.foreground() == lower
    assert (windows.focus_stirred(), windows.focus_stirred()) == (True, False)
    assert windows.focus_mark() != mark
    assert windows.all() == (upper, lower)  # it lies on top by now


def test_activation_changes_to_the_workspace_and_takes_a_window_from_the_scratchpad(
    rig: HeadlessRig, windows: SwayWindows, ipc: SwayIpc
) -> None:
    lower, upper = two(rig, windows)
    ipc.command(f"[con_id={lower.id}] move scratchpad; workspace right")
    shown = [window for window, _ in windows.floating().windows]
    assert shown == [upper]
    assert set(windows.floating().managed) == {lower, upper}
    for window in (lower, upper):
        windows.activate(window)
        assert windows.foreground() == window


def test_a_window_that_has_closed_is_neither_activated_nor_closed_again(rig: HeadlessRig, windows: SwayWindows) -> None:
    rig.foot("closing")
    (window,) = came(windows, "closing")
    windows.ask_to_close(window)
    assert until(lambda: windows.all() == (), seconds=10, wait=windows.changed)
    assert windows.edges(window) is None
    with pytest.raises(Retry, match="'closing' does not come to the front") as not_in_front:
        windows.activate(window)
    with pytest.raises(Retry, match="'closing' cannot be asked to close") as failed:
        windows.ask_to_close(window)
    assert (not_in_front.value.code, failed.value.code) == ("not_in_front", "failed")


def test_the_topmost_window_is_under_the_mouse(
    rig: HeadlessRig, windows: SwayWindows, mouse: Place, ipc: SwayIpc
) -> None:
    lower, upper = two(rig, windows)
    assert windows.under_pointer() is None  # nobody has moved it
    expected = {(150, 150): lower, (350, 250): upper, (699, 499): upper, (700, 499): None, (2000, 300): None}
    for (x, y), window in expected.items():
        mouse.pixel = Pixel(x=x, y=y)
        assert windows.under_pointer() == window
    ipc.command(f"[con_id={lower.id}] focus")
    mouse.pixel = Pixel(x=350, y=250)
    assert windows.under_pointer() == lower
    ipc.command(f"[con_id={lower.id}] floating disable")  # what floats lies over what is tiled, whatever has the keys
    assert (windows.foreground(), windows.under_pointer()) == (lower, upper)
    ipc.command(f"[con_id={lower.id}] fullscreen enable")
    assert [window for window, _ in windows.floating().windows] == [lower]


@pytest.mark.parametrize("where", ["left", "right"])
@pytest.mark.parametrize(
    "arranged",
    ["border normal", "floating disable, border pixel 7", "floating disable, layout tabbed", "fullscreen enable"],
)
def test_the_edges_are_those_of_what_the_picture_shows(
    rig: HeadlessRig, windows: SwayWindows, ipc: SwayIpc, where: str, arranged: str
) -> None:
    ipc.command(f"workspace {where}")
    rig.foot("green")
    (window,) = came(windows, "green")
    ipc.command(f"[con_id={window.id}] border normal, resize set 400 200, move position 100 50, {arranged}")
    monitors = SwayMonitors(socket_of(rig))
    with (
        closing(monitors),
        closing(screen_of(rig, monitors, "HEADLESS-1" if where == "left" else "HEADLESS-2")) as screen,
    ):

        def seen() -> tuple[int, ...]:
            edges = windows.edges(window)
            assert edges
            return tuple(screen.patch(edges))

        def agree() -> bool:
            return bool(np.abs(np.subtract(seen(), green_in(screen))).max() <= 1)

        eventually(agree, seen=lambda: (seen(), green_in(screen)))


def screen_of(rig: HeadlessRig, monitors: SwayMonitors, name: str | None = None) -> ScreenCapture:
    return ScreenCapture(lambda _: WlrootsPictures(rig.session), monitor=name, monitors=monitors)


def green_in(screen: ScreenCapture) -> tuple[int, ...]:
    """Return left, top, right and bottom of what is green on the display."""
    rows, columns = np.nonzero(screen.grab().pixels == 0xFF00FF00)
    if not rows.size:
        return (-99, -99, -99, -99)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def test_a_mode_of_bindings_takes_the_keys(windows: SwayWindows, ipc: SwayIpc) -> None:
    windows.follow_focus()
    assert not windows.has_grabbed_keys()
    ipc.command('mode "resize"')
    assert windows.has_grabbed_keys()
    assert windows.focus_stirred()


def test_the_terminal_that_we_run_in_is_ours_and_what_lies_over_it_is_not(
    rig: HeadlessRig, windows: SwayWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.foot("other")
    (other,) = came(windows, "other")
    with closing(SwayOwnWindows(socket_of(rig))) as own:
        assert own() == []
        told = tmp_path / "pid"
        rig.foot("ours", RED, ["sh", "-c", f"echo $$ > {told}.new; mv {told}.new {told}; read line"])
        came(windows, "ours")
        eventually(told.exists)
        monkeypatch.setattr(front._Front, "client", int(told.read_text()))
        monkeypatch.setattr(front._Front, "changes", front._Front.changes + 1)
        (ours,) = (window for window in windows.all() if window.own)
        windows.arrange(other, (300, 200, 700, 500))
        windows.arrange(ours, (100, 100, 500, 400))
        windows.activate(other)
        assert windows.worked_in() == other
        assert not own.has_keys()
        windows.activate(ours)
        assert (windows.worked_in(), windows.own_terminal()) == (other, ours)
        assert own() == [WindowArea(left=100, top=100, right=500, bottom=400, own=True)]
        assert (own.has_keys(), own.is_under(Pixel(x=400, y=300))) == (True, True)
        windows.activate(other)
        assert [area.own for area in own()] == [True, False]
        assert not own.is_under(Pixel(x=400, y=300))


LEFT = MonitorPlace("HEADLESS-1", 0, 0, 1280, 720, 1.0)
RIGHT = MonitorPlace("HEADLESS-2", 1280, 0, 800, 400, 1.5)


def test_monitors_that_come_or_are_scaled_are_noticed(tmp_path: Path) -> None:
    with ExitStack() as stack:
        rig = stack.enter_context(headless_sway(tmp_path))
        ipc = stack.enter_context(closing(SwayIpc(socket_of(rig))))
        monitors = stack.enter_context(closing(SwayMonitors(socket_of(rig))))
        assert monitors() == [LEFT, RIGHT]
        screen = stack.enter_context(closing(screen_of(rig, monitors, "HEADLESS-2")))
        assert (screen.display.scale, screen.grab().pixels.shape) == (1.5, (600, 1200))
        ipc.command("output HEADLESS-2 mode 1600x800 scale 2")  # as large in the layout, with more pixels
        assert monitors() == [LEFT, RIGHT._replace(scale=2.0)]
        screen.follow()
        assert (screen.display.scale, screen.grab().pixels.shape) == (2.0, (800, 1600))
        ipc.command("create_output")
        eventually(lambda: len(monitors()) == 3, seen=monitors)
        assert monitors()[:2] == [LEFT, RIGHT._replace(scale=2.0)]
        screen.follow()
        assert [display.name for display in screen.displays()] == ["HEADLESS-1", "HEADLESS-2", "HEADLESS-3"]


def test_a_monitor_that_is_switched_off_is_none() -> None:
    rect = {"x": 0, "y": 0, "width": 1280, "height": 720}
    on = {"name": "HEADLESS-1", "active": True, "rect": rect, "scale": 1.0}
    off = {"name": "HEADLESS-2", "active": False, "rect": dict.fromkeys(rect, 0)}
    assert monitors_of([off, on]) == [LEFT]


def test_a_click_reaches_the_window_that_is_under_the_mouse_whatever_the_scale(tmp_path: Path) -> None:
    with ExitStack() as stack:
        rig = stack.enter_context(headless_sway(tmp_path))
        pointer = stack.enter_context(closing(WlrootsPointer(rig.session)))
        ipc = stack.enter_context(closing(SwayIpc(socket_of(rig))))
        windows = stack.enter_context(closing(SwayWindows(socket_of(rig), pointer=lambda: pointer.position)))
        ipc.command("workspace right")
        lower, upper = two(rig, windows)
        for scale, width in (("1.5", 800), ("1", 1200), ("2", 600)):
            ipc.command(f"output HEADLESS-2 scale {scale}")
            windows.arrange(lower, (1280, 0, 1280 + width // 2, 300))
            windows.arrange(upper, (1280 + width // 2, 0, 1280 + width, 300))
            for x, window in ((width // 2 - 5, lower), (width // 2 + 5, upper)):
                pointer.move(Pixel(x=1280 + x, y=150))
                pointer.button(1, pressed=True)
                pointer.button(1, pressed=False)
                assert windows.under_pointer() == windows.foreground() == window, scale


def test_a_compositor_that_goes_away_or_hangs_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix_sockets, "CONNECTED_SECONDS", 0.2)
    with ExitStack() as stack:
        rig = stack.enter_context(headless_sway(tmp_path))
        hanging, ended = (stack.enter_context(closing(SwayWindows(socket_of(rig), pointer=Place()))) for _ in range(2))
        own = stack.enter_context(closing(SwayOwnWindows(socket_of(rig))))
        rig.compositor.send_signal(signal.SIGSTOP)
        with pytest.raises(CompositorGone, match="Sway does not answer"):
            hanging.foreground()
        rig.compositor.send_signal(signal.SIGCONT)
        assert ended.foreground() is None
        rig.compositor.kill()
        rig.compositor.wait()
        for ask in (hanging.foreground, ended.foreground, ended.focus_stirred, ended.all, own):
            with pytest.raises(CompositorGone, match="Sway has ended"):
                ask()


def test_more_connections_at_once_than_sway_lets_wait_are_all_made(rig: HeadlessRig) -> None:
    path = socket_of(rig)
    rig.compositor.send_signal(signal.SIGSTOP)
    going_on = threading.Timer(0.1, rig.compositor.send_signal, [signal.SIGCONT])
    going_on.start()
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(SwayIpc(path))) for _ in range(12)]
        assert {ipc.binding_mode() for ipc in opened} == {"default"}
    going_on.join()


def test_a_socket_of_another_sway_is_not_taken(rig: HeadlessRig, tmp_path: Path) -> None:
    with headless_sway(tmp_path) as other:
        path = rig.session.leads["SWAYSOCK"]
        assert sway_socket(other.session) == other.session.leads["SWAYSOCK"] != path
        misled = WaylandSession({**other.session.leads, "SWAYSOCK": path})
        untold = WaylandSession({name: lead for name, lead in other.session.leads.items() if name != "SWAYSOCK"})
        for session in (misled, untold):
            assert os.path.samefile(str(sway_socket(session)), other.session.leads["SWAYSOCK"])
    assert sway_socket(other.session) is None
