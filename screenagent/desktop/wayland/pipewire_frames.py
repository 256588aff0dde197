"""The newest frame of a PipeWire stream, by `pipewire-capture` or, without it, by GStreamer."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import ScreenFrame
from screenagent.geometry import Size

NEITHER: Final = (
    "nothing here reads PipeWire: install the extra with `pip install 'screenagent[wayland]'`, or the distribution's "
    "python3-gi, gir1.2-gst-plugins-base-1.0 and gstreamer1.0-pipewire"
)
PIPE: Final = (
    "pipewiresrc {remote}path={node} always-copy=true ! videoconvert ! video/x-raw,format=BGRx "
    "! appsink name=sink sync=false max-buffers=1 drop=true"
)


OpenRemote = Callable[[], socket.socket]
"""Opens a connection to PipeWire."""


class FramesEnded(Exception):
    """The stream gives no frames any more: its monitor, PipeWire or the compositor has gone."""


class Frames(Protocol):
    """What reads one stream."""

    def newest(self) -> ScreenFrame | None:
        """Return the newest frame, None before the first; raise `FramesEnded` if no more will come."""
        ...

    def close(self) -> None: ...


def open_frames(node: int, size: Size, *, runtime: str | None = None, remote: OpenRemote | None = None) -> Frames:
    """Read the stream with this number, whose pictures should have this size; `runtime` is the session's folder.

    `remote` opens another way to PipeWire than its socket in that folder.
    """
    try:
        return CapturedFrames(node, size, remote or partial(_connected, runtime))
    except ImportError:
        pass
    try:
        return GStreamerFrames(node, remote)
    except ImportError as reason:
        raise NoDesktop(NEITHER) from reason


class CapturedFrames:
    """By the wheel `pipewire-capture`, which needs no GStreamer."""

    def __init__(self, node: int, size: Size, remote: OpenRemote) -> None:
        from pipewire_capture import CaptureStream

        self._socket = remote()
        self._stream = CaptureStream(self._socket.fileno(), node, size.width, size.height, capture_interval=0.0)
        self._stream.start()
        self._last: ScreenFrame | None = None

    def newest(self) -> ScreenFrame | None:
        if self._stream.window_invalid:
            raise FramesEnded(self._stream.error or "the stream has ended")
        found = self._stream.get_frame()
        if found is not None:
            self._last = _numbers(found)
        return self._last

    def close(self) -> None:
        self._stream.stop()
        self._socket.close()


class GStreamerFrames:
    """By GStreamer's `pipewiresrc` and PyGObject, which come from the distribution only."""

    def __init__(self, node: int, remote: OpenRemote | None = None) -> None:
        import gi

        try:
            gi.require_version("Gst", "1.0")
            from gi.repository import Gst
        except ValueError as reason:  # PyGObject is there, but not GStreamer
            raise ImportError("there is no GStreamer") from reason
        Gst.init(None)
        if Gst.ElementFactory.find("pipewiresrc") is None:
            raise ImportError("GStreamer has no pipewiresrc")
        self._gst = Gst
        self._remote = remote() if remote else None
        way = f"fd={self._remote.fileno()} " if self._remote else ""
        self._pipe = Gst.parse_launch(PIPE.format(remote=way, node=node))
        self._sink = self._pipe.get_by_name("sink")
        self._bus = self._pipe.get_bus()
        self._last: ScreenFrame | None = None
        self._pipe.set_state(Gst.State.PLAYING)

    def newest(self) -> ScreenFrame | None:
        ended = self._gst.MessageType.ERROR | self._gst.MessageType.EOS
        if (message := self._bus.pop_filtered(ended)) is not None:
            raise FramesEnded(_said(self._gst, message))
        if (sample := self._sink.emit("try-pull-sample", 0)) is not None:
            self._last = self._taken(sample)
        return self._last

    def close(self) -> None:
        self._pipe.set_state(self._gst.State.NULL)
        if self._remote:
            self._remote.close()

    def _taken(self, sample: Any) -> ScreenFrame:
        told = sample.get_caps().get_structure(0)
        height, width = told.get_value("height"), told.get_value("width")
        buffer = sample.get_buffer()
        rows = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8).reshape(height, -1, 4)
        return _numbers(rows[:, :width])


def _numbers(rows: NDArray[np.uint8]) -> ScreenFrame:
    """Return pixels of four bytes as one number each; the fourth byte, which says nothing, is always the same."""
    numbers = np.ascontiguousarray(rows).view(np.uint32)[..., 0]
    return numbers | np.uint32(0xFF000000)


def _said(gst: Any, message: Any) -> str:
    return str(message.parse_error()[0].message) if message.type == gst.MessageType.ERROR else "the stream has ended"


def _connected(runtime: str | None) -> socket.socket:
    """Return a connection to the session's PipeWire."""
    name = os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0"
    folder = runtime or os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR") or ""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(Path(folder, name)))
    except OSError as reason:
        connection.close()
        raise NoDesktop(f"PipeWire cannot be reached at {Path(folder, name)}: {reason}") from reason
    return connection
