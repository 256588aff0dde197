"""Every key, button and motion that reaches an X display, whoever sent it and whoever has grabbed it (XInput2)."""

from __future__ import annotations

import select
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from Xlib.ext import ge, xinput

from screenagent.desktop.x11.connection import connect_display, disconnect_display

RawKind = Literal["key", "button", "motion"]

KINDS: Final[dict[int, RawKind]] = {
    xinput.RawKeyPress: "key",
    xinput.RawKeyRelease: "key",
    xinput.RawButtonPress: "button",
    xinput.RawButtonRelease: "button",
    xinput.RawMotion: "motion",
}
PRESSES: Final = (xinput.RawKeyPress, xinput.RawButtonPress)
MASK: Final = sum(1 << kind for kind in KINDS)
HEADER: Final = struct.Struct("<HIIHHI4x")  # device, time, detail, source, words of the mask, flags
FIXED: Final = struct.Struct("<iI")  # a number and its fraction in 2^-32


@dataclass(frozen=True)
class Raw:
    """One event. `code` is a key's or a button's; `place` is where XTEST was told to put the mouse, whereas a real
    mouse says how far it went and has none here. `at` is the server's clock in seconds, on one machine the monotonic.
    """

    kind: RawKind
    code: int
    pressed: bool
    place: tuple[int, int] | None
    by_xtest: bool
    at: float


class RawEvents:
    """What reaches `display`, on a connection of its own."""

    def __init__(self, display: str) -> None:
        self.server = connect_display(display)
        # Who says 2.1 or later gets raw events during a grab, too: a menu that is open must not keep a stop from us.
        opcode = self.server.display.get_extension_major(xinput.extname)
        xinput.XIQueryVersion(display=self.server.display, opcode=opcode, major_version=2, minor_version=2)
        devices = self.server.xinput_query_device(xinput.AllDevices).devices
        self._xtest = frozenset(device.deviceid for device in devices if "XTEST" in str(device.name))
        self.server.screen().root.xinput_select_events([(xinput.AllMasterDevices, MASK)])
        self.server.sync()

    def close(self) -> None:
        disconnect_display(self.server)

    def within(self, seconds: float) -> Iterator[Raw]:
        """Those that have come, or come first within so many seconds."""
        if not self.server.pending_events():
            select.select([self.server.fileno()], [], [], seconds)
        while self.server.pending_events():
            event = self.server.next_event()
            if event.type == ge.GenericEventCode and event.evtype in KINDS:
                yield self._raw(event)

    def _raw(self, event: Any) -> Raw:
        data: bytes = event.data
        _, time, code, source, words, _ = HEADER.unpack_from(data)
        kind, pressed, by_xtest = KINDS[event.evtype], event.evtype in PRESSES, source in self._xtest
        place = _place(data, words) if by_xtest and kind == "motion" else None
        return Raw(kind, code, pressed, place, by_xtest, at=time / 1000)


def _place(data: bytes, words: int) -> tuple[int, int] | None:
    """The first two values of a motion, where it has both."""
    start = HEADER.size + 4 * words
    if words == 0 or data[HEADER.size] & 3 != 3:
        return None
    (x, _), (y, _) = FIXED.unpack_from(data, start), FIXED.unpack_from(data, start + FIXED.size)
    return x, y
