"""Setting what shows a number: sliders by keys, their number read again; spinners by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from screenagent.geometry import Box, Location, Point
from screenagent.planner.sight import Sight
from screenagent.planner.skill import Stuck, Work
from screenagent.planner.skills.moves import click, needed, press, replaced

TURNS: Final = 8
MOST_PRESSES: Final = 100


def set_amount(sight: Sight, amount: int, dial: str) -> Work:
    if "slider" not in dial.lower():
        field = needed(sight, dial)
        yield replaced(sight, field, dial, str(amount))
        return
    yield from slide(sight, needed(sight, dial), amount, dial)


def set_amounts(sight: Sight, amounts: Sequence[int]) -> Work:
    """Of several sliders, each to its own."""
    for number, amount in enumerate(amounts):
        sliders = sight.every("slider")
        if number >= len(sliders):
            raise Stuck(f"there are only {len(sliders)} sliders for {len(amounts)} amounts")
        yield from slide(sight, sliders[number], amount, f"slider {number + 1}")


def slide(sight: Sight, handle: Location, amount: int, name: str) -> Work:
    """Give the handle the focus, and press arrows by what its number lacks, until it is there."""
    shown = _nearest(sight, handle.point)
    yield (click(sight, handle, name),)
    if shown is None:
        raise Stuck(f"no number says where {name} stands")
    place = shown[1]
    step = 1.0
    for _ in range(TURNS):
        value = _value(sight, place)
        if value is None or value == amount:
            break
        times = max(1, min(MOST_PRESSES, round(abs(amount - value) / step)))
        yield (press("right" if amount > value else "left", times=times),)
        moved = _value(sight, place)
        if moved is not None and moved != value:
            step = abs(moved - value) / times
    if (value := _value(sight, place)) != amount:
        raise Stuck(f"{name} stands at {value}, not at {amount}")


def _nearest(sight: Sight, point: Point) -> tuple[float, Box] | None:
    """The number nearest to the handle, which is taken for its own."""
    height = sight.screen.size.height / sight.screen.size.width

    def far(box: Box) -> float:
        across = max(box.left - point.x, point.x - box.right, 0.0)
        down = max(box.top - point.y, point.y - box.bottom, 0.0) * height
        return across + down

    return min(sight.numbers(), key=lambda found: far(found[1]), default=None)


def _value(sight: Sight, place: Box) -> float | None:
    """The number that stands there."""
    near = [
        (abs(box.center.x - place.center.x), value)
        for value, box in sight.numbers()
        if abs(box.center.y - place.center.y) < (place.bottom - place.top)
    ]
    return min(near)[1] if near else None
