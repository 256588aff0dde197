"""Whether the user's session is locked, by the buses: asked of whoever knows, each for a short time only."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import Final

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.low_level import HeaderFields, Message, MessageType

from screenagent.desktop.bus import Bus, BusLost, ask, open_bus

ANSWER_SECONDS: Final = 0.3
LOCKED: Final = "the screen is locked, so the agent waits"
OFF: Final = "the screen is switched off to save power, so the agent waits"

# What answers GetActive on the desktops of Linux.
SAVERS: Final = (
    DBusAddress("/ScreenSaver", "org.freedesktop.ScreenSaver", "org.freedesktop.ScreenSaver"),
    *(
        DBusAddress(f"/org/{desktop}/ScreenSaver", f"org.{desktop}.ScreenSaver", f"org.{desktop}.ScreenSaver")
        for desktop in ("freedesktop", "gnome", "cinnamon", "mate", "xfce")
    ),
)
GNOME_SHELL: Final = "org.gnome.Shell"
GNOME_SAVER: Final = "org.gnome.ScreenSaver"
START_SECONDS: Final = 2.0
LOGIN: Final = "org.freedesktop.login1"
SESSION: Final = DBusAddress("/org/freedesktop/login1/session/auto", LOGIN, f"{LOGIN}.Session")


class SessionLock:
    """Of the buses of a session, which are those of our own environment where none are named."""

    def __init__(self, session_bus: str | None = None) -> None:
        self._questions: list[Callable[[], bool | None]] = []
        with ExitStack() as stack:
            session = session_bus or os.environ.get("DBUS_SESSION_BUS_ADDRESS")
            if session and (bus := _opened(stack, session)):
                _start_gnomes(bus)
                savers = (saver for saver in SAVERS if _is_there(bus, str(saver.bus_name)))
                self._questions += [partial(_asked, bus, new_method_call(saver, "GetActive")) for saver in savers]
            if (bus := _opened(stack, "SYSTEM")) and _is_there(bus, LOGIN):
                self._questions.append(partial(_asked, bus, Properties(SESSION).get("LockedHint")))
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __call__(self) -> str | None:
        """Why nothing can be done on the screen now; None where nobody says that it is locked."""
        for question in tuple(self._questions):
            answer = question()
            if answer is None:
                self._questions.remove(question)  # it is not supported there, or it hangs: never wait for it again
            elif answer is True:
                return LOCKED
        return None


def _opened(stack: ExitStack, address: str) -> Bus | None:
    try:
        return stack.enter_context(closing(open_bus(address, seconds=ANSWER_SECONDS)))
    except BusLost:  # a session without that bus
        return None


def _start_gnomes(bus: Bus) -> None:
    """GNOME's saver is a program of its own, which the bus starts only once somebody asks for it."""
    if not _is_there(bus, GNOME_SHELL) or _is_there(bus, GNOME_SAVER):
        return
    with suppress(BusLost):
        ask(bus, message_bus.StartServiceByName(GNOME_SAVER), seconds=START_SECONDS)


def _is_there(bus: Bus, name: str) -> bool:
    return _asked(bus, message_bus.NameHasOwner(name)) is True


def _asked(bus: Bus, question: Message) -> bool | None:
    """Return the answer, or None if there is none."""
    try:
        reply = ask(bus, question, seconds=ANSWER_SECONDS)
    except BusLost:
        return None
    if reply is None or reply.header.message_type is MessageType.error:
        return None
    match reply.header.fields.get(HeaderFields.signature), reply.body:
        case ("b", (bool(answer),)) | ("v", (("b", bool(answer)),)):
            return answer
    return None
