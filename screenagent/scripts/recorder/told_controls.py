"""What programs tell of their controls while a person is recorded, as it was when each screenshot was taken."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final, Self

from screenagent.perception.cache import SharedLRU
from screenagent.protocols import Accessibility
from screenagent.screenshot import Element, Screenshot

REMEMBERED: Final = 200  # screenshots
PAUSE_SECONDS: Final = 0.1  # between two questions: a program that is used has other things to do


class ToldControls:
    """Asks in a thread of its own about the newest of the screenshots that are noted, between entering and leaving.

    A recording is understood a while after it happened, and then the program shows something else. About a screenshot
    that was gone too soon, the program is asked when somebody wants to know.
    """

    def __init__(self, program: Accessibility) -> None:
        self._program = program
        self._known: SharedLRU[str, Sequence[Element]] = SharedLRU(REMEMBERED)
        self._newest: Screenshot | None = None
        self._asked: Screenshot | None = None  # about which the program was asked last
        self._noted = threading.Condition()  # protects the newest screenshot
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="told-controls", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        with self._noted:
            self._noted.notify()
        self._thread.join()

    def note(self, screenshot: Screenshot) -> None:
        """Have the program asked about what is on the screen now."""
        with self._noted:
            if self._newest is None or self._newest.digest != screenshot.digest:
                self._newest = screenshot
                self._noted.notify()

    def knows(self, screenshot: Screenshot) -> bool:
        """Return whether the program was asked while it showed this."""
        return self._known.get(screenshot.digest) is not None

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        known = self._known.get(screenshot.digest)
        return self._program.elements(screenshot) if known is None else known

    def is_current(self, screenshot: Screenshot, at: float) -> bool:
        return self._program.is_current(screenshot, at)

    def note_pace(self, screenshot: Screenshot, *, late: bool) -> None:
        """Nobody waits for these answers, so a program that is slow may go on to be asked."""

    def _run(self) -> None:
        while not self._left.wait(PAUSE_SECONDS):
            with self._noted:
                self._noted.wait_for(lambda: self._left.is_set() or self._newest is not self._asked)
                newest = self._asked = self._newest
            if newest is not None and not self._left.is_set():
                told = self._program.elements(newest)
                with self._noted:
                    if self._newest is newest:  # what has changed meanwhile may be told of another screen
                        self._known.keep(newest.digest, told)
