"""What the release watchdog knows: what is down, and whether the agent is suspended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("Xlib")

from screenagent.control import until
from screenagent.desktop.x11.release_watchdog import is_suspended, still_down


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
