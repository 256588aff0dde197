"""Asks the application in front whether it still works off its input (_NET_WM_PING)."""

from __future__ import annotations

from Xlib import X, Xatom, error
from Xlib.protocol import event

from screenagent.desktop.x11.connection import connect_display, disconnect_display


class Ping:
    """Whether the application in front has worked off its input: it answers a ping after all before it (EWMH)."""

    def __init__(self, display: str | None = None) -> None:
        self._display = connect_display(display)
        self._root = self._display.screen().root
        # GTK sends its answer to those who selected the one, Qt to those who selected the other.
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask | X.StructureNotifyMask)
        self._protocols = self._display.intern_atom("WM_PROTOCOLS")
        self._ping = self._display.intern_atom("_NET_WM_PING")
        self._active = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        self._display.sync()
        self._asked = 0
        self._answered = 0

    def close(self) -> None:
        disconnect_display(self._display)

    def ask(self) -> None:
        """Ping the application in front, if it is one that answers."""
        active = self._root.get_full_property(self._active, Xatom.WINDOW)
        if active is None or not active.value or not active.value[0]:
            return
        target = self._display.create_resource_object("window", active.value[0])
        try:
            understood = target.get_full_property(self._protocols, Xatom.ATOM)
        except error.BadWindow:
            return
        if understood is None or self._ping not in understood.value:
            return
        self._asked += 1
        message = (32, [self._ping, self._asked, target.id, 0, 0])
        target.send_event(event.ClientMessage(window=target, client_type=self._protocols, data=message))
        self._display.flush()

    def is_awaited(self) -> bool:
        """Whether the last ping is still unanswered."""
        while self._display.pending_events():
            told = self._display.next_event()
            if told.type == X.ClientMessage and told.client_type == self._protocols and told.data[1][0] == self._ping:
                self._answered = max(self._answered, told.data[1][1])
        return self._answered < self._asked
