"""Serves one client over stdin and stdout until it leaves, or until a signal ends the process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from screenagent.assembly.attachable import AttachableRun
from screenagent.assembly.client_desktop import ClientDesktop
from screenagent.assembly.parts import user_keys
from screenagent.assembly.supervised import Supervision
from screenagent.control import Control
from screenagent.mcp.connection import ClientConnection
from screenagent.mcp.front import Front
from screenagent.mcp.server import ToolCalls, build_server
from screenagent.mcp.wire import wired
from screenagent.sessions.session import Session

LEAVE_SECONDS: Final = 1.5
"""A run that was stopped has so long to let its desktop go."""
STOPPED: Final = 130


async def serve_client(where: Supervision, front: Front) -> None:
    """Serve until the client closes its end."""
    desktop = ClientDesktop(where)
    connection = ClientConnection(desktop, _makes_live(where))
    leaving = Leaving(connection, desktop)
    if sys.platform != "win32":  # where a signal ends the process, and the guards of the desktop take the rest down
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, leaving.begin)
        for number, told in ((signal.SIGUSR2, connection.stop_for_person), (signal.SIGUSR1, connection.resume)):
            asyncio.get_running_loop().add_signal_handler(number, told)
    server = build_server(ToolCalls(connection).call, version("screenagent"), ended=leaving.let_go)
    async with wired(front) as (read, write):
        await server.run(read, write, server.create_initialization_options())


class Leaving:
    """Lets the desktop go: what is held is released first, but nothing that hangs is waited for."""

    def __init__(self, connection: ClientConnection, desktop: ClientDesktop) -> None:
        self._connection, self._desktop = connection, desktop
        self._begun = False

    def begin(self) -> None:
        """End the process, for a signal."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._leave, name="leaving", daemon=True).start()

    def let_go(self) -> None:
        """Close the desktop. If that hangs, the process ends here: the guards of the desktop take the rest down."""
        self._connection.close(LEAVE_SECONDS)
        closing = threading.Thread(target=self._desktop.close, name="closing", daemon=True)
        closing.start()
        closing.join(LEAVE_SECONDS)
        if closing.is_alive():
            os._exit(STOPPED if self._begun else 0)

    def _leave(self) -> None:
        self.let_go()
        os._exit(STOPPED)


def _makes_live(
    where: Supervision,
) -> Callable[[str, Control, Callable[[Session], Callable[[], object]]], AttachableRun]:
    settings = where.settings

    def make(task: str, control: Control, met: Callable[[Session], Callable[[], object]]) -> AttachableRun:
        keys = str(user_keys(settings, virtual=where.virtual))
        seconds, desktop = settings.answer_seconds, _desktop_words(where)
        return AttachableRun(task, control, seconds=seconds, desktop=desktop, answer_keys=keys, met=met)

    return make


def _desktop_words(where: Supervision) -> str:
    if where.desk is not None:
        return f"the desk “{where.desk.name}”"
    return "a virtual desktop" if where.virtual else "your own desktop"
