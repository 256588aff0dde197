"""What may bear no name, by its shape: entries, text areas, check boxes, radio buttons, sliders, signs that unfold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox
from screenagent.perception.controls import has_arrow, straight_sides
from screenagent.perception.labels import Label
from screenagent.perception.likeness import SearchedPicture
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions, grey, steps
from screenagent.perception.roles import Role

EDGE: Final = 12  # neighbouring pixels that differ by more than this, of 255, are a border
EXPANDER: Final = (9, 11, 13, 16, 18, 20)  # the sides that it is looked for in, in pixels
EXPANDER_LIKENESS: Final = 0.72
ROUND: Final = np.pi / 4  # how much of its square a disc covers
TICK: Final = range(12, 41)  # the height of what can be ticked, in pixels
WIDEST: Final = 1.3  # how wide the inside of a letter is at most, in letters of its word
TRACK: Final = range(4, 25)  # how thick the groove is that a handle slides in
HIGH: Final = 46  # pixels: an empty entry that is higher takes several lines
GRIP: Final = 2  # letters that a grip in the corner may be read as
SHEET: Final = 0.95  # how much of its bounds an empty text area fills at least


class Widget(NamedTuple):
    """`rect` is where to point; of a slider its handle, and `reach` the groove that it moves in."""

    role: Role
    rect: PixelBox
    reach: PixelBox | None = None


class FlatArea(NamedTuple):
    """A flat area: its bounds, how much of them it fills, and which sides are straight: left, top, right, bottom."""

    rect: PixelBox
    filled: float
    straight: list[bool]
    shade: int


def widgets(picture: PictureArray, labels: Sequence[Label]) -> list[Widget]:
    if min(picture.shape[:2]) < 8:
        return []
    areas = [area for area in _areas(picture) if not _in_a_word(area.rect, labels)]
    sliders = list(_sliders(areas))
    rest = [area for area in areas if not any(_belongs(area.rect, slider) for slider in sliders)]
    found = [*sliders, *(widget for area in rest if (widget := _shaped(picture, area, labels)))]
    return _outermost(found)


def expanders(picture: PictureArray) -> list[Widget]:
    """The boxes with a plus that unfold a branch of a tree, from the top."""
    searched = SearchedPicture(grey(picture))
    found: list[Widget] = []
    for side in EXPANDER:
        if side >= min(picture.shape[:2]):
            continue
        alike = searched.likeness(_plus(side))
        for y, x in np.argwhere(alike > EXPANDER_LIKENESS).tolist():
            rect = PixelBox.at(x, y, width=side, height=side)
            if not any(other.rect.holds(*rect.center) for other in found):
                found.append(Widget("expander", rect))
    return sorted(found, key=lambda widget: widget.rect.top)


def _plus(side: int) -> npt.NDArray[np.uint8]:
    drawn = np.full((side, side), 150, np.uint8)
    thick, middle = max(1, side // 9), side // 2
    drawn[thick:-thick, thick:-thick] = 255
    drawn[middle - thick // 2 : middle - thick // 2 + thick, side // 4 : side - side // 4] = 20
    drawn[side // 4 : side - side // 4, middle - thick // 2 : middle - thick // 2 + thick] = 20
    return drawn


def _areas(picture: PictureArray) -> Iterator[FlatArea]:
    shades = grey(picture)
    numbers, bounds = connected_regions(steps(shades) <= EDGE, corners=False)
    height, width = shades.shape
    for number, (left, top, across, down, area) in enumerate(bounds.tolist(), start=1):
        if min(across, down) < 4 or max(across, down) < 10 or area < 0.2 * across * down:
            continue
        if across > 0.95 * width or down > 0.8 * height:
            continue
        part = numbers[top : top + down, left : left + across] == number
        shade = int(np.median(shades[top : top + down, left : left + across][part]))
        place = PixelBox.at(left, top, width=across, height=down)
        yield FlatArea(place, area / (across * down), straight_sides(part), shade)


def _in_a_word(rect: PixelBox, labels: Sequence[Label]) -> bool:
    """Whether it is the inside of a letter."""
    return any(
        word.grown(2).holds(*rect.center)
        and rect.height < 0.72 * word.height
        and rect.width < min(1.2 * word.height, WIDEST * word.width / len(text))
        for label in labels
        for text, word in label.words
    )


def _sliders(areas: Sequence[FlatArea]) -> Iterator[Widget]:
    """A square handle with grooves at two of its opposite sides, or at one where it stands at the end."""
    grooves = [area.rect for area in areas if _is_groove(area.rect)]
    for handle in (area.rect for area in areas if area.filled > 0.8 and _is_small(area.rect)):
        across = [g for g in grooves if g.width > g.height and handle.beside(g) and _meets(handle, g, "across")]
        down = [g for g in grooves if g.height > g.width and _meets(handle, g, "down")]
        line = across or down
        if line and max(max(g.width, g.height) for g in line) > 1.5 * handle.width:
            yield Widget("slider", handle, PixelBox.around_all([handle, *line]))


def _is_groove(rect: PixelBox) -> bool:
    thick, long = sorted((rect.width, rect.height))
    return round(thick) in TRACK and long > thick


def _is_small(rect: PixelBox) -> bool:
    return round(rect.height) in TICK and 0.7 <= rect.width / rect.height <= 1.4


def _meets(handle: PixelBox, groove: PixelBox, way: Literal["across", "down"]) -> bool:
    if way == "across":
        gap = max(groove.left - handle.right, handle.left - groove.right)
        return -2 <= gap <= 6 and groove.height < handle.height
    gap = max(groove.top - handle.bottom, handle.top - groove.bottom)
    aligned = abs(groove.center_x - handle.center_x) <= 4
    return aligned and -2 <= gap <= 6 and groove.width < handle.width


def _belongs(rect: PixelBox, slider: Widget) -> bool:
    return slider.reach is not None and slider.reach.grown(3).holds(*rect.center)


def _shaped(picture: PictureArray, area: FlatArea, labels: Sequence[Label]) -> Widget | None:
    rect = area.rect
    if _is_small(rect):
        if area.filled > 0.9 and all(area.straight):
            return Widget("checkbox", rect)
        return Widget("radio", rect) if abs(area.filled - ROUND) < 0.08 else None
    if abs(area.filled - ROUND) < 0.1 and 0.9 <= rect.width / rect.height <= 1.1 and not any(area.straight):
        return Widget("disc", rect)
    if sum(area.straight) < 3 or rect.height < 16 or rect.width < 30:
        return None
    if rect.width > 1.2 * rect.height and has_arrow(picture, rect, after=_text_end(rect, labels)):
        return Widget("dropdown", rect)
    inside = [label.rect.height for label in labels if rect.holds(*label.rect.center)]
    if _is_sheet(area) and not any(len(label.text) > GRIP and rect.holds(*label.rect.center) for label in labels):
        return Widget("textarea", rect)
    if area.shade < 250:
        return Widget("button", rect) if area.filled > 0.4 and len(inside) in (1, 2) else None
    high = rect.height > (2.4 * max(inside) if inside else HIGH)
    return Widget("textarea" if high or _has_grip(picture, rect) else "field", rect)


def _is_sheet(area: FlatArea) -> bool:
    """Whether it is a framed area of several lines, of whatever shade its theme has."""
    return all(area.straight) and area.filled > SHEET and area.rect.height > HIGH and area.rect.width > 2 * HIGH


def _text_end(rect: PixelBox, labels: Sequence[Label]) -> float:
    inside = [
        word.right for label in labels for text, word in label.words if len(text) > 1 and rect.holds(*word.center)
    ]
    return max(inside, default=rect.left)


def _has_grip(picture: PictureArray, rect: PixelBox) -> bool:
    """Whether it can be resized by its lower right corner, where two strokes say so."""
    right, bottom = round(rect.right) - 2, round(rect.bottom) - 2
    corner = picture[bottom - 14 : bottom, right - 14 : right].astype(np.int16)
    if corner.size == 0:
        return False
    ink = (np.abs(corner - np.median(corner.reshape(-1, 3), axis=0)).max(axis=2) > 60).astype(np.uint8)
    aslant = [int(np.trace(np.fliplr(ink), offset)) for offset in range(-12, 13)]
    return max(aslant) >= 4 and 8 <= int(ink.sum()) <= 80


def _outermost(found: Sequence[Widget]) -> list[Widget]:
    """Without what lies within another: a mark in a text area is a letter, but what holds other entries is a page."""
    controls = [widget.rect for widget in found if widget.role in ("field", "dropdown", "button")]

    def is_page(widget: Widget) -> bool:
        return widget.role == "textarea" and any(
            widget.rect.holds(*control.center) and control.area < widget.rect.area for control in controls
        )

    found = [widget for widget in found if not is_page(widget)]
    entries = [widget.rect for widget in found if widget.role in ("field", "textarea")]

    def is_within(rect: PixelBox) -> bool:
        return any(entry.grown(1).holds(*rect.center) and entry.area > rect.area for entry in entries)

    return [widget for widget in found if not is_within(widget.rect)]
