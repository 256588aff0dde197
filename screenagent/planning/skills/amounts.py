"""Setting what shows a number: sliders by keys, their number read again; spinners by typing."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from screenagent.actions import Change, Holds, Key, Verify, Wait
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location, Point
from screenagent.planning.instructions.steps import press
from screenagent.planning.skills.fields import TAKEN
from screenagent.planning.skills.moves import click, replace_text, require
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed, SkillSteps, TargetUnseen
from screenagent.planning.skills.view import Number, ScreenView

TURNS: Final = 8
LINE: Final = 12  # pixels: the height of the smallest line of text
LATE: Final = 0.4  # seconds
BESIDE: Final = 2.5  # how far a number stands above or below its slider at most, in heights of a line
_COUNT: Final = re.compile(r"(\D*?)([-+−]?\d+(?:\.\d+)?)")
_KIND: Final = re.compile(r"\b(?:the|a|an|slider|scale)\b", re.IGNORECASE)
MOST_PRESSES: Final = 100
STILL: Final = 0.002
"""How far, as a part of the screen, the middle of a handle may be off without having moved."""


def set_amount(view: ScreenView, amount: int, dial: str) -> SkillRun:
    if "slider" not in dial.lower():
        yield from spin(view, require(view, dial), amount, dial)
        return
    slider = _slider(view, dial)
    if slider is None:
        raise TargetUnseen(view.why_absent(dial))
    yield from slide(view, slider, amount, dial, number=_nearest(view, slider))


def _slider(view: ScreenView, dial: str) -> Location | None:
    """The slider of that name, or the only one; a name may stand at the other end of its row."""
    named = _KIND.sub("", dial).strip()
    label = view.find(f"“{named}”") if named else None
    if named and label is None:
        return view.find(dial)
    found = view.slider(label)
    if found is None:
        return view.find(dial)
    return Location(point=found.box.center, box=found.box, confidence=0.9, by=found.by)


def spin(view: ScreenView, field: Location, amount: int, name: str) -> SkillRun:
    """By typing, or by the arrows up and down where it takes no keys but those."""
    number = _nearest(view, field)
    try:
        yield (*replace_text(field, name, str(amount)), *TAKEN)
    except SkillStepFailed:
        yield from slide(view, field, amount, name, number=number, keys=("down", "up"), refuses_keys=True)


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
    refuses_keys: bool = False,
) -> SkillRun:
    """Give it the focus, and press arrows by what its number lacks, until it is read to be right.

    On the way a misread number is guessed from the presses if it or the handle is seen to change; the last one is read.
    Of a field that `refuses_keys`, the number is the one that was read before a caret and a ring hid parts of it.
    """
    gauge = Gauge(view, handle, number)
    step = 1.0
    if gauge.value() is None:
        yield (click(handle, name),)
        gauge, step = yield from _following(view, handle, name, keys)
    elif gauge.value() != amount:
        yield (click(handle, name),)
    value = number.value if refuses_keys and number else gauge.value()
    for _ in range(TURNS):
        if value is None or value == amount:
            break
        way = 1 if amount > value else -1
        times = max(1, min(MOST_PRESSES, round(abs(amount - value) / step)))
        look = gauge.look()
        turn = press(keys[way > 0], times=times)
        yield (turn.model_copy(update={"expectation": Change()}) if refuses_keys else turn,)
        moved = gauge.value()
        if moved == value and gauge.is_elsewhere:
            yield (PlannedStep(action=Wait(seconds=LATE)),)
            moved = gauge.value()
        if refuses_keys and _is_but_for_its_sign(moved, value + times * step * way):
            moved = value + times * step * way
        if moved is None or (moved - value) * way <= 0:
            if not gauge.has_moved(look):
                raise SkillFailed(f"{name} stays at {value:g}")
            if gauge.is_of_another(look):
                try:
                    gauge, step = yield from _following(view, handle, name, keys)
                except SkillFailed as unknown:
                    raise SkillFailed(f"{name} stays at {value:g}, or that number is of something else") from unknown
                value = gauge.value()
                continue
            moved = value + times * step * way
        value, step = moved, abs(moved - value) / times
    shown = gauge.value()
    if shown is None:
        raise SkillFailed(f"{name} cannot be read any more, so it may not be at {amount}")
    right = shown == amount
    if not right and refuses_keys and _is_but_for_its_sign(shown, amount):
        right = yield from _is_below_nought(gauge, keys)
    if not right or value != amount:
        raise SkillFailed(f"{name} cannot be brought to {amount}: it is at {shown:g}")
    if gauge.is_told:
        yield (PlannedStep(action=Verify(that=Holds(control=name, at=gauge.box, value=f"{amount:g}"))),)


def _is_but_for_its_sign(reads: float | None, value: float) -> bool:
    """Whether a number reads as that value below nought, but for its minus: a ring round the field may hide it."""
    return reads is not None and value < 0 and reads == -value


def _is_below_nought(gauge: Gauge, keys: tuple[Key, Key]) -> Generator[SkillSteps, None, bool]:
    """Return whether one step up and one down show that a minus is hidden: what is below nought gets smaller on the way
    up, and what stands at its least gets larger."""
    down, up = keys
    shown = gauge.value()
    yield (press(up),)
    higher = gauge.value()
    yield (press(down),)
    return shown is not None and higher is not None and abs(higher) < abs(shown) and gauge.value() == shown


def _following(
    view: ScreenView, handle: Location, name: str, keys: tuple[Key, Key]
) -> Generator[SkillSteps, None, tuple[Gauge, float]]:
    """Return what follows the slider, wherever it stands: the one number that changes twice by the same step as an
    arrow is pressed twice, up or, at its end, down."""
    before = _counts(view)
    for way in (1, -1):
        first = yield from _counted_after(view, press(keys[way > 0]))
        second = yield from _counted_after(view, press(keys[way > 0]))
        steps = [(now, now.since(first)) for now in second]
        moved = [(now, step) for now, step in steps if step and step * way > 0 and now.went(first, before, step)]
        if len(moved) == 1:
            now, step = moved[0]
            return Gauge(view, handle, None, counted=now), abs(step)
    raise SkillFailed(f"no number says where {name} stands")


def _counted_after(view: ScreenView, step: PlannedStep) -> Generator[SkillSteps, None, list[Count]]:
    """Return the numbers after a step. What follows a slider elsewhere, as a title does, may come a little later."""
    before, seen = _counts(view), view.screen.digest
    yield (step,)
    if _counts(view) == before and view.screen.digest != seen:
        yield (PlannedStep(action=Wait(seconds=LATE)),)
    return _counts(view)


class Count(NamedTuple):
    """A number that ends a word or stands alone: what stands before it in the word, which such one of its line it is,
    and where that line is, in pixels."""

    sign: str
    order: int
    height: float
    value: float

    def among(self, others: Iterable[Count]) -> Count | None:
        """Return the number that stands at the same place."""
        same = (one for one in others if (one.sign, one.order) == (self.sign, self.order))
        return next((one for one in same if abs(one.height - self.height) < LINE), None)

    def since(self, others: Iterable[Count]) -> float | None:
        """Return by how much it has changed."""
        known = self.among(others)
        return self.value - known.value if known else None

    def went(self, first: Iterable[Count], before: Iterable[Count], step: float) -> bool:
        """Return whether it changed by the same step before, or came only then."""
        known = self.among(first)
        return known is not None and known.since(before) in (None, step)


def _counts(view: ScreenView) -> list[Count]:
    """The numbers that may count something: "80", "zoom=80". A time and a date have others in them."""
    found: list[Count] = []
    for height, words in _texts(view):
        for counted in filter(None, map(_COUNT.fullmatch, words)):
            order = sum(one.sign == counted[1] and one.height == height for one in found)
            found.append(Count(counted[1], order, height, float(counted[2].replace("−", "-"))))
    return found


def _texts(view: ScreenView) -> Iterator[tuple[float, list[str]]]:
    """The lines on the screen, each at its height; the title of the window in front as its program says it."""
    window = view.screen.window
    top = window.box.top if window and window.box else 0.0
    if window:
        yield -LINE, window.title.split()
    for line in view.lines:
        if line.box.center.y >= top:
            yield line.box.center.y * view.screen.size.height, [word.text for word in line.words]


class GaugeLook(NamedTuple):
    """What changes when a slider moves: the place of its handle, and how its number looks."""

    handle: Box | None
    number: str


class Gauge:
    """What says where a slider stands: its program, or the number beside it."""

    def __init__(
        self, view: ScreenView, handle: Location, number: Number | None, *, counted: Count | None = None
    ) -> None:
        """`counted` is a number elsewhere that follows it."""
        self._view = view
        self._number = number
        self._counted = counted
        self.box = handle.box or Box.around(handle.point, width=0, height=0)
        self.is_told = view.told_value(self.box) is not None

    def value(self) -> float | None:
        if self.is_told:
            return _as_number(self._view.told_value(self.box))
        if self._counted:
            now = self._counted.among(_counts(self._view))
            return now.value if now else None
        return _value(self._view, self._number.box) if self._number else None

    def has_moved(self, look: GaugeLook) -> bool:
        """Whether it looks otherwise than it did; a ring around the handle does not count."""
        now = self.look()
        if now.handle is None or look.handle is None:
            return now.number != look.number or now.handle != look.handle
        return abs(now.handle.center.x - look.handle.center.x) > STILL

    @property
    def is_elsewhere(self) -> bool:
        """Whether its number stands where it may change later than the slider."""
        return self._counted is not None

    def is_of_another(self, look: GaugeLook) -> bool:
        """Whether its number looks as it did although the slider has moved."""
        return self._number is not None and not self.is_told and self.look().number == look.number

    def look(self) -> GaugeLook:
        number = self._view.look_of(self._number.box) if self._number else str(self.value())
        return GaugeLook(self._view.handle(self.box), number)


def _as_number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _nearest(view: ScreenView, handle: Location) -> Number | None:
    """The number that stands in a field, or nearest to a handle; a handle itself may look like a nought."""
    numbers = list(view.numbers())
    inside = [number for number in numbers if handle.box and number.box.center in handle.box]
    if inside and _is_field(handle):
        return inside[0]
    others = [number for number in numbers if number not in inside and _is_beside(view, handle, number.box)]
    return min(others, key=lambda number: _distance(view, handle.point, number.box), default=None)


def _is_beside(view: ScreenView, handle: Location, box: Box) -> bool:
    """Whether a number stands in the row of a handle, or in the line above or below it; another belongs to another."""
    high = handle.box.bottom - handle.box.top if handle.box else 0.0
    line = max(high, box.bottom - box.top, LINE / view.screen.size.height)
    return abs(box.center.y - handle.point.y) <= BESIDE * line


def _is_field(place: Location) -> bool:
    return place.box is not None and place.box.right - place.box.left > 2 * (place.box.bottom - place.box.top)


def _distance(view: ScreenView, point: Point, box: Box) -> float:
    across = max(box.left - point.x, point.x - box.right, 0.0)
    down = max(box.top - point.y, point.y - box.bottom, 0.0)
    return across + down * view.screen.size.height / view.screen.size.width


def _value(view: ScreenView, place: Box) -> float | None:
    """The number that stands there, longer or shorter than it was, or the only one of its row: it may have moved."""
    wide, high = view.screen.size.width, view.screen.size.height
    line = (place.bottom - place.top) * high
    row = [
        (abs(number.box.center.x - place.center.x) * wide, number.value)
        for number in view.numbers()
        if abs(number.box.center.y - place.center.y) * high < 0.7 * line
    ]
    near = [(far, value) for far, value in sorted(row) if far < 2 * line]
    if not near and len(row) == 1:
        return row[0][1]
    return next((value for _, value in near), None) if near else _alone(view, place)


def _alone(view: ScreenView, place: Box) -> float | None:
    """The number in a place that is read on its own, as the reader may miss a short one among others."""
    read = " ".join(line.text for line in view.lines_in(place))
    return _as_number(read.replace("−", "-"))
