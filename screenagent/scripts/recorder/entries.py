"""What a person enters between two moves of the focus, as one text however it was typed. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from screenagent.keys import MODIFIERS
from screenagent.screenshot import Screenshot
from screenagent.scripts.recorder.gestures import Gesture, Pressed, Typed, thinned

LOCKS: Final = (("caps_lock",), ("num_lock",), ("scroll_lock",))
EDITING: Final = frozenset(
    (*("left", "right", "up", "down", "home", "end", "backspace", "delete", "insert"), *("caps_lock", "num_lock"))
)
EDITING_WITH_CTRL: Final = frozenset((*"acvxzyukwh", "left", "right", "home", "end", "backspace", "delete", "insert"))
"""Keys that move the caret, change the text or use the clipboard: with them the focus stays where it is."""


@dataclass(frozen=True)
class Entry:
    """Typed texts and the keys that mend them, in one field; `shown` is the screenshot after the last of them."""

    gestures: tuple[Typed | Pressed, ...]
    shown: Screenshot

    @property
    def at(self) -> float:
        return self.gestures[0].at

    @property
    def seen(self) -> Screenshot:
        """The screenshot before the first key."""
        return self.gestures[0].seen

    @cached_property
    def looks(self) -> tuple[Screenshot, ...]:
        """Screenshots from before the first key to after the last one; of many only some."""
        during = [look for one in self.gestures for look in (one.seen, *(one.looks if isinstance(one, Typed) else ()))]
        return thinned((*during, self.shown))

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The texts as they were typed, one by one."""
        return tuple(one.text for one in self.gestures if isinstance(one, Typed))

    @cached_property
    def text(self) -> str:
        """The text that the keys make of an empty field; the pieces in a row if the caret left what was typed."""
        buffer = _Buffer()
        followed = all(buffer.take(one) for one in self.gestures)
        return buffer.text if followed else "".join(self.pieces)

    @property
    def written(self) -> tuple[Typed | Pressed, ...]:
        """The same without the locks: what they made of the keys is in the texts."""
        kept = tuple(one for one in self.gestures if isinstance(one, Typed) or one.keys not in LOCKS)
        if all(isinstance(one, Typed) for one in kept):
            return (Typed(self.at, self.seen, self.text, self.shown),)
        return kept

    @property
    def leading(self) -> tuple[Pressed, ...]:
        """The keys before the first letter, such as those that select what is to be replaced."""
        first = next(number for number, one in enumerate(self.gestures) if isinstance(one, Typed))
        return tuple(one for one in self.gestures[:first] if isinstance(one, Pressed) and one.keys not in LOCKS)


def entries(done: Iterable[Gesture], last: Callable[[], Screenshot]) -> Iterator[Gesture | Entry]:
    """Yield the gestures, those that enter a text together as one entry; `last` gives the screenshot after them all."""
    held: list[Typed | Pressed] = []
    for gesture in done:
        if isinstance(gesture, Typed | Pressed) and stays(gesture):
            held.append(gesture)
            continue
        yield from _together(held, lambda seen=gesture.seen: seen)  # type: ignore[misc]
        held = []
        yield gesture
    yield from _together(held, last)


def _together(held: list[Typed | Pressed], shown: Callable[[], Screenshot]) -> Iterator[Gesture | Entry]:
    if any(isinstance(one, Typed) for one in held):
        yield Entry(tuple(held), shown())
    else:
        yield from (one for one in held if isinstance(one, Pressed) and one.keys not in LOCKS)


def stays(gesture: Typed | Pressed) -> bool:
    """Return whether the focus stays in its field."""
    if isinstance(gesture, Typed):
        return True
    *modifiers, key = (name for name in gesture.keys)
    if set(modifiers) <= {"shift"}:
        return key in EDITING or key in MODIFIERS
    return set(modifiers) <= {"shift", "ctrl"} and key in EDITING_WITH_CTRL


class _Buffer:
    """A field as the keys leave it."""

    def __init__(self) -> None:
        self.text = ""
        self._caret = 0

    def take(self, gesture: Typed | Pressed) -> bool:
        """Do what a field does with the keys; return False if it can only be known with what stood there before."""
        if isinstance(gesture, Typed):
            self.text = self.text[: self._caret] + gesture.text + self.text[self._caret :]
            self._caret += len(gesture.text)
            return True
        return gesture.keys in LOCKS or (len(gesture.keys) == 1 and self._key(gesture.keys[0], gesture.times))

    def _key(self, key: str, times: int) -> bool:
        match key:
            case "home":
                return self._move(0)
            case "end":
                return self._move(len(self.text))
            case "left":
                return self._move(self._caret - times)
            case "right":
                return self._move(self._caret + times)
            case "backspace":
                return self._cut(self._caret - times, self._caret)
            case "delete":
                return self._cut(self._caret, self._caret + times)
            case _:
                return False

    def _move(self, to: int) -> bool:
        self._caret = min(max(0, to), len(self.text))
        return self._caret == to

    def _cut(self, start: int, end: int) -> bool:
        inside = start >= 0 and end <= len(self.text)
        self.text = self.text[: max(0, start)] + self.text[end:]
        self._caret = max(0, start)
        return inside


def with_later(
    done: Iterable[Gesture | Entry], most: int
) -> Iterator[tuple[Gesture | Entry, tuple[Gesture | Entry, ...]]]:
    """Yield each with what came after it. Behind an entry all is held back until `most` more have come: what is seen
    and typed then may tell that its text is not to be written down."""
    held: deque[Gesture | Entry] = deque()
    for one in done:
        held.append(one)
        while held and (len(held) > most or not isinstance(held[0], Entry)):
            first = held.popleft()
            yield first, tuple(held)
    while held:
        first = held.popleft()
        yield first, tuple(held)
