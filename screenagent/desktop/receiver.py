"""Who gets the keys: looked at before the first one and before each piece of at most 50 ms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from screenagent.actions import HoldKeys, KeyboardInput, PressKeys, TypeText
from screenagent.control import Control
from screenagent.desktop.platform import WindowSystem
from screenagent.keys import NAMED
from screenagent.protocols import Retry
from screenagent.screenshot import Window

RELEASE_SECONDS: Final = 2.0
"""A hand that answers by a chord lets go of it within this time."""


class WatchedKeys(Protocol):
    """A keyboard that looks before each piece of what it sends."""

    sent: int

    def watched(self, look: Callable[[], None]) -> AbstractContextManager[None]: ...


class Receiver:
    """The window that keys are meant for; `screen` raises if the screen is locked, blank or another one by now."""

    def __init__(
        self,
        windows: WindowSystem,
        *,
        control: Control,
        foreground: Callable[[], Window | None],
        screen: Callable[[], None],
    ) -> None:
        self._windows = windows
        self._control = control
        self._foreground = foreground
        self._screen = screen

    def refuse_held(self) -> None:
        """`Retry` if a modifier or a mouse button stays down that a hand holds, or that is latched."""
        if not self._control.until(lambda: not self._windows.held_down(), seconds=RELEASE_SECONDS):
            raise _held(self._windows.held_down())

    def still_in_front(self, reviewed: Window | None) -> Window | None:
        """The window that gets the keys: the one that was in front when they were approved."""
        if reviewed and reviewed.own:
            why = "the keys would go into the terminal that this runs in; click into the window they are meant for"
            raise Retry(why, "own_terminal")
        front = self._foreground()
        if front and front.own and reviewed:
            self._windows.activate(reviewed)  # the approval was typed in our terminal, which brought it to the front
            front = self._foreground()
        if (front and front.id) != (reviewed and reviewed.id):
            why = f"the keys were meant for {_called(reviewed)}, but {_called(front)} is in front of it"
            raise Retry(why, "window_changed")
        return front

    @contextmanager
    def watched(self, keyboard: WatchedKeys, action: KeyboardInput, reviewed: Window | None) -> Iterator[None]:
        """Meanwhile, the keys that `keyboard` sends go to `reviewed`, or the input ends and says how far it came."""
        holds = isinstance(action, HoldKeys)  # modifiers of our own may stay down
        self.still_in_front(reviewed)
        watch = _Watch(self._windows.focus_mark(), self._windows.focus_top())

        def look() -> None:
            self._screen()
            if keyboard.sent and not holds and (held := self._windows.held_down()):
                raise _held(held)
            if (mark := self._windows.focus_mark()) != watch.mark:
                self.still_in_front(reviewed)
                if self._windows.focus_top() != watch.top:
                    raise Retry(f"another window than {_called(reviewed)} has taken the keys", "window_changed")
                watch.mark = mark
            watch.sure = keyboard.sent

        try:
            with keyboard.watched(look):
                yield
                if not _may_open_a_window(action):
                    look()
        except Retry as retry:
            if not keyboard.sent:
                raise
            raise Retry(f"{retry}; {_sent(watch.sure, keyboard.sent, reviewed)}", "interrupted") from None


class _Watch:
    """What had the focus, and how many keys went there for sure."""

    def __init__(self, mark: object, top: int) -> None:
        self.mark = mark
        self.top = top
        self.sure = 0


def _may_open_a_window(action: KeyboardInput) -> bool:
    """Whether the last key may bring another window to the front, so that its coming says nothing."""
    if isinstance(action, PressKeys):
        return len(action.keys) > 1 or action.keys[0] in NAMED
    return isinstance(action, TypeText) and action.text.endswith("\n")


def _sent(sure: int, sent: int, reviewed: Window | None) -> str:
    rest = "" if sure == sent else f"; the last {sent - sure} may have gone elsewhere"
    return f"of {sent} keys sent, {sure} went to {_called(reviewed)}{rest}"


def _held(names: tuple[str, ...]) -> Retry:
    verb = "is" if len(names) == 1 else "are"
    return Retry(f"{' and '.join(names) or 'a key'} {verb} held down or latched by hand; let go first", "held_keys")


def _called(window: Window | None) -> str:
    return f"{window.title!r}" if window else "no window"
