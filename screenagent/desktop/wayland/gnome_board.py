"""GNOME's clipboard: text lent for one paste, and what the user had copied put back."""

from __future__ import annotations

import os
import queue
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from jeepney.fds import FileDescriptor

from screenagent.control import Control
from screenagent.desktop.clipboard import AGAIN_SECONDS, CLASSIC, FETCH_SECONDS, NotLent, Press, paste_keys
from screenagent.desktop.wayland.gnome_bus import CallRefused, ShellLost
from screenagent.desktop.wayland.gnome_session import REMOTE, SESSION, GnomeLink, RemoteSession
from screenagent.protocols import Retry
from screenagent.screenshot import Window

TEXT: Final = ("text/plain;charset=utf-8", "UTF8_STRING", "text/plain")
KEPT_FIRST: Final = (*TEXT, "text/html", "text/uri-list", "x-special/gnome-copied-files", "image/png")
PASSING: Final = {"x-kde-passwordManagerHint": b"secret"}  # tells clipboard managers that this is not to be kept
KEEP_SECONDS: Final = 1.5  # for all that the user had copied
KEEP_BYTES: Final = 64 << 20
OWNER_SECONDS: Final = 0.15  # within which GNOME says what is on the clipboard as it is asked; of an empty one nothing
MANAGER_SECONDS: Final = 1.0
"""Within this time GNOME takes its own copy of what is put on the clipboard; a fetch after that is a program's."""
HAND_OUT_SECONDS: Final = 3.0  # for a program to take what it has asked for
CHUNK: Final = 1 << 16

Contents = Mapping[str, bytes]
"""What lies on the clipboard, by its kinds."""


HearOwner = Callable[[tuple[str, ...], bool], None]
"""Is told the kinds of what lies on the clipboard, and whether we have put it there."""
HearAsked = Callable[[tuple[str, int]], None]
"""Is told that somebody wants a kind of what we have put there, and the number of the wish."""


class SharedClipboard(Protocol):
    """The clipboard as one session offers it. Each call may raise `CallRefused` and `ShellLost`."""

    def enable(self, owner: HearOwner, asked: HearAsked) -> None:
        """From here on, tell who owns the clipboard, and who wants what is ours."""
        ...

    def offer(self, kinds: Sequence[str]) -> None: ...

    def read(self, kind: str) -> FileDescriptor: ...

    def write(self, serial: int) -> FileDescriptor: ...

    def written(self, serial: int, *, whole: bool) -> None: ...


class MutterClipboard:
    """By the calls of mutter's remote desktop session."""

    def __init__(self, link: GnomeLink, session: RemoteSession) -> None:
        self._bus, self._session = link.bus, session

    def enable(self, owner: HearOwner, asked: HearAsked) -> None:
        def hear_owner(body: tuple[Any, ...]) -> None:
            options = body[0]
            mime_types = options.get("mime-types", ("(as)", ((),)))[1]
            kinds = mime_types[0] if mime_types and isinstance(mime_types[0], list | tuple) else mime_types
            owner(tuple(kinds), bool(options.get("session-is-owner", ("b", False))[1]))

        path = self._session.address.object_path
        self._bus.heed(REMOTE.bus_name, SESSION, "SelectionOwnerChanged", hear_owner, path=path)
        self._bus.heed(REMOTE.bus_name, SESSION, "SelectionTransfer", lambda body: asked((*body,)), path=path)
        self._session.call("EnableClipboard", "a{sv}", {})

    def offer(self, kinds: Sequence[str]) -> None:
        self._session.call("SetSelection", "a{sv}", {"mime-types": ("as", list(kinds))})

    def read(self, kind: str) -> FileDescriptor:
        return self._session.call("SelectionRead", "s", kind)[0]

    def write(self, serial: int) -> FileDescriptor:
        return self._session.call("SelectionWrite", "u", serial)[0]

    def written(self, serial: int, *, whole: bool) -> None:
        self._session.call("SelectionWriteDone", "ub", serial, whole)


class SessionLink(Protocol):
    """What has the session of the moment."""

    def session(self) -> object: ...


class SessionClipboard:
    """The clipboard of a remote desktop session, whose own thread hands out what we have put there.

    `shared` returns the clipboard of the session of the moment.
    """

    def __init__(self, link: SessionLink, shared: Callable[[Any], SharedClipboard], *, control: Control) -> None:
        self._link, self._shared, self._control = link, shared, control
        self._offered = Offer({})
        self._session: object = None
        self._owner: tuple[tuple[str, ...], bool] = ((), False)
        self._asked: queue.SimpleQueue[tuple[str, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def close(self) -> None:
        if self._thread:
            self._asked.put(None)
            self._thread.join()

    def paste(self, text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        keys, selection = paste_keys(into, other_script=other_script)
        if (keys, selection) == CLASSIC:
            raise NotLent("this terminal pastes what was selected, which GNOME lets nobody lend", "clipboard")
        self.enable()
        own = self.held()
        try:
            lent = self.put(dict.fromkeys(TEXT, text.encode()) | PASSING)
            lent.wait(MANAGER_SECONDS, self._control)
            if not self._owner[1]:
                raise NotLent("another program holds the clipboard, so the text could not be pasted", "clipboard")
            lent.fetched.clear()
            press(keys)
            self._await_fetch(lent)
        finally:
            self.put(own or dict.fromkeys(TEXT, b"")).wait(MANAGER_SECONDS)  # through a stop, too

    def _await_fetch(self, lent: Offer) -> None:
        """Wait until the window has the text and asks no more: a browser reads it once to look and once to paste."""
        if not self._control.until(lambda: lent.fetched.is_set() or not self._owner[1], seconds=FETCH_SECONDS):
            raise Retry("the window in front did not take the text: is a text field in it focused?", "clipboard")
        while lent.fetched.is_set():
            lent.fetched.clear()
            self._control.wait(AGAIN_SECONDS)
        if not self._owner[1]:
            raise Retry("another program took the clipboard while text was being pasted", "clipboard")

    def put(self, contents: Contents) -> Offer:
        """Put this on the clipboard; return what tells of who fetches it."""
        self._offered = offer = Offer(contents)
        self._now().offer(tuple(contents))
        self._owner = (tuple(contents), True)
        return offer

    def held(self) -> Contents:
        """Return what lies on the clipboard now, as far as it is handed out in time."""
        if self._owner[1]:
            return self._offered.contents
        shared, deadline, kept = self._now(), time.monotonic() + KEEP_SECONDS, KEEP_BYTES
        found: dict[str, bytes] = {}
        kinds = self._owner[0]
        for kind in sorted(kinds, key=lambda kind: KEPT_FIRST.index(kind) if kind in KEPT_FIRST else len(KEPT_FIRST)):
            with suppress(CallRefused, TimeoutError):
                found[kind] = b"".join(_read(shared.read(kind), kept, deadline))
                kept -= len(found[kind])
        return found

    def enable(self) -> None:
        """Begin to hear who owns the clipboard, in the session of the moment."""
        session = self._link.session()
        if session is self._session:
            return
        told = threading.Event()

        def hear_owner(kinds: tuple[str, ...], is_ours: bool) -> None:
            self._owner = (kinds, is_ours)
            told.set()

        self._session, self._owner = session, ((), False)
        self._now().enable(hear_owner, self._asked.put)
        told.wait(OWNER_SECONDS)  # it is told at once what lies there; if nothing does, nothing is told
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="gnome clipboard", daemon=True)
            self._thread.start()

    def _now(self) -> SharedClipboard:
        return self._shared(self._link.session())

    def _serve(self) -> None:
        while (asked := self._asked.get()) is not None:
            with suppress(CallRefused, ShellLost, OSError):  # who asked has gone, or the session has
                self._hand_out(*asked)

    def _hand_out(self, kind: str, serial: int) -> None:
        shared, offer = self._now(), self._offered
        descriptor = shared.write(serial)
        done = False
        try:
            _write(descriptor, offer.contents.get(kind, b""), time.monotonic() + HAND_OUT_SECONDS)
            done = True
        finally:
            shared.written(serial, whole=done)
        offer.fetched.set()


class Offer:
    """What was put on the clipboard, and whether somebody has fetched it."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.fetched = threading.Event()

    def wait(self, seconds: float, control: Control | None = None) -> None:
        """Wait until it was fetched, which GNOME does itself to keep a copy, or for so long."""
        if control:
            control.until(self.fetched.is_set, seconds=seconds)
        else:
            self.fetched.wait(seconds)


def _read(descriptor: FileDescriptor, most: int, deadline: float) -> Iterator[bytes]:
    """Yield what comes through a pipe until it ends. Raise `TimeoutError` if that is too much, or too slow."""
    raw = descriptor.to_raw_fd()
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or most < 0 or not select.select([raw], [], [], left)[0]:
                raise TimeoutError("what was copied is not handed over in time")
            with suppress(BlockingIOError):
                if not (piece := os.read(raw, CHUNK)):
                    return
                most -= len(piece)
                yield piece
    finally:
        os.close(raw)


def _write(descriptor: Any, content: bytes, deadline: float) -> None:
    """Write it all into a pipe, whose other end may take its time until the deadline."""
    raw = descriptor.to_raw_fd()
    os.set_blocking(raw, False)
    try:
        rest = memoryview(content)
        while rest:
            if not select.select([], [raw], [], max(0.0, deadline - time.monotonic()))[1]:
                raise TimeoutError("what was asked for is not taken in time")
            with suppress(BlockingIOError):
                rest = rest[os.write(raw, rest[:CHUNK]) :]
    finally:
        os.close(raw)
