"""The displays that `bench stop` stops agents on: each with a person, and an outsider that says what arrives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any, Final, Literal, Protocol

from screenagent.bench.stop_hindered import HINDRANCES, Hindrance
from screenagent.desktop.platform import DisplayName
from screenagent.desktop.testing.event_monitor import EventMonitor
from screenagent.desktop.testing.synthetic_user import SyntheticPerson, SyntheticUser
from screenagent.desktop.wayland.session import session_from
from screenagent.desktop.x11.connection import connect_display, disconnect_display
from screenagent.desktop.x11.driver_selection import ask_to_stop
from screenagent.desktop.x11.raw_events import Raw

StopWay = Literal["keys", "corner", "ctrl-c", "sigterm", "command", "by the display", "esc", "console ctrl-c"]

ON_X: Final[tuple[StopWay, ...]] = ("keys", "corner", "ctrl-c", "sigterm", "command", "by the display")
KEYS: Final = ("ctrl", "shift", "escape")
CORNER: Final = (1279, 0)
MIDDLE: Final = (640, 360)


class StopDisplay(Protocol):
    """A display, as `bench stop` needs it."""

    name: str
    argument: str
    """How the agent's process is told of it."""
    ways: tuple[StopWay, ...]
    hindrances: tuple[Hindrance, ...]
    server: Any
    """The X server, for who hinders an agent by it; None where there is none."""

    def does(self, act: str, *words: str) -> float:
        """Have the person do something; return when it began."""
        ...

    def heard(self) -> list[Raw]:
        """Return what has arrived since the last call, of whomever."""
        ...

    def of_agent(self, raw: Raw) -> bool:
        """Return whether it was not the person's."""
        ...

    def held(self) -> int:
        """Return how many keys and buttons are down."""
        ...

    def ask_to_stop(self) -> None:
        """Ask by way of the server, as is done where the process cannot be reached."""
        ...

    def close(self) -> None: ...


class XStopDisplay:
    def __init__(self, display: str) -> None:
        self.name = self.argument = display
        self.ways, self.hindrances = ON_X, HINDRANCES
        with ExitStack() as stack:
            self.does = stack.enter_context(SyntheticPerson(display)).does
            with closing(SyntheticUser(display)) as hand:
                self._codes = hand.codes(*KEYS)
            self.heard: Callable[[], list[Raw]] = stack.enter_context(EventMonitor(display)).heard
            self.server = connect_display(display)
            stack.callback(disconnect_display, self.server)
            self.close = stack.pop_all().close

    def of_agent(self, raw: Raw) -> bool:
        return not (raw.kind == "key" and raw.code in self._codes) and raw.place not in (CORNER, MIDDLE)

    def held(self) -> int:
        keys: bytes = bytes(self.server.query_keymap())
        buttons: int = self.server.screen().root.query_pointer().mask >> 8 & 0b11111
        return sum(byte.bit_count() for byte in keys) + buttons.bit_count()

    def ask_to_stop(self) -> None:
        ask_to_stop(self.server)


def display_of(argument: str) -> DisplayName:
    """Return the display that an agent's process is told of."""
    return session_from(argument) if argument.startswith("{") else argument
