"""What a program says of its own controls, believed as far as the picture agrees, and joined with what is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from screenagent.geometry import PixelBox, Size
from screenagent.perception.labels import Label
from screenagent.perception.ocr import PictureArray
from screenagent.perception.roles import SHOWS_ITS_NAME, Role, satisfying
from screenagent.perception.similarity import likeness
from screenagent.screenshot import Element, ElementState

LARGEST: Final = 0.5  # of the picture: what is larger holds controls rather than be one
DRAWN: Final = 6  # where no pixel differs by more than this, of 255, from its neighbours nothing is drawn


@dataclass(frozen=True)
class AccessibleControl:
    """A control that its program names, its state and value, and whether its name is read there, too."""

    role: str
    rect: PixelBox
    label: Label
    read: bool
    states: frozenset[ElementState] = frozenset()
    value: str | None = None

    def fits(self, role: Role | None) -> bool:
        return role is None or self.role in satisfying(role).told


def accessible_controls(
    elements: Iterable[Element], picture: PictureArray, labels: Sequence[Label], size: Size
) -> Iterator[AccessibleControl]:
    """Yield the elements that may be where they are said to be."""
    for element in elements:
        rect = element.box.exact_pixels(size)
        if rect.area > LARGEST * size.width * size.height or not _is_drawn(rect, picture):
            continue
        inside = " ".join(text for label in labels for text, place in label.words if rect.holds(*place.center))
        read = bool(element.name) and _says(inside, element.name)
        if element.role in SHOWS_ITS_NAME and not read and _letters(inside) > 2:
            continue  # something else is written there: it has moved, or lies beneath
        name = Label([(word, rect) for word in element.name.split()] or [("", rect)])
        yield AccessibleControl(element.role, rect, name, read, element.states, element.value)


def _says(text: str, name: str) -> bool:
    return likeness(name, text) > 0 or (_letters(name) > 2 and fuzz.partial_ratio(name.lower(), text.lower()) >= 75)


def _letters(text: str) -> int:
    return sum(letter.isalnum() for letter in text)


def _is_drawn(rect: PixelBox, picture: PictureArray) -> bool:
    left, top, right, bottom = (int(edge) for edge in rect)
    part = picture[max(0, top) : bottom, max(0, left) : right]
    return part.size > 0 and int(np.ptp(part.reshape(-1, 3), axis=0).max()) > DRAWN
