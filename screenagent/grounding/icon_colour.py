"""The colour that a phrase says an icon has: "the green arrow" is not the red one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from screenagent.perception.icon_encoder import Floats
from screenagent.perception.screen import ScreenContents

GAINS: Final = 0.12  # what an icon of the colour gains in likeness
LOSES: Final = 0.15  # what one of other colours, or of none, loses
SHARE: Final = 0.15  # so much of what is drawn has to have the colour

HUES: Final[Mapping[str, tuple[float, float]]] = {
    "red": (345, 15),
    "orange": (15, 45),
    "yellow": (42, 70),
    "green": (70, 170),
    "blue": (185, 260),
    "purple": (255, 315),
    "violet": (255, 315),
    "pink": (300, 350),
}
"""From which angle on the colour circle to which, in degrees; neighbours share their edges, as people do."""
_SAID: Final = re.compile(rf"\b({'|'.join(HUES)})(?:-colou?red)?\s+(?=\w)", re.I)


class Coloured(NamedTuple):
    """What was said without the colour, and the colour; "" if none was said of a thing."""

    said: str
    colour: str


def without_colour(said: str) -> Coloured:
    """Part the colour of a thing from what is said of it: "the green arrow" is an arrow, "green" alone is none."""
    found = _SAID.search(said)
    return Coloured(_SAID.sub("", said), found[1].lower()) if found else Coloured(said, "")


def gained_by_colour(colour: str, screen: ScreenContents) -> Floats:
    """Return what each icon gains or loses in likeness by the colours that it is drawn in."""
    first, last = HUES[colour]
    return np.array(
        [GAINS if _share(screen.hues(icon.rect), first, last) >= SHARE else -LOSES for icon in screen.icons], np.float32
    )


def _share(hues: Floats, first: float, last: float) -> float:
    """Return how much of what is drawn has a hue from `first` to `last`; what has no hue is NaN."""
    within = (hues >= first) & (hues <= last) if first <= last else (hues >= first) | (hues <= last)
    return float(within.mean()) if hues.size else 0.0
