"""What a person has copied in a GNOME session, put there and read by another client than the agent's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Self

from screenagent.control import Control
from screenagent.desktop.wayland.gnome_board import MutterClipboard, SessionClipboard
from screenagent.desktop.wayland.gnome_session import GnomeLink


class Copied:
    """These contents lie on the clipboard as this is entered."""

    def __init__(self, link: GnomeLink, contents: Mapping[str, bytes]) -> None:
        self._clipboard = SessionClipboard(link, partial(MutterClipboard, link), control=Control())
        self._contents = contents

    def __enter__(self) -> Self:
        self._clipboard.enable()
        self._clipboard.put(self._contents)
        time.sleep(0.1)  # GNOME takes its own copy first
        return self

    def __exit__(self, *_: object) -> None:
        self._clipboard.close()

    def now(self, kind: str = "text/plain;charset=utf-8") -> bytes:
        """Return what a paste would bring now."""
        return self._clipboard.held().get(kind, b"")
