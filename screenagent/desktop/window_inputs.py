"""Inputs to windows as such: a program is started, a window is brought to the front, or asked to close."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from screenagent.actions import CloseWindow, FocusWindow, OpenProgram, WindowInput
from screenagent.control import Control
from screenagent.desktop.platform import WindowSystem
from screenagent.desktop.programs import Launch, StartProgram, windows_there
from screenagent.perception.named_window import title_words, window_named
from screenagent.protocols import Outdated, Retry
from screenagent.screenshot import Screenshot, Window

POLL_SECONDS: Final = 0.05
LAUNCHER_SECONDS: Final = 5.0
"""A command that has ended well may have left its window to a program that runs already."""
FRONT_SECONDS: Final = 2.0
"""A window manager puts a window up first, and gives it the keys then."""


@dataclass(frozen=True)
class WindowInputs:
    """Carries out what is approved about windows. `masked` names secrets in titles instead of quoting them."""

    windows: WindowSystem
    control: Control
    start: StartProgram
    masked: Callable[[Window | None], Window | None]

    def send(self, action: WindowInput, reviewed: Screenshot) -> None:
        match action:
            case OpenProgram():
                self._open(action)
            case FocusWindow(window=words):
                window = self._still_there(words, reviewed)
                if not self._is_in_front(window):
                    self._bring(window)
            case CloseWindow(window=words):
                self.windows.ask_to_close(self._still_there(words, reviewed))

    def _still_there(self, words: str, reviewed: Screenshot) -> Window:
        """Return the window that was reviewed; `Outdated` if it is called otherwise now, `Retry` if it has closed."""
        meant = window_named(words, reviewed)
        now = self.masked(next((window for window in windows_there(self.windows) if window.id == meant.id), None))
        if now is None:
            raise Retry(f"{title_words(meant)} has closed by now", "not_found")
        if not now.is_called_like(meant):
            raise Outdated(f"{title_words(meant)} is called {title_words(now)} by now")
        return now

    def _bring(self, window: Window) -> None:
        """Bring `window` to the front. Whether it came, the screen tells: a dialog may have kept it back."""
        with suppress(Retry):
            self.windows.activate(window)

    def _is_in_front(self, window: Window) -> bool:
        front = self.windows.foreground()
        return front is not None and front.id == window.id

    def _open(self, action: OpenProgram) -> None:
        """Start a program; `Retry` if no window comes of it. The one that comes is brought to the front."""
        launch = Launch(shlex.split(action.command), windows=self.windows, start=self.start)
        self._until(lambda: launch.has_answered() or launch.has_ended(), seconds=action.seconds)
        if launch.has_ended_well():
            self._until(launch.has_answered, seconds=min(LAUNCHER_SECONDS, action.seconds))
        if not launch.has_answered():
            raise Retry(launch.why_nothing(action.seconds), "no_effect")
        window = launch.window()
        if window and not self._until(lambda: self._is_in_front(window), seconds=FRONT_SECONDS):
            self._bring(window)

    def _until(self, predicate: Callable[[], bool], *, seconds: float) -> bool:
        return self.control.until(predicate, seconds=seconds, poll=POLL_SECONDS)
