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
    with listening(socket, port) as ear:
        server.run(sockets=[ear])


@contextmanager
def listening(path: Path | None, port: int) -> Iterator[socketlib.socket]:
    """A socket that takes connections from here on; a Unix one is gone afterwards."""
    if path is None:
        with socketlib.create_server((LOOPBACK[0], port)) as ear:
            yield ear
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socketlib.socket(socketlib.AF_UNIX) as ear:
        before = os.umask(0o177)  # set before the file exists, so that there is no moment at which others can open it
        try:
            ear.bind(str(path))
        except OSError as error:
            raise OSError(f"{path} is taken: another server runs there, or one ended without removing it") from error
        finally:
            os.umask(before)
        try:
            ear.listen()
            yield ear
        finally:
            path.unlink(missing_ok=True)
