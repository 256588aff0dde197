"""The process that holds a desk: the session lives as long as it does, and ends with it however that ends."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from screenagent.control import Control, Stopped
from screenagent.desktop.desk import READY, TAKEN, Desk, DeskTaken, holding
from screenagent.desktop.front import let_go_of_terminal
from screenagent.desktop.lock import process_table
from screenagent.desktop.virtual_session import VirtualSession
from screenagent.desktop.x11.connection import admit_only_user
from screenagent.geometry import Size

LOOK_SECONDS: Final = 0.5
SHARED: Final = "Shared"
"""The name of the shared folder in the home of a desk."""


@dataclass(frozen=True, kw_only=True)
class DeskWish:
    """The desk that is to be held."""

    name: str
    size: Size
    shared: Path


def hold_desk(wish: DeskWish, control: Control) -> None:
    """Hold a desk until `control` says stop or its X server has ended; say on stdout when it can be worked on."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(holding(wish.name))
        except DeskTaken:
            print(TAKEN, flush=True)
            return
        session = stack.enter_context(VirtualSession(control=control, size=wish.size, cwd=Path("/")))
        file.write(_opened(session, wish).model_dump_json().encode())
        print(READY, flush=True)
        let_go_of_terminal()
        with suppress(Stopped):
            while session.server.process.poll() is None:
                control.wait(LOOK_SECONDS)


def _opened(session: VirtualSession, wish: DeskWish) -> Desk:
    """Wait until the session is ready; return the desk that it is."""
    admit_only_user(session.display)
    share_folder(session.folder / "home", wish.shared)
    session.wait_until_ready()
    return Desk(
        name=wish.name,
        display=session.display,
        size=wish.size,
        since=datetime.now().astimezone(),
        shared=wish.shared,
        folder=session.folder,
        environment=session.environment,
        holder=os.getpid(),
        server=session.server.process.pid,
        process_table=process_table(),
    )


def share_folder(home: Path, shared: Path) -> None:
    """Let programs of the desk find the shared folder: in its home, and among the places of file dialogs."""
    (home / SHARED).symlink_to(shared)
    settings = home / ".config"
    for toolkit, file, text in (
        ("gtk-3.0", "bookmarks", f"{shared.as_uri()} {SHARED}\n"),
        (".", "QtProject.conf", f"[FileDialog]\nshortcuts=file:, {home.as_uri()}, {shared.as_uri()}\n"),
    ):
        (settings / toolkit).mkdir(parents=True, exist_ok=True, mode=0o700)
        (settings / toolkit / file).write_text(text)
