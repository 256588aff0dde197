"""Recognizes gestures, such as clicks, drags and typed text, in single presses and turns of the wheel. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from screenagent.actions import Button, Direction, Modifier
from screenagent.desktop.input_listener import ButtonDown, ButtonUp, KeyDown, KeyUp, TimedTouch, WheelTurned
from screenagent.geometry import Box, Pixel
from screenagent.keys import MODIFIERS, NAMED
from screenagent.screenshot import Screenshot

DOUBLE_CLICK_SECONDS: Final = 0.5
DOUBLE_CLICK_PIXELS: Final = 6
DRAG_PIXELS: Final = 12  # a hand that clicks does not stay quite still
SCROLL_SECONDS: Final = 2.0  # turns of the wheel further apart are two scrolls
REPEAT_SECONDS: Final = 1.0
HELD_SECONDS: Final = 0.8  # a press that lasts longer may mean something else than a click
MOST_LOOKS: Final = 16  # screenshots between the keys of a text that are kept


@dataclass(frozen=True)
class Clicked:
    at: float
    seen: Screenshot
    pixel: Pixel
    button: Button
    count: Literal[1, 2, 3] = 1
    modifiers: tuple[Modifier, ...] = ()
    is_held: bool = False


@dataclass(frozen=True)
class Dragged:
    at: float
    seen: Screenshot
    start: Pixel
    end: Pixel
    button: Button
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True)
class Scrolled:
    at: float
    seen: Screenshot
    pixel: Pixel
    direction: Direction
    notches: int = 1
    modifiers: tuple[Modifier, ...] = ()


@dataclass(frozen=True)
class Typed:
    """`shown` is the screenshot after the text, before the next gesture; `looks` are some of those between the keys."""

    at: float
    seen: Screenshot
    text: str
    shown: Screenshot
    looks: tuple[Screenshot, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Pressed:
    at: float
    seen: Screenshot
    keys: tuple[str, ...]
    times: int = 1


@dataclass(frozen=True)
class Focused:
    """What is typed next goes into another place than was clicked last: into the field with these bounds, or nobody
    knows into which."""

    at: float
    seen: Screenshot
    box: Box | None


Gesture = Clicked | Dragged | Scrolled | Typed | Pressed | Focused


def gestures(heard: Iterable[TimedTouch], last: Callable[[], Screenshot]) -> Iterator[Gesture]:
    """Yield each gesture as soon as nothing more can belong to it; `last` gives the screenshot after the last one."""
    recognizer = _Recognizer()
    for one in heard:
        yield from recognizer.take(one)
    yield from recognizer.end(last)


class _Recognizer:
    """Holds the last gesture back: the next touch may belong to it."""

    def __init__(self) -> None:
        self._held: list[Modifier] = []
        self._button: TimedTouch | None = None
        self._last: Gesture | None = None
        self._until = 0.0  # when the last touch of it came

    def take(self, heard: TimedTouch) -> Iterator[Gesture]:
        match heard.touch:
            case KeyDown(key=key) if key in MODIFIERS:
                if key not in self._held:
                    self._held.append(key)  # type: ignore[arg-type] # it is one of them
            case KeyUp(key=key) if key in self._held:
                self._held.remove(key)
            case KeyUp():
                pass
            case KeyDown(key=key):
                yield from self._next(self._struck(heard, key), heard)
            case WheelTurned(direction=direction, pixel=pixel):
                yield from self._next(
                    Scrolled(heard.at, heard.seen, pixel, direction, modifiers=tuple(self._held)), heard
                )
            case ButtonDown():
                self._button = heard
                if isinstance(self._last, Typed):
                    yield from self._next(None, heard)
            case ButtonUp(button=button, pixel=pixel):
                down, self._button = self._button, None
                if down is not None and isinstance(down.touch, ButtonDown) and down.touch.button == button:
                    yield from self._next(self._released(down, down.touch, pixel, until=heard.at), heard)

    def end(self, last: Callable[[], Screenshot]) -> Iterator[Gesture]:
        if isinstance(self._last, Typed):
            self._last = replace(self._last, shown=last())
        yield from self._finished()

    def _struck(self, heard: TimedTouch, key: str) -> Gesture:
        character = " " if key == "space" else key
        if len(character) == 1 and set(self._held) <= {"shift"}:  # which the character already has in it
            return Typed(heard.at, heard.seen, character, heard.seen)
        return Pressed(heard.at, heard.seen, (*self._held, key if key in NAMED else key.lower()))

    def _released(self, down: TimedTouch, press: ButtonDown, pixel: Pixel, *, until: float) -> Gesture:
        modifiers = tuple(self._held)
        if _distance(press.pixel, pixel) > DRAG_PIXELS:
            return Dragged(down.at, down.seen, press.pixel, pixel, press.button, modifiers)
        is_held = until - down.at > HELD_SECONDS
        return Clicked(down.at, down.seen, press.pixel, press.button, modifiers=modifiers, is_held=is_held)

    def _next(self, gesture: Gesture | None, heard: TimedTouch) -> Iterator[Gesture]:
        joined = _joined(self._last, gesture, pause=heard.at - self._until) if self._last and gesture else None
        if joined is None and isinstance(self._last, Typed):
            self._last = replace(self._last, shown=heard.seen)
        if joined is None:
            yield from self._finished()
        self._last, self._until = joined or gesture, heard.at

    def _finished(self) -> Iterator[Gesture]:
        last, self._last = self._last, None
        if last is not None and not (isinstance(last, Typed) and not last.text):
            yield last


def _joined(last: Gesture, later: Gesture, *, pause: float) -> Gesture | None:
    """Return both as one gesture; None if they are two."""
    match last, later:
        case Typed(text=text), Typed(text=more):
            return replace(last, text=text + more, looks=thinned((*last.looks, later.seen)))
        case Typed(text=text), Pressed(keys=("backspace",)) if text:
            return replace(last, text=text[:-1], looks=thinned((*last.looks, later.seen)))  # a slip of the finger
        case Clicked(count=count), Clicked() if (
            count < 3
            and later.button == last.button
            and later.modifiers == last.modifiers
            and not (last.is_held or later.is_held)
            and later.at - last.at < DOUBLE_CLICK_SECONDS * count
            and _distance(last.pixel, later.pixel) <= DOUBLE_CLICK_PIXELS
        ):
            return replace(last, count=count + 1)  # type: ignore[arg-type] # at most 3
        case Scrolled(notches=notches), Scrolled() if (later.direction, later.modifiers) == (
            last.direction,
            last.modifiers,
        ) and pause < SCROLL_SECONDS:
            return replace(last, notches=min(100, notches + 1))
        case Pressed(times=times), Pressed() if later.keys == last.keys and pause < REPEAT_SECONDS:
            return replace(last, times=min(100, times + 1))
        case _:
            return None


def thinned(looks: Iterable[Screenshot]) -> tuple[Screenshot, ...]:
    """Return the screenshots that differ from the one before, of too many every other one, and always the last."""
    kept: list[Screenshot] = []
    for look in looks:
        if not kept or kept[-1].digest != look.digest:
            kept.append(look)
    while len(kept) > MOST_LOOKS:
        kept = [*kept[:-1:2], kept[-1]]
    return tuple(kept)


def _distance(one: Pixel, other: Pixel) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)
