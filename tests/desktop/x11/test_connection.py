"""Connections to several X servers from one process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("Xlib")

from screenagent.desktop.x11.connection import connect_display, disconnect_display

pytestmark = [
    pytest.mark.display,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed"),
]


@contextmanager
def x_server(*options: str) -> Iterator[str]:
    ear, mouth = os.pipe()
    command = ["Xvfb", "-displayfd", str(mouth), "-nolisten", "tcp", "-noreset", *options]
    with subprocess.Popen(command, pass_fds=[mouth], stderr=subprocess.DEVNULL) as server:
        os.close(mouth)
        try:
            with os.fdopen(ear) as said:
                yield f":{said.readline().strip()}"
        finally:
            server.terminate()


def test_each_connection_numbers_extensions_as_its_own_server_does() -> None:
    with x_server() as one, x_server("-extension", "RANDR", "-extension", "Composite") as other:
        connections = [connect_display(name) for name in (one, other, one)]
        told = [connection.query_extension("RECORD").major_opcode for connection in connections]
        assert [connection.display.get_extension_major("RECORD") for connection in connections] == told
        assert told[0] == told[2] != told[1]
        for connection in connections:
            disconnect_display(connection)
