"""A Wayland session that `bench stop` stops agents in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Final

from screenagent.bench.stop_displays import KEYS, MIDDLE, StopDisplay, StopWay
from screenagent.bench.stop_hindered import Hindrance
from screenagent.control import Control
from screenagent.desktop.testing.wayland_person import WaylandPerson
from screenagent.desktop.testing.wayland_witness import WaylandWitness
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.wlroots_hand import CHARACTER_CODES, NAMED_CODES
from screenagent.desktop.x11.raw_events import Raw

WAYS: Final[tuple[StopWay, ...]] = ("keys", "ctrl-c", "sigterm", "command")
"""Where the mouse is, is not told there, and there is no server that could be asked to pass a stop on."""
HINDRANCES: Final[tuple[Hindrance, ...]] = ("suspended", "terminal gone")


@contextmanager
def wayland_display() -> Iterator[StopDisplay]:
    """A virtual desktop on Wayland of its own."""
    with VirtualDesktop(kind="wayland", control=Control()) as virtual:
        assert isinstance(virtual.place, WaylandSession)
        with closing(WaylandStopDisplay(virtual.place)) as display:
            yield display


class WaylandStopDisplay:
    """With a window over the whole output that says what it receives."""

    server = None

    def __init__(self, session: WaylandSession) -> None:
        self.name, self.argument = session.name, session.as_argument()
        self.ways, self.hindrances = WAYS, HINDRANCES
        self._codes = {(NAMED_CODES | CHARACTER_CODES)[key] for key in KEYS}
        with ExitStack() as stack:
            self.does = stack.enter_context(WaylandPerson(session)).does
            self._witness = stack.enter_context(WaylandWitness(session))
            self.close = stack.pop_all().close

    def heard(self) -> list[Raw]:
        return [_raw(said) for said in self._witness.heard() if said["event"] in ("key", "button", "motion")]

    def of_agent(self, raw: Raw) -> bool:
        return not (raw.kind == "key" and raw.code in self._codes) and raw.place != MIDDLE

    def held(self) -> int:
        return len(self._witness.held())

    def ask_to_stop(self) -> None:
        raise NotImplementedError("nobody passes a stop on in a Wayland session")


def _raw(said: dict[str, Any]) -> Raw:
    place = (round(said["x"]), round(said["y"])) if said["event"] == "motion" else None
    return Raw(said["event"], said.get("code", 0), said.get("pressed", False), place, by_xtest=False, at=said["at"])
