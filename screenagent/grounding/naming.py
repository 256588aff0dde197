"""Words for a place on the screen: what a person would call it, and what finds it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from screenagent.geometry import Box, Location, PixelBox, Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.perception.controls import ControlBox
from screenagent.perception.icon_encoder import IconWords
from screenagent.perception.labels import Label, split_where
from screenagent.perception.roles import ENTERED_INTO, SPOKEN
from screenagent.perception.screen import ScreenContents
from screenagent.screenshot import Screenshot

LONGEST: Final = 48  # characters; more of a line than this is not a name
BAR: Final = 0.15  # menu bars are in this part of the screen, above all else
TITLES: Final = 3  # menus that a bar has at least
WHOLE: Final = 0.9  # of the width of its window is what a bar of menus has at least
BAR_GAP: Final = 0.4  # between two words that are two names, as a part of the line's height
WORD_GAP: Final = 0.55
ROUND_AN_ICON: Final = 6  # pixels of a button that still belong to the icon on it
KEYPAD_ROWS: Final = 4
KEY: Final = re.compile(r"\d|[-+*/=%.,()]")
TOLD: Final = {
    "field": "field", "spinner": "field", "dropdown": "drop-down", "radio": "radio button", "checkbox": "check box",
    "switch": "switch", "slider": "slider",
}  # fmt: skip
"""What people call a control by the role that its program tells; what bears its own name is called by that alone."""
TOLD_NAME: Final = re.compile(r"[^\W\d_]{2}")
SHORT: Final = re.compile(r"[^\W\d_a-z][^\W\d_]")  # as OK, which stands on buttons
TYPED_INTO: Final = frozenset(("field", "spinner", "dropdown"))
TOP: Final = 1.5  # heights of a label that its text area begins below it at most, or its middle is below the area's top
AROUND: Final = 0.25  # how far the label may be that a place is described by, as a part of the screen's width


class Namer:
    """Names places; words that lead the grounder back to the place are preferred to any others."""

    def __init__(self, grounder: EmbeddedGrounder) -> None:
        self._seen = grounder
        self._grounder = grounder.strict()

    def name(self, point: Point, screenshot: Screenshot) -> str:
        """What is at `point`. Only where nothing is written near it does it say so by its place on the screen."""
        screen = self._seen.screen(screenshot)
        names = [*_told(point, screen), *_names(point, screen)]
        depicted = _depicted(point, screen, self._seen.words)
        found = (words for words in (*names, *depicted) if self._leads_to(words, point, screenshot))
        described = chain(found, names, _beside(point, screen))
        return next(described, f"the place at {point.x:.0%} from the left and {point.y:.0%} from the top")

    def bounds(self, point: Point, screenshot: Screenshot) -> Box | None:
        """Of the field at `point`, which may be empty; what bears a text has the bounds of that."""
        screen = self._seen.screen(screenshot)
        x, y = point.x * screen.size.width, point.y * screen.size.height
        control = screen.layout.around(x, y)
        return control.rect.box(screen.size) if control and control.role in ENTERED_INTO else None

    def text(self, point: Point, screenshot: Screenshot) -> str:
        """Return the words that are written at `point`; empty if none are."""
        screen = self._seen.screen(screenshot)
        x, y = point.x * screen.size.width, point.y * screen.size.height
        runs = (run for label in screen.labels for run in _runs(label, screen))
        return next((run.text for run in runs if run.rect.grown(3).holds(x, y)), "")

    def fields(self, screenshot: Screenshot) -> tuple[Box, ...]:
        """Return the bounds of all that text can be entered into, as far as it has a frame."""
        screen = self._seen.screen(screenshot)
        found = (control for control in screen.layout.controls if control.role in ENTERED_INTO)
        return tuple(control.rect.box(screen.size) for control in found)

    def passwords(self, screenshot: Screenshot) -> tuple[Box, ...]:
        """Return the bounds of the fields whose program says that they hide what is typed."""
        screen = self._seen.screen(screenshot)
        return tuple(told.rect.box(screen.size) for told in screen.told if "password" in told.states)

    def focused(self, screenshot: Screenshot) -> Box | None:
        """Return the bounds of the field that has the keyboard focus, if its program says so."""
        screen = self._seen.screen(screenshot)
        found = (told for told in screen.told if "focused" in told.states and told.role in TYPED_INTO)
        return next((told.rect.box(screen.size) for told in found), None)

    def finds(self, words: str, screenshot: Screenshot) -> bool:
        return isinstance(self._grounder.locate(words, screenshot), Location)

    def _leads_to(self, words: str, point: Point, screenshot: Screenshot) -> bool:
        match self._grounder.locate(words, screenshot):
            case Location(box=box) if box is not None:
                return point in box
            case _:
                return False


def _told(point: Point, screen: ScreenContents) -> Iterator[str]:
    """By what the program calls it."""
    x, y = point.x * screen.size.width, point.y * screen.size.height
    here = [told for told in screen.told if told.rect.holds(x, y) and TOLD_NAME.search(told.label.text)]
    for told in sorted(here, key=lambda told: told.rect.area):
        if len(told.label.text) <= LONGEST:
            kind = TOLD.get(told.role)
            yield f"the {told.label.text.strip(' :*.')} {kind}" if kind else told.label.text


def _depicted(point: Point, screen: ScreenContents, words: IconWords) -> Iterator[str]:
    """By what the icon shows."""
    x, y = point.x * screen.size.width, point.y * screen.size.height
    here = [icon for icon in screen.icons if icon.rect.grown(ROUND_AN_ICON).holds(x, y)]
    for name in words.names(sorted(here, key=lambda icon: icon.rect.area)):
        yield f"the {name} icon"


def _names(point: Point, screen: ScreenContents) -> Iterator[str]:
    """By the label of the control that it is, or by what is written on it; then with a neighbour to tell it by."""
    x, y = point.x * screen.size.width, point.y * screen.size.height
    is_in_popup = any(popup.holds(x, y) for popup in screen.popups)  # where entries stand, and no fields
    bar = _bar(x, y, screen)
    control = None if is_in_popup or bar else screen.layout.around(x, y)
    areas = () if is_in_popup else screen.widgets
    alone = [run.text for run in _written(x, y, screen)]
    alone += [f"the {title} menu" for title in alone[:1] if bar]
    if area := next((one.rect for one in areas if one.role == "textarea" and one.rect.holds(x, y)), None):
        alone = [*(f"the {text.strip(' :*.')} text area" for text in _heading(area, screen)), *alone]
    elif control and control.role in SPOKEN:
        tied = [label for label in screen.labels if _is_tied(label, control, screen) and label.text not in alone]
        named = [label.text for label in tied if _is_name(label.text) and not _is_other_line(label, control, y)]
        alone = [f"the {text.strip(' :*.')} {_kind(control, screen)}" for text in named] + alone
    elif control and control.role == "button":
        inside = [label for label in screen.labels if control.rect.holds(*label.rect.center)]
        alone += [label.text for label in inside if len(label.text) <= LONGEST and _says(label, screen)]
    yield from alone
    for name in alone:
        for other in _row(y, screen):
            if name not in other.text and other.text not in name:
                yield f"{name} in the row of “{other.text}”"


def _written(x: float, y: float, screen: ScreenContents) -> Iterator[Label]:
    """What is written at a place, or left of it on the same ground: rows are clicked beyond their words, too."""
    for label in screen.labels:
        runs = [run for run in _runs(label, screen) if len(run.text) <= LONGEST]
        yield from (run for run in runs if run.rect.grown(3).holds(x, y) and _is_readable(run, screen))
    left = [label for label in screen.labels if label.rect.top <= y <= label.rect.bottom and label.rect.right < x]
    nearest = max(left, key=lambda label: label.rect.right, default=None)
    if nearest and _is_name(nearest.text) and len(nearest.text) <= LONGEST:
        rect = nearest.rect
        between = PixelBox(rect.right + 4, rect.top + 2, x + rect.height / 2, rect.bottom - 2)
        if between.width < AROUND * screen.size.width and screen.is_plain(between):
            yield nearest


def _says(label: Label, screen: ScreenContents) -> bool:
    """Return whether what stands on a button is its name."""
    return _is_readable(label, screen) or SHORT.fullmatch(label.text) is not None


def _is_readable(run: Label, screen: ScreenContents) -> bool:
    """Icons are read as letters, too: what is this short is a name only on a keypad, where many such stand."""
    if _is_name(run.text):
        return True
    short = {round(label.rect.center_y / (2 * label.rect.height)) for label in screen.labels if len(label.text) <= 2}
    return KEY.fullmatch(run.text) is not None and len(short) >= KEYPAD_ROWS


def _is_name(text: str) -> bool:
    return re.search(r"[^\W\d_]{3}", text) is not None


def _is_tied(label: Label, control: ControlBox, screen: ScreenContents) -> bool:
    return any(tie.control == control for tie in screen.layout.ties(label))


def _is_other_line(label: Label, control: ControlBox, y: float) -> bool:
    """Whether a label is another line in the same frame, as between two separators of a menu."""
    return control.rect.holds(*label.rect.center) and not label.rect.top <= y <= label.rect.bottom


def _bar(x: float, y: float, screen: ScreenContents) -> ControlBox | None:
    """Return the frame at that place if it is the first thing in its window, and as wide: a bar of menus."""
    control, front = screen.layout.around(x, y), screen.front
    if control is None or front is None or control.rect.width < WHOLE * front.width:
        return None
    return control if abs(control.rect.top - front.top) < control.rect.height / 2 else None


def _kind(control: ControlBox, screen: ScreenContents) -> str:
    """What people call a control that is seen, by its role and its shape."""
    round_ones = (one for one in screen.widgets if one.role == "radio" and one.rect.holds(*control.rect.center))
    return "radio button" if control.role == "mark" and any(round_ones) else SPOKEN[control.role]


def _heading(area: PixelBox, screen: ScreenContents) -> Iterator[str]:
    """What stands right above a text area, or left of its first line."""
    for label in screen.labels:
        rect = label.rect
        above = 0 <= area.top - rect.bottom <= TOP * rect.height and area.left - rect.height <= rect.left < area.right
        left = rect.right <= area.left and 0 <= rect.center_y - area.top <= TOP * rect.height
        if _is_name(label.text) and len(label.text) <= LONGEST and (above or left):
            yield label.text


def _runs(label: Label, screen: ScreenContents) -> Iterator[Label]:
    """Its words, in groups that stand further apart than words of one name do: a menu bar reads as one line."""
    gap = BAR_GAP if label.rect.bottom < BAR * screen.size.height else WORD_GAP
    if len(label.words) >= TITLES and _bar(*label.rect.center, screen):
        gap = float("-inf")  # what is read of a title reaches into the gap

    def parted(one: tuple[str, PixelBox], other: tuple[str, PixelBox]) -> bool:
        return other[1].left - one[1].right > gap * label.rect.height and other[0][:1].isupper()

    return map(Label, split_where(parted, label.words))


def _row(y: float, screen: ScreenContents) -> Iterator[Label]:
    """What stands at this height, from the left."""
    beside = [label for label in screen.labels if label.rect.top <= y <= label.rect.bottom and _is_name(label.text)]
    yield from sorted(beside, key=lambda label: label.rect.left)[:3]


def _beside(point: Point, screen: ScreenContents) -> Iterator[str]:
    """By the nearest thing that is written near it."""
    x, y = point.x * screen.size.width, point.y * screen.size.height
    near = sorted(
        (label for label in screen.labels if len(label.text) <= LONGEST and _is_name(label.text)),
        key=lambda label: abs(label.rect.center_x - x) + 2 * abs(label.rect.center_y - y),
    )
    for label in near:
        rect = label.rect
        if abs(rect.center_x - x) + abs(rect.center_y - y) < AROUND * screen.size.width:
            yield f"the icon {_side(x, y, rect)} “{label.text}”"


def _side(x: float, y: float, rect: PixelBox) -> str:
    if rect.top - rect.height <= y <= rect.bottom + rect.height:
        return "left of" if x < rect.center_x else "right of"
    return "above" if y < rect.center_y else "below"
