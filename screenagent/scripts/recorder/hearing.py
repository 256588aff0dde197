"""Hears a person to the end in a thread of its own, however long it takes meanwhile to understand what was done."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

from screenagent.desktop.input_listener import TimedTouch
from screenagent.screenshot import Screenshot


class Hearing:
    """Takes touches as they come. `end` is called after the last one: it lets go of the display, and returns how the
    screen looked then."""

    def __init__(self, touches: Iterable[TimedTouch], *, end: Callable[[], Screenshot]) -> None:
        self._touches = touches
        self._end = end
        self._heard: queue.SimpleQueue[TimedTouch | Screenshot | BaseException] = queue.SimpleQueue()
        self._last: Screenshot | None = None
        threading.Thread(target=self._run, name="hearing", daemon=True).start()

    def heard(self) -> Iterator[TimedTouch]:
        """Yield the touches; raise what ended the hearing before its time."""
        while isinstance(one := self._heard.get(), TimedTouch):
            yield one
        if isinstance(one, BaseException):
            raise one
        self._last = one

    def last(self) -> Screenshot:
        """Return the screenshot after all that was heard."""
        assert self._last is not None  # it is asked for once all has been heard
        return self._last

    def _run(self) -> None:
        try:
            for touch in self._touches:
                self._heard.put(touch)
            self._heard.put(self._end())
        except Exception as error:  # noqa: BLE001 -- raised again where the next touch is asked for
            self._heard.put(error)
