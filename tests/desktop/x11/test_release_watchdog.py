"""What the release watchdog knows: what is down, and whether the agent is suspended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("Xlib")

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from screenagent.control import until
from screenagent.desktop.left_down import is_suspended, still_down
from screenagent.desktop.x11.release_watchdog import lift, opened

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

KEY = 38
Clients = tuple[Display, Display, Display]


def test_what_came_up_is_not_down() -> None:
    told = [
        b'{"direction": "down", "kind": "key", "code": 38}',
        b'{"direction": "down", "kind": "button", "code": 1}',
        b'{"direction": "up", "kind": "key", "code": 38}',
    ]
    assert still_down(told) == [("button", 1)]
    assert still_down([b'{"direction": "up", "kind": "button", "code": 1}'], still_down(told)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="X on Linux")
def test_a_suspended_process_is_known() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert not is_suspended(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        assert until(lambda: is_suspended(process.pid), seconds=2)
        process.kill()


def is_down(display: Any) -> bool:
    return bool(display.query_keymap()[KEY // 8] >> KEY % 8 & 1)


@contextmanager
def grabbed(display: Display) -> Iterator[None]:
    """Let the server serve nobody else meanwhile."""
    display.grab_server()
    display.sync()
    try:
        yield
    finally:
        display.ungrab_server()
        display.sync()


@pytest.fixture
def clients(virtual: VirtualDesktop) -> Iterator[Clients]:
    """Return the agent's connection, another program's, and the watchdog's."""
    name = virtual.display
    with closing(Display(name)) as agent, closing(Display(name)) as other, closing(opened(name)) as server:
        yield agent, other, server


@pytest.mark.display
def test_a_key_is_released_while_another_program_has_grabbed_the_server(clients: Clients) -> None:
    agent, other, server = clients
    xtest.fake_input(agent, X.KeyPress, KEY)
    agent.sync()
    lifting = threading.Thread(target=lift, args=(server, [("key", KEY)]))
    with grabbed(other):
        assert is_down(other)
        lifting.start()
        assert until(lambda: not is_down(other), seconds=5)
        assert lifting.is_alive()  # it looks again once the others are served
    lifting.join(5)
    assert not is_down(other)


@pytest.mark.display
def test_a_press_that_the_grabbed_server_carries_out_late_is_released_too(clients: Clients) -> None:
    agent, other, server = clients
    lifting = threading.Thread(target=lift, args=(server, [("button", 1), ("key", KEY)]))
    with grabbed(other):
        xtest.fake_input(agent, X.KeyPress, KEY)
        xtest.fake_input(agent, X.ButtonPress, 1)
        agent.flush()
        lifting.start()
        assert not until(lambda: is_down(other), seconds=0.3)
    assert until(lambda: is_down(other), seconds=5)
    lifting.join(5)
    assert not is_down(other)
    assert not other.screen().root.query_pointer().mask & X.Button1Mask
