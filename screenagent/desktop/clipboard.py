"""Text lent to the clipboard for one paste, and the user's own put back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.json_lines import Child, module_command
from screenagent.protocols import Retry
from screenagent.screenshot import Window

if TYPE_CHECKING:
    from screenagent.desktop.wayland.session import WaylandSession

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
LENT_AT_MOST: Final = 3  # times
REMOTE: Final = frozenset(
    (
        *(
            "vncviewer",
            "tigervnc viewer",
            "tigervnc",
            "realvnc",
            "gvncviewer",
            "vinagre",
            "krdc",
            "remmina",
            "rdesktop",
        ),
        *("org.remmina.remmina", "xfreerdp", "wlfreerdp", "freerdp", "remote-viewer", "virt-viewer", "spicy"),
        *("gnome-connections", "nxplayer", "x2goclient", "anydesk", "teamviewer", "rustdesk", "virt-manager"),
    )
)
"""Applications that show another machine, which has a clipboard of its own, but no keys of its own."""


class NotLent(Retry):
    """The text could not be lent to the clipboard, and nothing was pasted."""


Press = Callable[[Sequence[str]], None]


def paste_keys(window: Window | None, *, other_script: bool = False) -> tuple[tuple[str, ...], str]:
    """What to press in `window` for a paste, and the selection that it takes."""
    app = window.app.lower() if window else ""
    if app in CLASSIC_TERMINALS:
        return CLASSIC
    if window and window.is_terminal:
        return TERMINAL
    return LAYOUTLESS if other_script else USUAL


def shows_other_machine(window: Window | None) -> bool:
    """Whether what is pasted in `window` may be the clipboard of another machine."""
    return window is not None and window.app.lower() in REMOTE


class Clipboard(Protocol):
    def paste(self, text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        """Have `into`, which is in front, take `text` from the clipboard, and put the user's own back."""
        ...


class OwnedClipboard:
    """The clipboard of an X display or a Wayland session, by a process that owns it while text is lent and tells who
    fetched it."""

    def __init__(self, display: str | WaylandSession, *, control: Control) -> None:
        self._display = display
        self._control = control
        self._owner: Child | None = None

    def close(self) -> None:
        """Let go of the process. It lives on by itself as long as it keeps what the user had copied."""
        if self._owner:
            self._owner.end()
            self._owner = None

    def paste(self, text: str, *, into: Window | None, press: Press, other_script: bool = False) -> None:
        keys, selection = paste_keys(into, other_script=other_script)
        owner = self._started()
        window, pid = (into.id, into.pid) if into else (0, None)
        try:
            for _ in range(LENT_AT_MOST):  # a clipboard manager may put back what it saw a moment ago
                owner.say(lend=text, to=window, pid=pid, selection=selection)
                self._await_lent(owner)
                if (held := self._checked(owner, selection))["ours"]:
                    break
            if not held["ours"]:
                raise NotLent("another program holds the clipboard, so the text could not be pasted", "clipboard")
            press(keys)
            if held["owner"]:
                self._await_fetch(owner, selection)
            else:
                self._control.wait(STRANGER_SECONDS)  # from who has taken our text over it is fetched unseen
        finally:
            if self._owner:
                self._give_back(owner, selection)

    def _started(self) -> Child:
        self._owner = self._owner or _selection_owner(self._display)
        return self._owner

    def _await_lent(self, owner: Child) -> None:
        try:
            _await(owner, "lent", meanwhile=self._control.check)
        except NotLent:  # there is no clipboard for us, and its process has ended
            self.close()
            raise

    def _give_back(self, owner: Child, selection: str) -> None:
        owner.say(give_back=True, selection=selection)
        _await(owner, "given_back")  # through a stop, too

    def _checked(self, owner: Child, selection: str) -> dict[str, Any]:
        """Return whether a paste brings our text, and whether it is our process that hands it out."""
        owner.say(check=True, selection=selection)
        return _await(owner, "checked", meanwhile=self._control.check)

    def _await_fetch(self, owner: Child, selection: str) -> None:
        """Wait until the window has the text and asks no more: a browser reads it once to look and once to paste."""
        end = done_at = time.monotonic() + FETCH_SECONDS
        fetched = False
        while (said := owner.hear(done_at - time.monotonic(), meanwhile=self._control.check)) is not None:
            if said["event"] == "lost":
                if not self._checked(owner, selection)["ours"]:
                    raise Retry("another program took the clipboard while text was being pasted", "clipboard")
                self._control.wait(STRANGER_SECONDS)
                return
            if said["event"] == "fetched" or fetched:
                fetched = True
                patience = AGAIN_SECONDS if said["by_target"] else STRANGER_SECONDS
                done_at = min(end, time.monotonic() + patience)
        if not fetched:
            raise Retry("the window in front did not take the text: is a text field in it focused?", "clipboard")


def copied_text(display: str | WaylandSession) -> str | None:
    """Return the text on the clipboard of an X display or a Wayland session; None if there is none."""
    with _asked_owner(display) as owner:
        owner.say(tell=True, selection="CLIPBOARD")
        text = _await(owner, "told")["text"]
        return None if text is None else str(text)


def copy_text(display: str | WaylandSession, text: str) -> bool:
    """Put a text on the clipboard of an X display or a Wayland session, where it stays until something else is copied;
    return whether it did."""
    with _asked_owner(display) as owner:
        owner.say(keep=text, selection="CLIPBOARD")
        return bool(_await(owner, "kept")["owner"])


@contextmanager
def _asked_owner(display: str | WaylandSession) -> Iterator[Child]:
    owner = _selection_owner(display)
    try:
        yield owner
    except (EOFError, BrokenPipeError, NotLent) as error:
        why = f": {error}" if isinstance(error, NotLent) else ""
        raise NoDesktop(f"the clipboard of {_called(display)} cannot be reached{why}") from error
    finally:
        owner.end()


def _called(display: str | WaylandSession) -> str:
    return f"the X display {display!r}" if isinstance(display, str) else f"the Wayland session {display.name!r}"


def _selection_owner(display: str | WaylandSession) -> Child:
    if isinstance(display, str):
        command = module_command("screenagent.desktop.x11.selection_owner", display)
    else:
        command = module_command("screenagent.desktop.wayland.selection_owner", display.socket)
    return Child(["setsid", "--fork", *command])  # leaves it to itself, so that it can outlive us


class PortableClipboard:
    """The clipboard of Windows or macOS, by pyperclip: text only, read back before it is pasted."""

    def __init__(self, *, control: Control) -> None:
        import pyperclip

        self._control = control
        self._pyperclip = pyperclip

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
            if not self._control.until(lambda: self._pyperclip.paste() == text, seconds=ANSWER_SECONDS):
                raise NotLent("the clipboard is held by another program, so the text could not be pasted", "clipboard")
            press(("super" if sys.platform == "darwin" else "ctrl", "v"))
            self._control.wait(STRANGER_SECONDS)  # neither system tells who has read its clipboard
        finally:
            self._pyperclip.copy(own)


def _await(owner: Child, event: str, *, meanwhile: Callable[[], None] | None = None) -> dict[str, Any]:
    deadline = time.monotonic() + ANSWER_SECONDS
    while (said := owner.hear(deadline - time.monotonic(), meanwhile=meanwhile)) is not None:
        if said["event"] == "refused":
            raise NotLent(said["reason"], "clipboard")
        if said["event"] == event:
            return said
    raise TimeoutError(f"the clipboard's owner did not say {event!r} within {ANSWER_SECONDS:g} s")
