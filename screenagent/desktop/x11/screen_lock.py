"""Whether the user's screen is locked: asked of whoever knows on this system, each for a short time only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, Final

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.low_level import HeaderFields, Message, MessageType
from Xlib.ext import dpms, screensaver

from screenagent.desktop.bus import Bus, BusLost, ask, open_bus
from screenagent.desktop.x11.connection import connect_display, disconnect_display

ANSWER_SECONDS: Final = 0.3
RECENT_SECONDS: Final = 0.5  # between two looks within one input there is less
LOCKED: Final = "the screen is locked, so the agent waits"
BLANK: Final = "the screen saver is on, so the agent waits"
OFF: Final = "the screen is switched off to save power, so the agent waits"

# What answers GetActive on the desktops of Linux.
SAVERS: Final = (
    DBusAddress("/ScreenSaver", "org.freedesktop.ScreenSaver", "org.freedesktop.ScreenSaver"),
    *(
        DBusAddress(f"/org/{desktop}/ScreenSaver", f"org.{desktop}.ScreenSaver", f"org.{desktop}.ScreenSaver")
        for desktop in ("freedesktop", "gnome", "cinnamon", "mate", "xfce")
    ),
)
LOGIN: Final = "org.freedesktop.login1"
SESSION: Final = DBusAddress("/org/freedesktop/login1/session/auto", LOGIN, f"{LOGIN}.Session")


class ScreenLock:
    """Of an X display and the buses of its session, which are those of our own environment where none are named."""

    def __init__(self, display: str | None = None, *, session_bus: str | None = None) -> None:
        with ExitStack() as stack:
            self._server = connect_display(display)
            stack.callback(disconnect_display, self._server)
            self._has_saver = self._server.has_extension(screensaver.extname)
            self._looked_at = float("-inf")
            if self._has_saver:
                self._server.screen().root.screensaver_select_input(screensaver.NotifyMask)
                self._server.sync()
            self._has_power = self._server.has_extension(dpms.extname)
            self._questions: list[Callable[[], bool | None]] = []
            session = session_bus or os.environ.get("DBUS_SESSION_BUS_ADDRESS")
            if session and (bus := _opened(stack, session)):
                savers = (saver for saver in SAVERS if _is_there(bus, str(saver.bus_name)))
                self._questions += [partial(_asked, bus, new_method_call(saver, "GetActive")) for saver in savers]
            if (bus := _opened(stack, "SYSTEM")) and _is_there(bus, LOGIN):
                self._questions.append(partial(_asked, bus, Properties(SESSION).get("LockedHint")))
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()

    def __call__(self) -> str | None:
        """Why nothing can be done on the screen now; None where it can."""
        for question in tuple(self._questions):
            answer = question()
            if answer is None:
                self._questions.remove(question)  # it is not supported there, or it hangs: never wait for it again
            elif answer is True:
                return LOCKED
        if self._has_saver and self._is_blank():
            return BLANK
        return OFF if self._has_power and _is_off(self._server.dpms_info()) else None

    def _is_blank(self) -> bool:
        """The saver is on, or came on since the last look of just now: the next key of ours turned it off again."""
        now, before = time.monotonic(), self._looked_at
        self._looked_at = now
        is_on = self._server.screen().root.screensaver_query_info().state == screensaver.StateOn
        told = [self._server.next_event() for _ in range(self._server.pending_events())]
        return is_on or (now < before + RECENT_SECONDS and any(map(self._turned_on, told)))

    def _turned_on(self, told: Any) -> bool:
        # Xlib makes a class of its own of each event, so an event is known by its number only.
        is_notice = told.type == self._server.extension_event.Notify
        return bool(is_notice and told.state == screensaver.StateOn)


def _is_off(power: Any) -> bool:
    return bool(power.state) and power.power_level != dpms.DPMSModeOn


def _opened(stack: ExitStack, address: str) -> Bus | None:
    try:
        return stack.enter_context(closing(open_bus(address, seconds=ANSWER_SECONDS)))
    except BusLost:  # a session without that bus
        return None


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
