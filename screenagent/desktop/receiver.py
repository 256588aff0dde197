"""Who gets the keys: looked at before the first one and each piece of at most 50 ms, and once the focus stirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from screenagent.actions import HoldKeys, KeyboardInput, PressKeys, TypeText
from screenagent.control import Control
from screenagent.desktop.busy import InputAnswers
from screenagent.desktop.platform import WindowSystem
from screenagent.keys import NAMED
from screenagent.protocols import Retry
from screenagent.screenshot import Screenshot, Window

RELEASE_SECONDS: Final = 2.0
"""A hand that answers by a chord lets go of it within this time."""
FOCUS_SECONDS: Final = 0.5
"""A window that has just come to the front has the focus within this time, and a menu that has closed none."""


class WatchedKeys(Protocol):
    """A keyboard that looks before each piece of what it sends."""

    sent: int

    def watched(self, look: Callable[[], None], *, stirred: Callable[[], bool]) -> AbstractContextManager[None]: ...


class Receiver:
    """The window that keys are meant for; `screen` raises if the screen is locked, blank or another one by now."""

    def __init__(
        self,
        windows: WindowSystem,
        *,
        control: Control,
        foreground: Callable[[], Window | None],
        screen: Callable[[], None],
        answers: InputAnswers,
    ) -> None:
        self._windows = windows
        self._control = control
        self._foreground = foreground
        self._screen = screen
        self._answers = answers

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
    def watched(self, keyboard: WatchedKeys, action: KeyboardInput, on: Screenshot) -> Iterator[None]:
        """Meanwhile, the keys that `keyboard` sends go where they were approved to go `on` that screen, or the input
        ends and says how far it came."""
        self._windows.follow_focus()
        self.still_in_front(on.window)
        self._refuse_other_focus(on)
        self._answers.begin(on.window)
        watch = _Watch(self._windows.focus_mark(), self._windows.focus_top(), self._windows.switched())
        watch.grabbed = self._windows.has_grabbed_keys()

        def look() -> None:
            self._screen()
            self._refuse_other_keys(keyboard, action, watch)
            self._refuse_other_receiver(watch, on.window)
            if not self._answers.keep_up():
                raise Retry(f"{_called(on.window)} does not take its input any more", "busy")
            watch.sure = keyboard.sent

        try:
            with keyboard.watched(look, stirred=self._windows.focus_stirred):
                yield
                if not _may_open_a_window(action):
                    look()
        except Retry as retry:
            if not keyboard.sent:
                raise
            raise Retry(f"{retry}; {_sent(watch.sure, keyboard.sent, on.window)}", "interrupted") from None

    def _refuse_other_focus(self, on: Screenshot) -> None:
        """`Retry` if another window has the focus than on the reviewed screen, or if another program takes all keys."""
        meant = {window.id for window in (on.window, on.focus) if window}
        found: list[Window] = []

        def is_meant() -> bool:
            found[:] = [window for window in (self._windows.focused(),) if window and window.id not in meant]
            return not found

        if meant and not self._control.until(is_meant, seconds=FOCUS_SECONDS):
            raise Retry(
                f"the keys were meant for {_called(on.focus or on.window)}, but {_called(found[0])} has the focus",
                "window_changed",
            )
        if not self._control.until(lambda: not self._is_taken_by_others(on.window), seconds=FOCUS_SECONDS):
            raise Retry(f"another program gets all keys, so {_called(on.window)} would get none", "window_changed")

    def _is_taken_by_others(self, window: Window | None) -> bool:
        """Whether something gets all keys that is no menu or list of the program of `window`."""
        return self._windows.has_grabbed_keys() and not (window and self._windows.has_popup(window))

    def _refuse_other_keys(self, keyboard: WatchedKeys, action: KeyboardInput, watch: _Watch) -> None:
        """`Retry` if what is held or latched by hand makes other keys of those that are sent."""
        # Those that are held or pressed for it may be modifiers and locks of our own.
        if keyboard.sent and not isinstance(action, HoldKeys) and (held := self._windows.held_down()):
            raise _held(held)
        if isinstance(action, TypeText) and self._windows.switched() != watch.switched:
            raise Retry("the keyboard was switched to other characters while a text was typed", "held_keys")

    def _refuse_other_receiver(self, watch: _Watch, window: Window | None) -> None:
        """`Retry` if the keys go elsewhere than when the input began."""
        if (mark := self._windows.focus_mark()) != watch.mark:
            self.still_in_front(window)
            if self._windows.focus_top() != watch.top:
                raise Retry(f"another window than {_called(window)} has taken the keys", "window_changed")
            watch.mark = mark
            self._windows.follow_focus()
        if not watch.grabbed and self._is_taken_by_others(window):
            raise Retry(f"another program than that of {_called(window)} has taken all keys", "window_changed")


@dataclass
class _Watch:
    """What had the keys as the input began, and how many went there for sure."""

    mark: object
    top: int
    switched: object
    grabbed: bool = False
    sure: int = 0


def _may_open_a_window(action: KeyboardInput) -> bool:
    """Whether the last key may bring another window to the front, so that its coming says nothing."""
    if isinstance(action, PressKeys):
        return len(action.keys) > 1 or action.keys[0] in NAMED
    return isinstance(action, TypeText) and action.text.endswith("\n")


def _sent(sure: int, sent: int, reviewed: Window | None) -> str:
    rest = "" if sure == sent else f"; the last {sent - sure} may have gone elsewhere"
    return f"of {sent} key{'s' if sent > 1 else ''} sent, {sure} went to {_called(reviewed)}{rest}"


def _held(names: tuple[str, ...]) -> Retry:
    verb = "is" if len(names) == 1 else "are"
    return Retry(f"{' and '.join(names) or 'a key'} {verb} held down or latched by hand; let go first", "held_keys")


def _called(window: Window | None) -> str:
    return f"{window.title!r}" if window else "no window"
