"""What a Wayland session says to whoever asks programs for their controls: where windows are, what lies over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from jeepney import DBusAddress, MessageType, new_method_call

from screenagent.desktop.accessibility.places import Cover, Outline, Space
from screenagent.desktop.bus import BusLost, ask, open_bus
from screenagent.desktop.floating import Floating
from screenagent.desktop.own_terminal import WindowArea
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.wayland.session import WaylandSession

LAUNCHER: Final = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
ANSWER_SECONDS: Final = 1.0
"""The bus for accessibility is started with the first question for it."""


class PlacedWindows(Protocol):
    """What of a window system is asked."""

    def edges(self, window: Window) -> tuple[int, int, int, int] | None: ...
    def floating(self) -> Floating: ...


class WaylandWindowPlaces:
    """No program knows where its windows are: each says places within them, and the compositor where they lie.

    `outlines` may give several rectangles, of which the program means the one whose size it tells; without it, that is
    what the window holds.
    """

    space = Space.WINDOW

    def __init__(
        self,
        session: WaylandSession,
        windows: PlacedWindows,
        *,
        outlines: Callable[[Window], Sequence[Outline]] | None = None,
    ) -> None:
        self._session, self._windows = session, windows
        self._outlines = outlines or self._contents

    def close(self) -> None:
        """The windows are another's to close."""

    def bus_address(self) -> str:
        return accessibility_address(self._session)

    def outlines(self, window: Window) -> Sequence[Outline]:
        return self._outlines(window)

    def _contents(self, window: Window) -> Sequence[Outline]:
        edges = self._windows.edges(window)
        return (Outline(edges),) if edges else ()

    def covering(self, window: Window) -> Sequence[Cover]:
        stacked = self._windows.floating().windows
        ours = next((place for place, (lying, _) in enumerate(stacked) if lying.id == window.id), len(stacked))
        return tuple(
            Cover(WindowArea(left=left, top=top, right=right, bottom=bottom, own=False), popup=above.pid == window.pid)
            for above, (left, top, right, bottom) in stacked[ours + 1 :]
        )


def accessibility_address(session: WaylandSession) -> str:
    """Return the address of the bus on which the programs of a session tell of their controls."""
    if told := session.leads.get("AT_SPI_BUS_ADDRESS"):
        return told
    bus = open_bus(session.session_bus or "SESSION", seconds=ANSWER_SECONDS)
    try:
        reply = ask(bus, new_method_call(LAUNCHER, "GetAddress"), seconds=ANSWER_SECONDS)
    finally:
        bus.close()
    if reply is None or reply.header.message_type is not MessageType.method_return or not reply.body:
        raise BusLost("the session has no bus for accessibility: is at-spi2-core installed?")
    return str(reply.body[0])
