"""Where an X server sends keys: what is heard when the focus moves, and who made a window."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from Xlib import X

from screenagent.control import until
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.x11.connection import connect_display, disconnect_display, process_of
from screenagent.desktop.x11.key_focus import FocusEvents
from screenagent.desktop.x11.windows import X11Windows
from screenagent.screenshot import Window

pytestmark = pytest.mark.display


@pytest.fixture
def other(virtual: VirtualDesktop) -> Iterator[Any]:
    connection = connect_display(virtual.display)
    yield connection
    disconnect_display(connection)


def bare_window(display: Any) -> Any:
    window = display.screen().root.create_window(
        10, 10, 50, 50, 0, X.CopyFromParent, override_redirect=True, event_mask=X.StructureNotifyMask
    )
    window.map()
    display.sync()
    return window


def focused(display: Any) -> Any:
    window = bare_window(display)
    window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
    display.sync()
    return window


def moves(display: Any, _window: Any) -> None:
    focused(display)


def closes(display: Any, window: Any) -> None:
    window.destroy()
    display.sync()


def is_kept_from_the_keys(display: Any, _window: Any) -> None:
    display.screen().root.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)


@pytest.mark.parametrize("happens", [moves, closes, is_kept_from_the_keys])
def test_that_the_focus_moves_is_heard(virtual: VirtualDesktop, other: Any, happens: Any) -> None:
    window = focused(other)
    with closing(FocusEvents(virtual.display)) as heard:
        heard.follow()
        assert not heard.stirred()
        happens(other, window)
        assert until(heard.stirred, seconds=2)
        assert not heard.stirred()


def test_a_grab_is_seen_and_takes_the_focus_from_nobody(virtual: VirtualDesktop, other: Any) -> None:
    focused(other)
    with closing(X11Windows(virtual.display)) as windows, closing(FocusEvents(virtual.display)) as heard:
        heard.follow()
        assert not windows.has_grabbed_keys()
        assert not heard.stirred()
        is_kept_from_the_keys(other, None)
        assert windows.has_grabbed_keys()


def test_who_made_a_window_is_known_by_the_server(virtual: VirtualDesktop, other: Any) -> None:
    window = bare_window(other)
    with closing(X11Windows(virtual.display)) as windows:
        asked = connect_display(virtual.display)
        assert process_of(asked, window.id) == os.getpid()
        assert windows.has_popup(Window(id=window.id))
        disconnect_display(asked)
