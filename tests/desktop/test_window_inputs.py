"""Programs and windows on a real display: opened, brought to the front, closed."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from Xlib import X
from Xlib.protocol import event

from screenagent.actions import CloseWindow, FocusWindow, OpenProgram, WindowInput
from screenagent.agent.window_check import check_window
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display
from screenagent.events import Approve, Effect
from screenagent.protocols import Approved, Retry
from tests.builders import eventually

pytestmark = pytest.mark.display


def window_program(title: str, *, stays: bool = False) -> str:
    """Return the command of a small program with a window of that title; with `stays` it does not close."""
    keep = "window.protocol('WM_DELETE_WINDOW', lambda: None);" if stays else ""
    code = f"import tkinter; window = tkinter.Tk(className='Ledger'); window.title({title!r}); {keep} window.mainloop()"
    return shlex.join([sys.executable, "-c", code])


def performed(desktop: LocalDesktop, action: WindowInput) -> Effect:
    before = desktop.perform(Approved(action=action, locations=(), on=desktop.settled(), verdict=Approve()))
    return check_window(action, before, desktop.settled(lambda after: check_window(action, before, after).as_expected))


@pytest.fixture
def two_windows(virtual: VirtualDesktop) -> Iterator[VirtualDesktop]:
    with Probe(virtual.display, title="Invoices"), Probe(virtual.display, at=(300, 200), title="Orders"):
        eventually(lambda: len(virtual.desktop.screenshot().managed) == 2)
        yield virtual


def test_a_window_comes_to_the_front_from_behind_and_from_the_task_bar(two_windows: VirtualDesktop) -> None:
    desktop = two_windows.desktop
    assert performed(desktop, FocusWindow(window="Invoices")).code == "in_front"
    minimize(two_windows, "Orders")
    effect = performed(desktop, FocusWindow(window="Orders"))
    assert (effect.outcome, effect.by) == ("confirmed", "windows")
    assert "“Orders”" in effect.evidence


def test_a_window_on_another_desktop_comes_to_the_front(two_windows: VirtualDesktop) -> None:
    ask_manager(two_windows, "Orders", "_NET_WM_DESKTOP", [1, 2, 0, 0, 0])
    eventually(lambda: "Orders" not in [window.title for window in two_windows.desktop.screenshot().windows])
    assert performed(two_windows.desktop, FocusWindow(window="Orders")).outcome == "confirmed"
    assert performed(two_windows.desktop, FocusWindow(window="Invoices")).outcome == "confirmed"


def test_a_closed_window_is_gone_and_one_that_stays_is_told(virtual: VirtualDesktop) -> None:
    desktop = virtual.desktop
    virtual.launch(window_program("Draft", stays=True))
    virtual.launch(window_program("Letter"))
    assert performed(desktop, CloseWindow(window="Letter")).outcome == "confirmed"
    assert performed(desktop, CloseWindow(window="Draft")).code == "not_closed"


def test_a_program_is_started_on_the_desktop_that_is_driven_and_ends_with_it() -> None:
    with VirtualDesktop(control=Control()) as virtual:
        effect = performed(virtual.desktop, OpenProgram(command=window_program("Ledger")))
        opened = virtual.desktop.foreground()
        assert opened is not None
        assert opened.pid is not None
        os.kill(opened.pid, 0)
    assert (effect.outcome, effect.code) == ("confirmed", "opened")
    with pytest.raises(ProcessLookupError):
        os.kill(opened.pid, 0)


@pytest.mark.parametrize(
    ("command", "seconds", "told"),
    [
        ("no-such-program --at-all", 60, "there is no program “no-such-program”"),
        ("false", 60, "“false” ended with status 1"),
        ("sleep 60", 0.3, "“sleep” opened no window within 0.3 s"),
    ],
)
def test_a_program_that_opens_no_window_is_told(
    virtual: VirtualDesktop, command: str, seconds: float, told: str
) -> None:
    with pytest.raises(Retry, match=told):
        performed(virtual.desktop, OpenProgram(command=command, seconds=seconds))


def minimize(virtual: VirtualDesktop, title: str) -> None:
    ask_manager(virtual, title, "WM_CHANGE_STATE", [3, 0, 0, 0, 0])
    eventually(lambda: title not in [window.title for window in virtual.desktop.screenshot().windows])


def ask_manager(virtual: VirtualDesktop, title: str, what: str, numbers: list[int]) -> None:
    [meant] = [window for window in virtual.desktop.screenshot().managed if window.title == title]
    with closing(connect_display(virtual.display)) as connection:
        message = event.ClientMessage(window=meant.id, client_type=connection.get_atom(what), data=(32, numbers))
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        connection.screen().root.send_event(message, event_mask=mask)
        connection.sync()
