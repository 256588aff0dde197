"""Pictures of the outputs of a wlroots compositor, by its screencopy protocol."""

from __future__ import annotations

import mmap
import os
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace, ScreenFrame
from screenagent.desktop.pictures import COMPOSITOR_LAG_SECONDS
from screenagent.desktop.wayland.connection import CompositorConnection, Output
from screenagent.desktop.wayland.session import WaylandSession

BLUE_FIRST: Final = (0, 1)
"""ARGB and XRGB, whose bytes are blue, green, red and one that counts for nothing."""
RED_FIRST: Final = (0x34324241, 0x34324258)
OPAQUE: Final = np.uint32(0xFF000000)
UPSIDE_DOWN: Final = 1
LEAVE_SECONDS: Final = 0.1  # how long leaving may take; a picture is taken in as it comes
TAKEN_AWAY: Final = "the monitor can no longer be captured: it was taken away, switched off, or has another size"
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
    """The outputs as they are now. Each that is asked for is followed from then on by a thread of its own."""

    lag_seconds = COMPOSITOR_LAG_SECONDS

    def __init__(self, session: WaylandSession) -> None:
        self._session = session
        with closing(CompositorConnection(session)) as connection:
            for needed in ("zwlr_screencopy_manager_v1", "wl_shm"):
                connection.bind(needed)
            self._outputs = {output.place.name: output for output in connection.outputs()}
        if not self._outputs:
            raise NoDesktop("the Wayland compositor has no monitor")
        self.monitors: dict[str, MonitorPlace] = {name: output.place for name, output in self._outputs.items()}
        self.primary = next(iter(self.monitors))
        self._followed: dict[str, FollowedOutput] = {}

    def close(self) -> None:
        for followed in self._followed.values():
            followed.close()
        self._followed.clear()

    def grab(self, monitor: str) -> ScreenFrame:
        if monitor not in self._followed:
            self._followed[monitor] = FollowedOutput(self._session, self._outputs[monitor].number)
        return self._followed[monitor].newest()


class FollowedOutput:
    """The newest picture of one output.

    The compositor hands out a picture only when it paints the next one, up to 17 ms later. So a thread waits for each,
    and whoever asks gets what the monitor shows now. Two pictures take turns: one is written while the other is read.
    """

    def __init__(self, session: WaylandSession, number: int) -> None:
        self._connection = CompositorConnection(session)
        try:
            found = next((one for one in self._connection.outputs() if one.number == number), None)
            if found is None:
                raise NoDesktop(TAKEN_AWAY)
            self._output = found
            self._manager = self._connection.bind("zwlr_screencopy_manager_v1")
            self._memories: list[_Memory] = []
            self._lock = threading.Lock()  # protects what follows, and the memory that is newest
            self._failure: NoDesktop | None = None
            self._newest = self._copied(0, whole=True)
        except BaseException:
            self._connection.close()
            raise
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"pictures of {found.place.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._leaving.set()
        self._thread.join()
        for memory in self._memories:
            memory.buffer.destroy()
        self._connection.close()

    def newest(self) -> ScreenFrame:
        with self._lock:
            if self._failure:
                raise self._failure
            memory, flags = self._newest
            return _upright(_pixels(memory, self._output), flags, self._output)

    def _follow(self) -> None:
        turn = 1
        while not self._leaving.is_set():
            try:
                newest = self._copied(turn, whole=False)
            except NoDesktop as reason:
                with self._lock:
                    self._failure = reason
                return
            with self._lock:
                self._newest = newest
            turn = 1 - turn

    def _copied(self, turn: int, *, whole: bool) -> tuple[_Memory, int]:
        """Return a copy of the picture: as it is painted next where the `whole` is wanted, else once it is another."""
        copy = _Copy(frame=self._manager.capture_output(0, self._output.proxy))
        copy.listen()
        try:
            self._connection.wait(lambda: copy.is_described or copy.has_failed)
            if not copy.has_failed:
                memory = self._memory(turn, copy.buffer)
                send = copy.frame.copy if whole else copy.frame.copy_with_damage
                send(memory.buffer)
                while not (copy.is_ready or copy.has_failed or (not whole and self._leaving.is_set())):
                    self._connection.take_in(LEAVE_SECONDS)
        finally:
            copy.frame.destroy()
        if copy.has_failed:
            raise NoDesktop(TAKEN_AWAY)
        return (memory, copy.flags) if copy.is_ready else self._newest

    def _memory(self, turn: int, described: tuple[int, ...]) -> _Memory:
        if turn < len(self._memories) and self._memories[turn].described == described:
            return self._memories[turn]
        form, width, height, stride = described
        opened = os.memfd_create("screenagent-picture")
        os.truncate(opened, stride * height)
        mapped = mmap.mmap(opened, stride * height)
        pool = self._connection.bind("wl_shm").create_pool(opened, stride * height)
        made = _Memory(described, mapped, pool.create_buffer(0, width, height, stride, form))
        pool.destroy()
        os.close(opened)
        for replaced in self._memories[turn : turn + 1]:
            replaced.buffer.destroy()
        self._memories[turn : turn + 1] = [made]
        return made


def _pixels(memory: _Memory, output: Output) -> ScreenFrame:
    form, width, height, stride = memory.described
    rows = np.frombuffer(memory.mapped, dtype=np.uint32).reshape(height, stride // 4)[:, :width]
    if form in BLUE_FIRST:
        return rows | OPAQUE
    if form in RED_FIRST:
        turned = rows.view(np.uint8).reshape(height, -1, 4)[..., [2, 1, 0, 3]]
        return np.ascontiguousarray(turned).view(np.uint32)[..., 0] | OPAQUE
    raise NoDesktop(
        f"the pictures of the monitor {output.place.name!r} have a format that is not known here ({form:#x})"
    )


def _upright(pixels: ScreenFrame, flags: int, output: Output) -> ScreenFrame:
    """Return the picture as the user sees it, however the monitor stands."""
    if flags & UPSIDE_DOWN:
        pixels = pixels[::-1]
    if output.transform >= FLIPPED:
        raise NoDesktop(f"the monitor {output.place.name!r} is mirrored, and no picture of that is understood here")
    return np.ascontiguousarray(np.rot90(pixels, -output.transform))
