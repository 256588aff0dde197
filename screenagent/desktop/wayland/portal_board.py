"""The clipboard by the Clipboard portal, where the user has allowed it along with the keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jeepney.fds import FileDescriptor

from screenagent.desktop.clipboard import NotLent, Press
from screenagent.desktop.wayland.gnome_board import HearAsked, HearOwner
from screenagent.desktop.wayland.portal_session import BOARD, PortalSession
from screenagent.screenshot import Window

NO_BOARD = (
    "the text has characters that this keyboard has no keys for, and this desktop's portal lets nobody paste: it "
    "offers no Clipboard, or you did not allow it"
)


class PortalClipboard:
    """By the calls of the Clipboard portal about a session."""

    def __init__(self, session: PortalSession) -> None:
        self._session = session

    def enable(self, owner: HearOwner, asked: HearAsked) -> None:
        def hear_owner(options: Mapping[str, tuple[str, Any]]) -> None:
            kinds = options.get("mime_types", ("as", ()))[1]
            if isinstance(kinds, tuple):  # some wrap the list in a structure
                kinds = kinds[0] if kinds else ()
            owner(tuple(kinds), bool(options.get("session_is_owner", ("b", False))[1]))

        self._session.follow_board_owner(hear_owner)
        self._session.heed_board("SelectionTransfer", lambda kind, serial: asked((kind, serial)))

    def offer(self, kinds: Sequence[str]) -> None:
        self._session.call(BOARD, "SetSelection", "a{sv}", {"mime_types": ("as", list(kinds))})

    def read(self, kind: str) -> FileDescriptor:
        return self._descriptor("SelectionRead", "s", kind)

    def write(self, serial: int) -> FileDescriptor:
        return self._descriptor("SelectionWrite", "u", serial)

    def written(self, serial: int, *, whole: bool) -> None:
        self._session.call(BOARD, "SelectionWriteDone", "ub", serial, whole)

    def _descriptor(self, method: str, signature: str, *body: str | int) -> FileDescriptor:
        found: FileDescriptor = self._session.call(BOARD, method, signature, *body)[0]
        return found


class NoClipboard:
    """Lends nothing, and says why."""

    def paste(self, _text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        del into, press, other_script
        raise NotLent(NO_BOARD, "clipboard")
