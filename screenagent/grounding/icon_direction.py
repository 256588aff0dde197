"""Which way an icon has to point: "undo" is "redo" in a mirror, "up" is "down" on its head."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from screenagent.perception.icon_encoder import Floats, Icon, IconWords, Mirror
from screenagent.perception.screen import ScreenContents

POINTING: Final = 6  # so many of the likeliest icons are also seen in the mirror
SYMMETRIC: Final = 0.95  # an icon that is as like its mirror image points nowhere
TURNED: Final = 0.008  # how much more like the words than the opposite words an icon has to be, against its image
TURNS: Final = 0.5  # what part of that it gains
WRONG_WAY: Final = 0.2  # what it loses if it says the opposite
IMAGE: Final = 0.85  # from this likeness on, an icon is the mirror image of another
PAIRED: Final = 0.05  # what it gains if the image of it, which says the opposite, is on the screen, too

_SIDEWAYS: Final = {
    "undo": "redo",
    "back": "forward",
    "backward": "forward",
    "backwards": "forwards",
    "previous": "next",
    "prev": "next",
    "left": "right",
    "leftwards": "rightwards",
    "counterclockwise": "clockwise",
    "anticlockwise": "clockwise",
    "rewind": "forward",
    "reply": "forward",
    "outdent": "indent",
    "unindent": "indent",
    "earlier": "later",
}
_UPSIDE_DOWN: Final = {
    "up": "down",
    "upward": "downward",
    "upwards": "downwards",
    "top": "bottom",
    "ascending": "descending",
    "upload": "download",
    "raise": "lower",
    "above": "below",
}
_ENDS: Final = {"first": "last", "start": "end", "beginning": "end"}
"""They point only if no other word does: who undoes the last change goes back."""
_AMOUNTS: Final = {"decrease": "increase", "reduce": "increase", "less": "more"}
"""They point if they are said of an indent, which they turn round."""
_INDENT: Final = re.compile(r"\b(?:indent\w*|margins?)\b", re.I)
_WORD: Final = re.compile(r"[a-z]+(?:-[a-z]+)?", re.I)


class Direction(NamedTuple):
    """The mirror in which an icon says the opposite, and what the phrase would be then."""

    mirror: Mirror
    opposite: str


def direction_of(said: str) -> Direction | None:
    """Return which way the words point; None if they name no direction."""
    tables: Sequence[tuple[Mirror, Mapping[str, str]]] = (
        (("sideways", _AMOUNTS),)
        if _INDENT.search(said) and _turned(said, _AMOUNTS) != said
        else (("sideways", _SIDEWAYS), ("upside down", _UPSIDE_DOWN), ("sideways", _ENDS))
    )
    for mirror, table in tables:
        if (opposite := _turned(said, table)) != said:
            return Direction(mirror, opposite)
    return None


def _turned(said: str, table: Mapping[str, str]) -> str:
    """Return the words with each of the table in place of its opposite, either way."""
    both = {other: one for one, other in reversed(list(table.items()))} | dict(table)
    return _WORD.sub(lambda word: both.get(word[0].replace("-", "").lower(), word[0]), said)


def pointed(said: str, screen: ScreenContents, likeness: Floats, words: IconWords) -> Floats:
    """Return the likeness of the icons with what the likeliest gain or lose because they point as the words say, or the
    other way. What is the mirror image of an icon that says the opposite is as likely as that."""
    direction = direction_of(said)
    if direction is None:
        return likeness
    turn = words.vector([(said, 1.0)]) - words.vector([(direction.opposite, 1.0)])
    best = np.argsort(-likeness)[:POINTING].tolist()
    icons = screen.icons
    seen = np.stack([icon.vector for icon in icons])
    found = likeness.copy()
    for place, image in zip(best, screen.mirrored([icons[place] for place in best], direction.mirror), strict=True):
        turned = _turn(icons[place], image, turn)
        twins = (seen @ image.vector > IMAGE) & (np.arange(len(icons)) != place)
        if turned >= TURNED:
            found[place] += TURNS * turned + PAIRED * twins.any()
        elif turned <= -TURNED:
            found[place] -= WRONG_WAY
            found[twins] = np.maximum(found[twins], likeness[place] - TURNS * turned + PAIRED)
    return found


def _turn(icon: Icon, image: Icon, turn: Floats) -> float:
    """Return how much more than its mirror image an icon says what was said rather than the opposite."""
    if float(icon.vector @ image.vector) >= SYMMETRIC:
        return 0.0
    return float((icon.vector - image.vector) @ turn) / 2
