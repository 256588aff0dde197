"""What a person does at mouse and keyboard, one touch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from screenagent.actions import Button, Direction
from screenagent.geometry import Pixel, Value
from screenagent.screenshot import Screenshot


class ButtonDown(Value):
    kind: Literal["button_down"] = "button_down"
    button: Button
    pixel: Pixel


class ButtonUp(Value):
    kind: Literal["button_up"] = "button_up"
    button: Button
    pixel: Pixel


class WheelTurned(Value):
    kind: Literal["wheel_turned"] = "wheel_turned"
    direction: Direction
    pixel: Pixel


class KeyDown(Value):
    """`key` is one of `keys.NAMED`, or the character that the key makes with the modifiers held."""

    kind: Literal["key_down"] = "key_down"
    key: str


class KeyUp(Value):
    kind: Literal["key_up"] = "key_up"
    key: str


Touch = ButtonDown | ButtonUp | WheelTurned | KeyDown | KeyUp


@dataclass(frozen=True)
class TimedTouch:
    """One touch: when, by the monotonic clock, and what was on the screen just before it."""

    at: float
    touch: Touch
    seen: Screenshot
