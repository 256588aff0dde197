"""Pictures of GNOME's monitors, by the streams of a remote desktop session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace, ScreenFrame
from screenagent.desktop.wayland.gnome_session import GnomeLink, GnomeStream
from screenagent.desktop.wayland.pipewire_frames import Frames, FramesEnded, open_frames
from screenagent.geometry import Size

FIRST_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.002

OpenFrames = Callable[[int, Size], Frames]


class GnomePictures:
    """The streams are opened with the first picture of each monitor; all are opened anew once the layout changes."""

    def __init__(self, link: GnomeLink, *, open_frames: OpenFrames = open_frames) -> None:
        self._link = link
        self._open_frames = open_frames
        self._lock = threading.Lock()  # protects the streams: the idle watch captures, too
        self._frames: dict[str, tuple[GnomeStream, Frames]] = {}

    @property
    def monitors(self) -> Mapping[str, MonitorPlace]:
        return {name: stream.monitor.place for name, stream in self._link.session().streams.items()}

    @property
    def primary(self) -> str:
        return next(iter(self._link.session().streams))

    def grab(self, name: str) -> ScreenFrame:
        """Return the newest picture of a monitor; wait for the first."""
        with self._lock:
            deadline = time.monotonic() + FIRST_SECONDS
            while time.monotonic() < deadline:
                with suppress(FramesEnded):
                    if (frame := self._of(name).newest()) is not None:
                        return frame
                time.sleep(POLL_SECONDS)
        raise NoDesktop(f"the monitor {name!r} gives no pictures: its session has ended, or PipeWire has")

    def close(self) -> None:
        with self._lock:
            for _, frames in self._frames.values():
                frames.close()
            self._frames.clear()

    def _of(self, name: str) -> Frames:
        streams = self._link.session().streams
        if name not in streams:
            raise NoDesktop(f"there is no monitor {name!r} any more")
        stream = streams[name]
        known = self._frames.get(name)
        if known and known[0] is stream:
            return known[1]
        if known:
            known[1].close()
        self._frames[name] = stream, self._open_frames(stream.node, stream.monitor.picture)
        return self._frames[name][1]
