"""Where there is no desktop to work on, one sentence says why and what to do; nothing is sent."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from screenagent.actions import PressKeys, TypeText
from screenagent.control import Control, Stopped
from screenagent.desktop import NoDesktop
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.protocols import Retry
from tests.desktop.test_killed import processes_of

BARE_WINDOW = """
from Xlib import X, display

server = display.Display()
window = server.screen().root.create_window(0, 0, 200, 200, 0, X.CopyFromParent)
window.map()
while True:
    server.next_event()
"""


@contextmanager
def environment(monkeypatch: pytest.MonkeyPatch, **variables: str | None) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)
        yield


def refusal_of_local(display: str | None = None, monitor: str | None = None) -> str:
    with pytest.raises(NoDesktop) as refused:
        LocalDesktop(control=Control(), display=display, monitor=monitor)
    return str(refused.value)


def refusal_of(virtual: VirtualDesktop) -> str:
    with pytest.raises(NoDesktop) as refused, virtual:
        pass
    return str(refused.value)


def test_without_a_display_the_refusal_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(monkeypatch, DISPLAY=None, WAYLAND_DISPLAY=None):
        assert "DISPLAY is not set" in refusal_of_local()


def test_a_wayland_session_without_x_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with environment(monkeypatch, DISPLAY=None, WAYLAND_DISPLAY="wayland-0"):
        refusal = refusal_of_local()
    assert "Wayland" in refusal
    assert "--virtual" in refusal


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # python-xlib leaves those that failed
def test_a_display_that_is_not_there_is_named() -> None:
    assert "':6543'" in refusal_of_local(":6543")
    gc.collect()


@pytest.mark.display
def test_an_unknown_monitor_is_refused_with_those_there_are(virtual: VirtualDesktop) -> None:
    assert "'elsewhere'; there are screen" in refusal_of_local(virtual.display, "elsewhere")


def test_a_missing_server_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with environment(monkeypatch, PATH=str(tmp_path)):
        assert "apt-get install xvfb" in refusal_of(VirtualDesktop(control=Control()))


@pytest.mark.display
@pytest.mark.parametrize(
    ("app", "says"),
    [
        ("no-such-editor --new", "no application 'no-such-editor --new'"),
        (
            [sys.executable, "-c", "raise SystemExit('the disk is full')"],
            "status 1) without a window; it said: the disk",
        ),
        ("'unbalanced", "No closing quotation"),
    ],
)
def test_an_application_that_does_not_start_is_named_with_what_it_said(app: str | list[str], says: str) -> None:
    assert says in refusal_of(VirtualDesktop(app, control=Control()))


@pytest.mark.display
def test_an_application_without_a_window_is_not_waited_for_for_ever(virtual: VirtualDesktop) -> None:
    with pytest.raises(NoDesktop, match=r"opened no window within 0\.2 s"):
        virtual.launch(["sleep", "60"], seconds=0.2)


@pytest.mark.display
def test_a_stop_ends_the_wait_for_an_application() -> None:
    control = Control()
    control.stop()
    with pytest.raises(Stopped), VirtualDesktop(["sleep", "60"], control=control):
        pass


@pytest.mark.display
def test_a_key_that_the_keyboard_lacks_is_refused(virtual: VirtualDesktop) -> None:
    with Probe(virtual.display) as probe:
        virtual.desktop.settled()
        with pytest.raises(Retry, match="no key for 'é'"):
            perform_input(virtual.desktop, PressKeys(keys=("ctrl", "é")))
        assert probe.drain(seconds=0.1)[-1]["event"] != "key_down"


@pytest.mark.display
def test_a_window_that_takes_no_paste_is_a_reason_to_try_something_else(virtual: VirtualDesktop) -> None:
    with VirtualDesktop([sys.executable, "-c", BARE_WINDOW], control=Control()) as bare:
        bare.desktop.settled()
        with pytest.raises(Retry, match="did not take the text"):
            perform_input(bare.desktop, TypeText(text="你好"))


def end_display(virtual: VirtualDesktop) -> None:
    programs = processes_of(virtual.folder)
    os.kill(next(pid for pid, program in programs.items() if program.endswith("Xvfb")), signal.SIGKILL)


@pytest.mark.display
def test_a_display_that_ends_while_it_is_worked_on_is_said_to_have_ended() -> None:
    with VirtualDesktop(control=Control()) as virtual:
        shot = virtual.desktop.settled()
        end_display(virtual)
        for use in (
            virtual.desktop.screenshot,
            virtual.desktop.settled,
            lambda: perform_input(virtual.desktop, TypeText(text="lost"), on=shot),
        ):
            with pytest.raises(NoDesktop, match="ended"):
                use()


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["screenagent.desktop", "screenagent.desktop.virtual", "screenagent.diagnostics.doctor"]
)
def test_importing_needs_no_display(module: str) -> None:
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {module}"], env=bare, check=True)
