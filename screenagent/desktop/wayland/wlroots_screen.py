"""Pictures of the outputs of a wlroots compositor, by its screencopy protocol."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace, ScreenFrame
from screenagent.desktop.wayland.connection import CompositorConnection, Output
from screenagent.desktop.wayland.session import WaylandSession

BLUE_FIRST: Final = (0, 1)
"""ARGB and XRGB, whose bytes are blue, green, red and one that counts for nothing."""
RED_FIRST: Final = (0x34324241, 0x34324258)
OPAQUE: Final = np.uint32(0xFF000000)
UPSIDE_DOWN: Final = 1
FLIPPED: Final = 4  # transforms from here on are mirrored, which no desktop is


@dataclass
class _Memory:
    """What the compositor copies a picture into."""

    described: tuple[int, ...]
    mapped: mmap.mmap
    buffer: Any


@dataclass
class _Copy:
    """What is told of one copy."""

    buffer: tuple[int, ...] = ()
    is_described: bool = False
    is_ready: bool = False
    has_failed: bool = False
    flags: int = 0
    frame: Any = field(default=None)

    def listen(self) -> None:
        def offered(_: object, *described: int) -> None:
            self.buffer = described

        def flagged(_: object, flags: int) -> None:
            self.flags = flags

        def described(_: object) -> None:
            self.is_described = True

        def ready(_: object, *_when: int) -> None:
            self.is_ready = True

        def failed(_: object) -> None:
            self.has_failed = True

        heard = {"buffer": offered, "flags": flagged, "buffer_done": described, "ready": ready, "failed": failed}
        for event, hears in heard.items():
            self.frame.dispatcher[event] = hears


class WlrootsPictures:
    """The outputs as they are now, each captured when the compositor has painted its next frame."""

    def __init__(self, session: WaylandSession) -> None:
        self._connection = CompositorConnection(session)
        try:
            self._manager = self._connection.bind("zwlr_screencopy_manager_v1")
            self._shm = self._connection.bind("wl_shm")
            self._outputs = {output.place.name: output for output in self._connection.outputs()}
            if not self._outputs:
                raise NoDesktop("the Wayland compositor has no monitor")
        except BaseException:
            self._connection.close()
            raise
        self.monitors: dict[str, MonitorPlace] = {name: output.place for name, output in self._outputs.items()}
        self.primary = next(iter(self.monitors))
        self._memories: dict[str, _Memory] = {}

    def close(self) -> None:
        for memory in self._memories.values():
            memory.buffer.destroy()
        self._memories.clear()
        self._connection.close()

    def grab(self, monitor: str) -> ScreenFrame:
        output = self._outputs[monitor]
        copy = _Copy(frame=self._manager.capture_output(0, output.proxy))
        copy.listen()
        try:
            self._connection.wait(lambda: copy.is_described or copy.has_failed)
            if not copy.has_failed:
                memory = self._memory(monitor, copy.buffer)
                copy.frame.copy(memory.buffer)
                self._connection.wait(lambda: copy.is_ready or copy.has_failed)
        finally:
            copy.frame.destroy()
        if copy.has_failed:
            raise NoDesktop(f"the monitor {monitor!r} can no longer be captured: it was taken away or switched off")
        return _upright(_pixels(memory, monitor), copy.flags, output)

    def _memory(self, monitor: str, described: tuple[int, ...]) -> _Memory:
        known = self._memories.get(monitor)
        if known and known.described == described:
            return known
        if known:
            known.buffer.destroy()
        form, width, height, stride = described
        opened = os.memfd_create("screenagent-picture")
        os.truncate(opened, stride * height)
        mapped = mmap.mmap(opened, stride * height)
        pool = self._shm.create_pool(opened, stride * height)
        made = _Memory(described, mapped, pool.create_buffer(0, width, height, stride, form))
        pool.destroy()
        os.close(opened)
        self._memories[monitor] = made
        return made


def _pixels(memory: _Memory, monitor: str) -> ScreenFrame:
    form, width, height, stride = memory.described
    rows = np.frombuffer(memory.mapped, dtype=np.uint32).reshape(height, stride // 4)[:, :width]
    if form in BLUE_FIRST:
        return rows | OPAQUE
    if form in RED_FIRST:
        turned = rows.view(np.uint8).reshape(height, -1, 4)[..., [2, 1, 0, 3]]
        return np.ascontiguousarray(turned).view(np.uint32)[..., 0] | OPAQUE
    raise NoDesktop(f"the pictures of the monitor {monitor!r} have a format that is not known here ({form:#x})")


def _upright(pixels: ScreenFrame, flags: int, output: Output) -> ScreenFrame:
    """Return the picture as the user sees it, however the monitor stands."""
    if flags & UPSIDE_DOWN:
        pixels = pixels[::-1]
    if output.transform >= FLIPPED:
        raise NoDesktop(f"the monitor {output.place.name!r} is mirrored, and no picture of that is understood here")
    return np.ascontiguousarray(np.rot90(pixels, -output.transform))
