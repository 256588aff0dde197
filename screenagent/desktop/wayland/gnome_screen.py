"""Pictures of GNOME's monitors, by the streams of a remote desktop session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace, ScreenFrame
from screenagent.desktop.pictures import COMPOSITOR_LAG_SECONDS
from screenagent.desktop.wayland.gnome_session import GnomeMonitor
from screenagent.desktop.wayland.pipewire_frames import Frames, FramesEnded, open_frames
from screenagent.geometry import Size

FIRST_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.002

OpenFrames = Callable[[int, Size], Frames]


class RecordedStream(Protocol):
    """What is recorded of one monitor."""

    @property
    def node(self) -> int: ...

    @property
    def monitor(self) -> GnomeMonitor: ...


class RecordingSession(Protocol):
    @property
    def streams(self) -> Mapping[str, RecordedStream]: ...


class RecordingLink(Protocol):
    """What has the session of the moment, whose streams are others once the monitors have changed."""

    def session(self) -> RecordingSession: ...


class GnomePictures:
    """Pictures of the monitors that there are as this is opened; each stream is read from its first picture on."""

    lag_seconds = COMPOSITOR_LAG_SECONDS

    def __init__(self, link: RecordingLink, *, open_frames: OpenFrames = open_frames) -> None:
        self._link = link
        self._open_frames = open_frames
        self._lock = threading.Lock()  # protects the streams: the idle watch captures, too
        self._frames: dict[str, Frames] = {}
        self._streams = link.session().streams
        self.monitors: Mapping[str, MonitorPlace] = {
            name: stream.monitor.place for name, stream in self._streams.items()
        }
        self.primary = next(iter(self._streams))

    def grab(self, monitor: str) -> ScreenFrame:
        """Return the newest picture of a monitor; wait for the first."""
        if self._link.session().streams is not self._streams:
            raise NoDesktop("the screen can no longer be captured as it was: its monitors have changed")
        with self._lock:
            if monitor not in self._frames:
                stream = self._streams[monitor]
                self._frames[monitor] = self._open_frames(stream.node, stream.monitor.picture)
            return self._newest(monitor, self._frames[monitor])

    def close(self) -> None:
        with self._lock:
            for frames in self._frames.values():
                frames.close()
            self._frames.clear()

    def _newest(self, monitor: str, frames: Frames) -> ScreenFrame:
        deadline = time.monotonic() + FIRST_SECONDS
        try:
            while (frame := frames.newest()) is None:
                if time.monotonic() > deadline:
                    raise NoDesktop(f"the monitor {monitor!r} gives no picture; does PipeWire run in this session?")
                time.sleep(POLL_SECONDS)
        except FramesEnded as reason:
            raise NoDesktop(f"the screen can no longer be captured: {reason}") from reason
        return frame
