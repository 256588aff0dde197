"""Setting what shows a number: sliders by keys, their number read again; spinners by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from screenagent.actions import Key
from screenagent.geometry import Box, Location, Point
from screenagent.planning.instructions.steps import press
from screenagent.planning.skills.moves import click, replace_text, require
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed
from screenagent.planning.skills.view import Number, ScreenView

TURNS: Final = 8
MOST_PRESSES: Final = 100


def set_amount(view: ScreenView, amount: int, dial: str) -> SkillRun:
    if "slider" not in dial.lower():
        yield from spin(view, require(view, dial), amount, dial)
        return
    handle = require(view, dial)
    yield from slide(view, handle, amount, dial, number=_nearest(view, handle))


def spin(view: ScreenView, field: Location, amount: int, name: str) -> SkillRun:
    """By typing, or by the arrows up and down where it takes no keys but those."""
    number = _nearest(view, field)
    try:
        yield replace_text(field, name, str(amount))
    except SkillStepFailed:
        yield from slide(view, field, amount, name, number=number, keys=("down", "up"))


def set_amounts(view: ScreenView, amounts: Sequence[int]) -> SkillRun:
    """Of several sliders, each to its own."""
    sliders = view.every("slider")
    if len(sliders) < len(amounts):
        raise SkillFailed(f"there are only {len(sliders)} sliders for {len(amounts)} amounts")
    numbers: list[Number | None] = [*view.numbers()]
    if len(numbers) != len(sliders):
        numbers = [_nearest(view, slider) for slider in sliders]
    for at, amount in enumerate(amounts):
        yield from slide(view, sliders[at], amount, f"slider {at + 1}", number=numbers[at])


def slide(
    view: ScreenView,
    handle: Location,
    amount: int,
    name: str,
    *,
    number: Number | None,
    keys: tuple[Key, Key] = ("left", "right"),
) -> SkillRun:
    """Give it the focus, and press arrows by what its number lacks; where that cannot be read, it is reckoned."""
    if number is None:
        raise SkillFailed(f"no number says where {name} stands")
    value, step = number.value, 1.0
    yield (click(handle, name),)
    for _ in range(TURNS):
        if value == amount:
            return
        way = 1 if amount > value else -1
        times = max(1, min(MOST_PRESSES, round(abs(amount - value) / step)))
        yield (press(keys[way > 0], times=times),)
        moved = _value(view, number.box)
        if moved is None or (moved - value) * way <= 0:  # misread: it cannot have moved the other way
            moved = value + times * step * way
        value, step = moved, abs(moved - value) / times
    if value != amount:
        raise SkillFailed(f"{name} cannot be brought to {amount}")


def _nearest(view: ScreenView, handle: Location) -> Number | None:
    """The number that stands in a field, or nearest to a handle; a handle itself may look like a nought."""
    numbers = list(view.numbers())
    inside = [number for number in numbers if handle.box and number.box.center in handle.box]
    if inside and _is_field(handle):
        return inside[0]
    others = [number for number in numbers if number not in inside]
    return min(others, key=lambda number: _distance(view, handle.point, number.box), default=None)


def _is_field(place: Location) -> bool:
    return place.box is not None and place.box.right - place.box.left > 2 * (place.box.bottom - place.box.top)


def _distance(view: ScreenView, point: Point, box: Box) -> float:
    across = max(box.left - point.x, point.x - box.right, 0.0)
    down = max(box.top - point.y, point.y - box.bottom, 0.0)
    return across + down * view.screen.size.height / view.screen.size.width


def _value(view: ScreenView, place: Box) -> float | None:
    """The number that stands there, longer or shorter than it was."""
    wide, high = view.screen.size.width, view.screen.size.height
    line = (place.bottom - place.top) * high
    near = [
        (abs(number.box.center.x - place.center.x) * wide, number.value)
        for number in view.numbers()
        if abs(number.box.center.y - place.center.y) * high < 0.7 * line
    ]
    return next((value for far, value in sorted(near) if far < 2 * line), None)
