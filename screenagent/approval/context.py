"""What is read on the screen under and beside the place that an input goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from screenagent.actions import Click, CloseWindow, FocusWindow, HoldKeys, Input, MouseInput, OpenProgram, PressKeys
from screenagent.approval.patterns import MatchTime
from screenagent.approval.triggers import FEW_WORDS, button_labels, triggered
from screenagent.episode import Episode
from screenagent.geometry import Box, Location, Point
from screenagent.perception.labels import text_lines
from screenagent.perception.named_window import names_one, window_named
from screenagent.screenshot import Screenshot, Window, Word

LEADING: Final = frozenset(("tab", "enter", "up", "down", "page_up", "page_down", "home", "end", "escape", "alt"))
"""Keys that lead from one field to another."""
WORD_GAP: Final = 1.0
"""Words that are farther apart than this times their height do not belong together."""


@dataclass(frozen=True)
class PolicyContext:
    """What there is to an action beside itself: the window in front, the places it goes to, and what can be read.

    `focus` is where the mouse last clicked, so where the keys probably go. Without a reader nothing can be read.
    """

    window: Window | None = None
    locations: Sequence[Location] = ()
    focus: Location | None = None
    words: Callable[[], Sequence[Word]] = tuple
    screen: Screenshot | None = None
    match_time: MatchTime = field(default_factory=MatchTime)

    @cached_property
    def under(self) -> tuple[str, ...]:
        """The words at each of the places."""
        return tuple(read_under(location, self.words()) for location in self.locations)

    @cached_property
    def near(self) -> str:
        """The words at the field that the keys go to: in it, left of it and above it; all, where it is not known."""
        return read_beside(self.focus, self.words()) if self.focus else self.shown

    def triggered(self, action: Input) -> tuple[str, ...]:
        """What keys may press: the labels of the buttons or entries that these can trigger."""
        menu = self._in_menu()
        words = menu or self._in_window()
        return triggered(
            action,
            button_labels(words),
            dialog=bool(menu) or (self.window is not None and self.window.is_dialog),
            small=len(words) <= FEW_WORDS,
            focused=read_under(self.focus, self.words()) if self.focus and not menu else None,
        )

    def _in_menu(self) -> list[Word]:
        """The words in the menus and lists that are open."""
        popups = self.screen.popups if self.screen else ()
        return [word for word in self.words() if any(word.box.center in popup for popup in popups)] if popups else []

    @cached_property
    def shown(self) -> str:
        """All words in the window in front; on the whole screen, where it is not known which part that is."""
        return " ".join(word.text for word in self._in_window())

    def _in_window(self) -> list[Word]:
        box = self.window.box if self.window else None
        inside = (word for word in self.words() if box is None or word.box.center in box)
        return [word for word in inside if not self._is_of_another(word.box.center)]

    def _is_of_another(self, point: Point) -> bool:
        """Whether another application's window lies over the window there."""
        over = self.screen.window_at(point) if self.screen else None
        return over is not None and self.window is not None and over.app != self.window.app


def reached_windows(action: Input, locations: Sequence[Location], screen: Screenshot) -> tuple[Window | None, ...]:
    """Return the windows that an input reaches, None for the bare ground: first the one in front, which counts as
    reached, then those under the mouse, or the one that has the input focus. A program that is opened reaches none, and
    what is about a window reaches that."""
    match action:
        case OpenProgram():
            return (None,)
        case FocusWindow(window=words) | CloseWindow(window=words):
            return (_named(words, screen),)
    reached = [screen.window]
    if not isinstance(action, MouseInput):
        reached += [screen.focus] if screen.focus else []
    elif screen.windows:
        points = [location.point for location in locations] or ([screen.pointer] if screen.pointer else [])
        reached += [screen.window_at(point) for point in points]
    return tuple({_called(window): window for window in reversed(reached)}.values())[::-1]


def _named(words: str, screen: Screenshot) -> Window | None:
    """Return the window that is called so, with its box if it is on the screen; None if that is not one."""
    if not names_one(words, screen):
        return None
    named = window_named(words, screen)
    return next((window for window in screen.windows if window.id == named.id), named)


def _called(window: Window | None) -> tuple[str, str] | None:
    return (window.app, window.title) if window else None


def last_clicked(episode: Episode) -> Location | None:
    """Where the mouse last clicked into the window that is in front, which is where keys go; None where it did not, or
    where a key has led on from there."""
    front = episode.screenshot.window if episode.screenshot else None
    for step in reversed(episode.performed):
        window = step.before.window
        if (front and front.id) != (window and window.id):
            return None
        if isinstance(step.action, PressKeys | HoldKeys) and not LEADING.isdisjoint(step.action.keys):
            return None
        if isinstance(step.action, Click) and step.locations:
            return step.locations[-1]
    return None


def read_under(location: Location, words: Iterable[Word]) -> str:
    """The words at a place: those in its box, and those that stand next to each other where the point is; where there
    are none, those that it is beside, as on a button whose name does not reach its edge."""
    words = list(words)
    inside = [word for word in words if location.box and word.box.center in location.box]
    lines = text_lines(words, gap=WORD_GAP)
    for line in lines:
        if location.point in line.box:
            inside += [word for word in line.words if word not in inside]
    if not inside:
        inside = [word for line in lines if location.point in _padded(line.box) for word in line.words]
    return " ".join(word.text for word in inside)


def read_beside(field: Location, words: Iterable[Word]) -> str:
    """The words at a field: in it, left of it in its line, and right above it."""
    words, point = list(words), field.point
    box = field.box or Box.around(point, width=0, height=0)
    near = [read_under(field, words)]
    for line in text_lines(words, gap=WORD_GAP):
        around = line.box
        height = around.bottom - around.top
        level = around.top - height <= point.y <= around.bottom + height and around.right <= point.x
        above = 0 <= box.top - around.bottom <= 2.5 * height and around.left - 2 * height <= point.x
        if level or above:
            near.append(line.text)
    return " ".join(near)


def _padded(box: Box) -> Box:
    """With the room that a button has round its name."""
    height = box.bottom - box.top
    return Box(
        left=max(0.0, box.left - height),
        top=max(0.0, box.top - height / 2),
        right=min(1.0, box.right + height),
        bottom=min(1.0, box.bottom + height / 2),
    )
