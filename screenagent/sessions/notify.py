"""Calls the user's own command for what waits for them: without a shell, with a time limit, and with safe text only."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from screenagent.desktop.json_lines import without_secrets
from screenagent.sessions.entries import Entry, LiveQuestion, MissedQuestion, RowEntry, title
from screenagent.showing import abridged

SECONDS: Final = 5.0
"""A command that has not ended by then is killed."""
LONGEST: Final = 240
LONGEST_TITLE: Final = 80
AT_ONCE: Final = 8
"""So many commands run at a time; what comes beyond that is not told."""

_PLAIN: Final = str.maketrans({"<": "‹", ">": "›", "&": "＆"})
"""Some programs that show notifications read markup."""


class Notifier:
    """Calls the command of the setting `notify`; without one it does nothing. It never raises, and says once what is
    wrong with the command.

    As it is left, it waits for the commands that were called, each at most as long as it may take.
    """

    def __init__(self, command: str | None, say: Callable[[str], object], *, seconds: float = SECONDS) -> None:
        self._command = tuple(shlex.split(command)) if command else ()
        self._say, self._seconds = say, seconds
        self._lock = threading.Lock()  # protects what was said, and the list of those that wait
        self._has_complained = False
        self._waiting: list[threading.Thread] = []

    def __call__(self, entry: Entry) -> None:
        """Tell of an entry."""
        if not self._command:
            return
        with self._lock:
            self._waiting = [thread for thread in self._waiting if thread.is_alive()]
            is_flood = len(self._waiting) >= AT_ONCE
        if is_flood:
            self._complain(f"{AT_ONCE} of it are running already")
            return
        self._start([*self._command, sentence(entry)])

    def _start(self, words: Sequence[str]) -> None:
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=without_secrets(os.environ),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._complain(error.strerror or str(error) if isinstance(error, OSError) else str(error))
            return
        thread = threading.Thread(target=self._wait, args=(child,), name="notify", daemon=True)
        with self._lock:
            self._waiting.append(thread)
        thread.start()

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        try:
            code = child.wait(self._seconds)
        except subprocess.TimeoutExpired:
            _kill(child)
            self._complain(f"it did not end within {self._seconds:g} s")
            return
        if code:
            self._complain(f"it ended with code {code}")

    def _complain(self, why: str) -> None:
        with self._lock:
            said, self._has_complained = self._has_complained, True
        if not said:
            self._say(f"the notify command {abridged(self._command[0], LONGEST_TITLE)!r} failed: {abridged(why)}")

    def close(self) -> None:
        """Wait for the commands that run."""
        deadline = time.monotonic() + self._seconds
        with self._lock:
            waiting = list(self._waiting)
        for thread in waiting:
            thread.join(max(0.0, deadline - time.monotonic()) + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the command, and what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def sentence(entry: Entry) -> str:
    """Return what a notification says: one bounded line that begins with a word of ours, so that no program takes it
    for an option, and that holds no markup."""
    about = abridged(title(entry), LONGEST_TITLE)
    match entry:
        case RowEntry(why=why):
            said = f"A row waits for you: {about}: {why}"
        case MissedQuestion(what=what):
            said = f"Nobody answered: {about}: {what}"
        case LiveQuestion(what=what):
            said = f"A run asks you: {about}: {what}"
    return abridged(said, LONGEST).translate(_PLAIN)
