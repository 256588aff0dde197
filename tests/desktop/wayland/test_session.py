"""A session of the agent's own on a headless Sway: whole, led to, and gone afterwards however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from jeepney import MessageType
from jeepney.bus_messages import message_bus

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.bus import ask, open_bus
from screenagent.desktop.json_lines import Lines
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.virtual_session import VirtualSession, missing_programs
from screenagent.desktop.wayland import compositor_user
from screenagent.desktop.wayland.sway_ipc import SwayIpc
from screenagent.geometry import Size
from tests.builders import eventually
from tests.desktop.test_killed import OPENS_A_DESKTOP, processes_of, python

NEEDED: Final = ("sway", "Xwayland", "foot", "xterm")
pytestmark = [
    pytest.mark.display,
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in NEEDED), reason=f"needs {', '.join(NEEDED)}, not all installed"
    ),
]

READY_SECONDS: Final = 5.0
"""Many times what it takes, for a machine that others use."""
SIZE: Final = Size(width=1000, height=600)
OWN: Final = "HOME XDG_RUNTIME_DIR WAYLAND_DISPLAY SWAYSOCK DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS".split()
DIALOG: Final = """
import gi, os
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
if os.path.exists("/usr/share/icons/Adwaita/index.theme"):
    assert Gtk.IconTheme.get_default().lookup_icon("document-save", 16, 0)
window = Gtk.Window(title="Owner", default_width=500, default_height=300)
window.show_all()
dialog = Gtk.MessageDialog(transient_for=window, title="Question", text="Really?", buttons=Gtk.ButtonsType.YES_NO)
window.connect("map-event", lambda *_: dialog.show_all())
Gtk.main()
"""


@pytest.fixture(scope="module")
def session() -> Iterator[VirtualSession]:
    began = time.monotonic()
    with VirtualSession("wayland", control=Control(), size=SIZE) as started:
        started.wait_until_ready()
        assert time.monotonic() - began < READY_SECONDS
        yield started


def test_programs_of_wayland_and_of_x11_get_windows_that_float_in_the_middle_and_have_the_keys(
    session: VirtualSession,
) -> None:
    for command, app in (("foot sleep 60", "foot"), ("xterm -e sleep 60", "XTerm")):
        window = session.programs.launch(command, session.windows)
        front, edges = session.windows.foreground(), session.windows.edges(window)
        assert (window.app, front and front.id) == (app, window.id)
        assert edges is not None
        assert (edges[0] + edges[2], edges[1] + edges[3]) == pytest.approx((SIZE.width, SIZE.height), abs=2)


def test_a_program_finds_its_icons_and_a_dialog_lies_over_its_window_and_has_the_keys(session: VirtualSession) -> None:
    windows = session.windows
    if subprocess.run(["/usr/bin/python3", "-c", "import gi"], check=False, capture_output=True).returncode:
        pytest.skip("needs the system's Python with GTK")
    session.programs.start(["/usr/bin/python3", "-c", DIALOG])
    eventually(lambda: {"Owner", "Question"} <= {window.title for window in windows.all()})
    eventually(lambda: (front := windows.foreground()) is not None and front.title == "Question")
    owner, dialog = (
        next(windows.edges(window) for window in windows.all() if window.title == title)
        for title in ("Owner", "Question")
    )
    assert owner is not None
    assert dialog is not None
    assert (dialog[0] + dialog[2], dialog[1] + dialog[3]) == pytest.approx(
        (owner[0] + owner[2], owner[1] + owner[3]), abs=2
    )


def test_its_environment_leads_there_and_to_nothing_of_ours(session: VirtualSession) -> None:
    environment = session.environment
    assert [name for name in OWN if environment[name] == os.environ.get(name)] == []
    assert all(environment[name].startswith(str(session.folder)) for name in ("HOME", "XDG_RUNTIME_DIR", "SWAYSOCK"))
    assert environment["GDK_BACKEND"] == "wayland,x11"


def test_what_the_bus_starts_is_led_there_too(session: VirtualSession) -> None:
    services, told = session.folder / "run/dbus-1/services", session.folder / "told"
    services.mkdir(parents=True, exist_ok=True)
    (services / "org.example.Told.service").write_text(
        f"[D-BUS Service]\nName=org.example.Told\nExec=/bin/sh -c 'env > {told}.new; mv {told}.new {told}'\n"
    )
    with closing(open_bus(session.environment["DBUS_SESSION_BUS_ADDRESS"], seconds=5.0)) as bus:
        reloaded = ask(bus, message_bus.ReloadConfig(), seconds=5.0)
        assert reloaded is not None
        assert reloaded.header.message_type is MessageType.method_return
        ask(bus, message_bus.StartServiceByName("org.example.Told"), seconds=0.1)  # it takes no name, so none is told
    eventually(told.exists)
    given = dict(line.split("=", 1) for line in told.read_text().splitlines() if "=" in line)
    assert {name: given.get(name) for name in OWN} == {name: session.environment[name] for name in OWN}


def test_two_sessions_at_once_know_nothing_of_each_other(session: VirtualSession) -> None:
    with VirtualSession("wayland", control=Control()) as other:
        other.wait_until_ready()
        shared = {"HOME", "DISPLAY", "SWAYSOCK", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS"}
        assert [name for name in shared if other.environment[name] == session.environment[name]] == []
        before = {window.id for window in session.windows.all()}
        other.programs.launch("xterm -e sleep 60", other.windows)
        assert len(other.windows.all()) == 1
        assert {window.id for window in session.windows.all()} == before
    assert other.windows is not session.windows


def test_nothing_is_left_once_it_is_closed() -> None:
    with VirtualSession("wayland", control=Control()) as session:
        session.wait_until_ready()
        session.programs.launch("xterm -e sleep 60", session.windows)
        assert len(processes_of(session.folder)) >= 5
    assert not session.folder.exists()
    assert processes_of(session.folder) == {}
    assert not x_files(session.environment)


def test_nothing_outlives_an_agent_that_was_killed() -> None:
    program = OPENS_A_DESKTOP.replace("control=Control())", 'kind="wayland", control=Control())')
    program = program.replace("str(virtual.folder)}", 'str(virtual.folder), "display": virtual.display}')
    with python(program) as process:
        assert process.stdout is not None
        opened = Lines(process.stdout).next(30.0)
        assert opened is not None
        folder = Path(opened["folder"])
        assert len(processes_of(folder)) >= 4
        process.kill()
        process.wait()
        eventually(lambda: not folder.exists())
    assert processes_of(folder) == {}
    assert not x_files({"DISPLAY": opened["display"]})


def test_a_compositor_that_was_killed_is_told_in_a_sentence_and_leaves_nothing() -> None:
    with VirtualDesktop(kind="wayland", control=Control()) as virtual:
        virtual.session.server.process.send_signal(signal.SIGKILL)
        virtual.session.server.process.wait()
        began = time.monotonic()
        with pytest.raises(NoDesktop, match="Sway"):
            virtual.launch("foot")
        with pytest.raises(NoDesktop):
            virtual.desktop.screenshot()
        assert time.monotonic() - began < READY_SECONDS
    assert not virtual.folder.exists()
    assert not x_files(virtual.environment)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be named only by root")
def test_root_without_user_namespaces_has_sway_run_as_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compositor_user, "_can_be_mapped", lambda: False)
    with VirtualSession("wayland", control=Control()) as session:
        session.wait_until_ready()
        assert Path(f"/proc/{session.server.process.pid}").stat().st_uid == compositor_user.SOMEBODY
        for command in ("foot sleep 60", "xterm -e sleep 60"):
            session.programs.launch(command, session.windows)
        with closing(SwayIpc(session.environment["SWAYSOCK"])) as sway:
            assert len(sway.outputs()) == 1
    assert not session.folder.exists()
    assert processes_of(session.folder) == {}


def test_what_it_lacks_is_named_by_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_programs("wayland")[:2] == ("sway", "xwayland")
    with (
        pytest.raises(NoDesktop, match="sway, which is not installed: apt-get install sway"),
        VirtualSession("wayland", control=Control()),
    ):
        pass


def x_files(environment: Mapping[str, str]) -> list[Path]:
    """Return what of an X server of that name lies about, though none answers."""
    number = environment["DISPLAY"].removeprefix(":")
    return [path for path in (Path(f"/tmp/.X11-unix/X{number}"), Path(f"/tmp/.X{number}-lock")) if path.exists()]
