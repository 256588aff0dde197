"""Text lent to the clipboard for one paste, and the user's own put back."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from screenagent.control import Control
from screenagent.desktop.json_lines import Lines
from screenagent.protocols import Retry
from screenagent.screenshot import Window

# Where an application pastes otherwise than by Ctrl+V: the keys, and the selection they take.
TERMINAL: Final = (("ctrl", "shift", "v"), "CLIPBOARD")
CLASSIC: Final = (("shift", "insert"), "PRIMARY")
USUAL: Final = (("ctrl", "v"), "CLIPBOARD")
LAYOUTLESS: Final = (("shift", "insert"), "CLIPBOARD")  # where a keyboard is switched to a script that has no V
CLASSIC_TERMINALS: Final = frozenset(("xterm", "uxterm", "urxvt", "rxvt", "st-256color", "st"))
FETCH_SECONDS: Final = 3.0
AGAIN_SECONDS: Final = 0.1  # after which a window that has fetched the text will not fetch it once more
STRANGER_SECONDS: Final = 0.3  # then a fetch by another program than the one in front counts as the paste
ANSWER_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.02  # how long a stop may wait for us

Press = Callable[[Sequence[str]], None]


def paste_keys(window: Window | None, *, other_script: bool = False) -> tuple[tuple[str, ...], str]:
    """What to press in `window` for a paste, and the selection that it takes."""
    app = window.app.lower() if window else ""
    if app in CLASSIC_TERMINALS:
        return CLASSIC
    if window and window.is_terminal:
        return TERMINAL
    return LAYOUTLESS if other_script else USUAL


class Clipboard(Protocol):
    def close(self) -> None: ...

    def paste(self, text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        """Have `into`, which is in front, take `text` from the clipboard, and put the user's own back."""
        ...


class XClipboard:
    """The clipboard of an X display, by a process that owns it while text is lent and tells who fetched it."""

    def __init__(self, display: str, *, control: Control) -> None:
        self._display = display
        self._control = control
        self._owner: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """The process stays as long as it keeps what the user had copied."""
        if self._owner and self._owner.stdin and self._owner.stdout:
            self._owner.stdin.close()
            self._owner.stdout.close()
            self._owner = None

    def paste(self, text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        keys, selection = paste_keys(into, other_script=other_script)
        owner = self._started()
        _wish(owner, lend=text, to=into.id if into else 0, selection=selection)
        try:
            self._hear("lent")
            press(keys)
            self._await_fetch()
        finally:
            _wish(owner, give_back=True, selection=selection)
            self._hear("given_back", stoppable=False)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._owner is None:
            self._owner = subprocess.Popen(
                ["setsid", "--fork", sys.executable, "-m", "screenagent.desktop.x11.selection_owner", self._display],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._owner.wait()  # for setsid, which leaves the process to itself
            assert self._owner.stdout is not None  # it was opened with a pipe
            self._lines = Lines(self._owner.stdout)
        return self._owner

    def _await_fetch(self) -> None:
        """Until the window has the text, and asks no more: a browser reads it once to look at it and once to paste."""
        start = time.monotonic()
        done_at: float | None = None
        while (now := time.monotonic()) < start + FETCH_SECONDS:
            if done_at is not None and now >= done_at:
                return
            said = self._lines.next(LOOK_SECONDS)
            self._control.check()
            if said is None:
                continue
            if said["event"] == "lost":
                raise Retry("another program took the clipboard while text was being pasted", "clipboard")
            if said["event"] == "fetched" or done_at is not None:
                patience = AGAIN_SECONDS if said["by_target"] else STRANGER_SECONDS
                done_at = time.monotonic() + patience
        if done_at is None:
            raise Retry("the window in front did not take the text: is a text field in it focused?", "clipboard")

    def _hear(self, wanted: str, *, stoppable: bool = True) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            said = self._lines.next(LOOK_SECONDS)
            if stoppable:
                self._control.check()
            if said and said["event"] == wanted:
                return
        raise TimeoutError(f"the clipboard's owner did not say {wanted!r} within {ANSWER_SECONDS:g} s")


class PortableClipboard:
    """The clipboard of Windows or macOS, by pyperclip: text only, read back before it is pasted."""

    def __init__(self, *, control: Control) -> None:
        self._control = control
        self._pyperclip = importlib.import_module("pyperclip")

    def close(self) -> None:
        pass

    def paste(
        self,
        text: str,
        *,
        into: Window | None,  # noqa: ARG002 # one key pastes into any window
        press: Press,
        other_script: bool = False,  # noqa: ARG002 # and does so in any layout
    ) -> None:
        own = self._pyperclip.paste()
        self._pyperclip.copy(text)
        try:
            deadline = time.monotonic() + ANSWER_SECONDS
            while self._pyperclip.paste() != text:
                if time.monotonic() > deadline:
                    raise Retry(
                        "the clipboard is held by another program, so the text could not be pasted", "clipboard"
                    )
                self._control.wait(LOOK_SECONDS)
            press(("super" if sys.platform == "darwin" else "ctrl", "v"))
            self._control.wait(STRANGER_SECONDS)  # neither system tells who has read its clipboard
        finally:
            self._pyperclip.copy(own)


def _wish(owner: subprocess.Popen[bytes], **wish: object) -> None:
    assert owner.stdin is not None  # it was opened with a pipe
    owner.stdin.write(json.dumps(wish).encode() + b"\n")
    owner.stdin.flush()
