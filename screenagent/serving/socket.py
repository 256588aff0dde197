"""Opens the local socket or port that the service answers on."""

from __future__ import annotations

import os
import socket as socketlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from screenagent.engine.engine import Engine
from screenagent.serving.server import LOOPBACK, application


def serve_engine(engine: Engine, *, socket: Path | None = None, port: int = 8000) -> None:
    """Answer until interrupted, on a Unix socket that only this user can open, or else on loopback."""
    server = uvicorn.Server(uvicorn.Config(application(engine), log_level="warning"))
    with listening(socket, port) as listener:
        server.run(sockets=[listener])


@contextmanager
def listening(path: Path | None, port: int) -> Iterator[socketlib.socket]:
    """Open a socket that takes connections; a Unix one is removed afterwards."""
    if path is None:
        with socketlib.create_server((LOOPBACK[0], port)) as listener:
            yield listener
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socketlib.socket(socketlib.AF_UNIX) as listener:
        before = os.umask(0o177)  # set before the file exists, so that nobody else can open it even for a moment
        try:
            listener.bind(str(path))
        except OSError as error:
            raise OSError(f"{path} is taken: another server runs there, or one ended without removing it") from error
        finally:
            os.umask(before)
        try:
            listener.listen()
            yield listener
        finally:
            path.unlink(missing_ok=True)
