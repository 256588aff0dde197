"""The desktop's portals: questions that the user answers in a dialog, each answered by a signal of a Request object.

`ask` follows https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Request.html.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import uuid4

from jeepney import DBusAddress

from screenagent.control import Control, until
from screenagent.desktop import NoDesktop
from screenagent.desktop.wayland.gnome_bus import CallRefused, Hear, SessionBus, ShellLost

SERVICE: Final = "org.freedesktop.portal.Desktop"
ROOT: Final = "/org/freedesktop/portal/desktop"
PREFIX: Final = "org.freedesktop.portal."
REGISTRY: Final = DBusAddress(ROOT, SERVICE, "org.freedesktop.host.portal.Registry")
APPLICATION: Final = "io.screenagent.Agent"
"""What we are called, if a file `io.screenagent.Agent.desktop` says who that is; GNOME gives keys to nobody unnamed."""
QUICK_SECONDS: Final = 10.0  # for what shows no dialog
CONSENT_SECONDS: Final = 120.0
ALLOWED, CANCELLED = 0, 1  # of the answers; others mean that the dialog ended in another way
NO_PORTALS: Final = (
    "there are no desktop portals in this session: install xdg-desktop-portal and the part of it that belongs to your "
    "desktop, such as xdg-desktop-portal-gnome or xdg-desktop-portal-kde, then log out and in ({reason})"
)


class Portals:
    """The portals on a session bus. A wait for the user ends early if `control` is told to stop."""

    def __init__(self, bus: SessionBus, *, control: Control) -> None:
        self._bus, self._control = bus, control
        try:
            bus.start_service(SERVICE)
        except (CallRefused, ShellLost) as reason:
            raise NoDesktop(NO_PORTALS.format(reason=reason)) from reason
        with suppress(CallRefused, ShellLost):  # an older portal, or no file of that name among the applications
            bus.call(REGISTRY, "Register", "sa{sv}", APPLICATION, {})

    def version(self, portal: str) -> int:
        """Return the version of a portal such as "RemoteDesktop"; 0 if this desktop does not offer it."""
        try:
            return int(self.get(portal, "version"))
        except CallRefused:
            return 0

    def get(self, portal: str, name: str) -> Any:
        """Return a property of a portal."""
        return self._bus.get(_address(portal), name)

    def call(self, portal: str, method: str, signature: str, *body: Any) -> tuple[Any, ...]:
        """Call a method that asks the user nothing."""
        return self._bus.call(_address(portal), method, signature, *body)

    def heed(self, portal: str, member: str, hear: Hear, *, path: str = ROOT) -> None:
        """Have `hear` called with the body of each such signal, in the thread that reads the bus."""
        self._bus.heed(SERVICE, PREFIX + portal, member, hear, path=path)

    def ask(
        self,
        portal: str,
        method: str,
        signature: str,
        *body: Any,
        options: Mapping[str, tuple[str, Any]],
        what: str,
        seconds: float = QUICK_SECONDS,
    ) -> dict[str, Any]:
        """Call a method whose last argument is its options, and return what the user or the desktop answers.

        Raise `NoDesktop` with a sentence about `what` was asked for if that is denied, or not answered in time.
        """
        answered = threading.Event()
        answers: list[tuple[int, Mapping[str, tuple[str, Any]]]] = []

        def hear(said: tuple[Any, ...]) -> None:
            answers.append((said[0], said[1]))
            answered.set()

        token = new_token()
        expected = f"{ROOT}/request/{self._bus.unique_name[1:].replace('.', '_')}/{token}"
        self.heed("Request", "Response", hear, path=expected)  # before the call: an answer may come at once
        with _refusal_named(f"{portal}.{method}"):
            handle = self.call(portal, method, f"{signature}a{{sv}}", *body, {**options, "handle_token": ("s", token)})
        if handle[0] != expected:  # a portal that is older than the tokens
            self.heed("Request", "Response", hear, path=handle[0])
        try:
            until(lambda: answered.is_set() or self._control.stopped, seconds=seconds)
        finally:
            if not answered.is_set():
                self._take_back(handle[0])
        if not answered.is_set():
            self._control.check()
            raise NoDesktop(f"the desktop's question about {what} was not answered within {seconds:g} s")
        return _results(*answers[0], what)

    def _take_back(self, handle: str) -> None:
        """Close the dialog of a question that nobody waits for any more."""
        request = DBusAddress(handle, SERVICE, f"{PREFIX}Request")
        with suppress(CallRefused, ShellLost):
            self._bus.call(request, "Close")

    def close_session(self, handle: str) -> None:
        with suppress(CallRefused, ShellLost):  # it has ended before
            self._bus.call(DBusAddress(handle, SERVICE, f"{PREFIX}Session"), "Close")


def new_token() -> str:
    """Return a name of ours for a request or a session."""
    return f"screenagent_{uuid4().hex}"


def _address(portal: str) -> DBusAddress:
    return DBusAddress(ROOT, SERVICE, PREFIX + portal)


def _results(answer: int, results: Mapping[str, tuple[str, Any]], what: str) -> dict[str, Any]:
    if answer == CANCELLED:
        raise NoDesktop(f"you did not allow {what}: the desktop's dialog was cancelled")
    if answer != ALLOWED:
        raise NoDesktop(f"the desktop did not allow {what}, and ended its question without your answer")
    return {name: value for name, (_, value) in results.items()}


@contextmanager
def _refusal_named(method: str) -> Iterator[None]:
    """Make one sentence of what a portal says against a call."""
    try:
        yield
    except CallRefused as refused:
        raise NoDesktop(f"the desktop's portal refuses {method}: {refused}") from refused
    except ShellLost as lost:
        raise NoDesktop(f"the desktop's portal does not answer: {lost}") from lost
