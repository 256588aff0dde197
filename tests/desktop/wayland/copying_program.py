"""A program on which something was copied: `copying_program.py SOCKET KIND serve|hang`, the content on its input.

It says "copied" and then serves whoever pastes, or hangs: then nobody gets an answer from it.
"""

from __future__ import annotations

import subprocess
import sys
import time

from screenagent.desktop.lent_selection import Wishes
from screenagent.desktop.wayland.connection import CompositorConnection
from screenagent.desktop.wayland.selection_owner import SelectionBoard
from screenagent.desktop.wayland.session import WaylandSession


def main(socket: str, kind: str, how: str) -> None:
    connection = CompositorConnection(WaylandSession({"WAYLAND_DISPLAY": socket}))
    board = SelectionBoard(connection)
    board.selections["CLIPBOARD"].take({kind: sys.stdin.buffer.read()})
    print("copied", flush=True)
    if how == "hang":
        time.sleep(600)
    with subprocess.Popen(["sleep", "600"], stdout=subprocess.PIPE) as never:
        assert never.stdout is not None
        board.serve(Wishes(never.stdout))


main(*sys.argv[1:])
