"""Whether a button, or a menu's entry, looks disabled: its label hardly stands out from its ground, without a hue."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from screenagent.geometry import Location
from screenagent.screenshot import Screenshot

LOW_CONTRAST: Final = 2.2  # Tk's disabled buttons have 1.8, Qt's 1.6, Chromium's 2.0; legible text has 3 and more
NO_CONTRAST: Final = 1.15  # nothing is drawn there
HUE: Final = 24  # of 255, between the channels of a colour: what differs by less is grey
INK_PIXELS: Final = 6  # the strokes' cores, which smoothing leaves as they are
EDGE: Final = 6  # of 255: a pale button's edge differs from its ground by more
PADDING: Final = 120  # pixels between a button's label and its edge, at most
CENTRED: Final = 0.25  # both paddings are the same, but for this share of them
SMALLEST: Final = 7  # pixels; smaller letters are all edge, and pale


def is_greyed(screenshot: Screenshot, location: Location) -> bool:
    """Return whether the label at `location` is drawn in grey on grey, as on disabled buttons; False if not sure.

    A label that is not centred in an edge may be a field's hint, or a pale text that can be clicked, but for an entry
    of a menu.
    """
    if location.box is None or location.by != "text":  # another box holds a control's edge, too
        return False
    left, top, right, bottom = location.box.pixels(screenshot.size)
    if min(right - left, bottom - top) < SMALLEST:
        return False
    picture = np.asarray(screenshot.pixels)
    ground, ink = _ground_and_ink(picture[top:bottom, left:right].reshape(-1, 3))
    if max(_hue(ground), _hue(ink)) > HUE or not NO_CONTRAST < contrast(ground, ink) < LOW_CONTRAST:
        return False
    if any(location.box.center in popup for popup in screenshot.popups):
        return True
    row = np.abs(picture[(top + bottom) // 2] - ground).max(axis=1) > EDGE
    return _is_centred(row[max(0, left - PADDING) : left][::-1], row[right : right + PADDING])


def _is_centred(left: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> bool:
    """Return whether there is an edge on both sides, as far away on the one as on the other."""
    if not (left.any() and right.any()):
        return False
    paddings = int(left.argmax()), int(right.argmax())
    return abs(paddings[0] - paddings[1]) <= max(4, CENTRED * sum(paddings))


def contrast(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _ground_and_ink(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the commonest colour, and the mean of those that differ most from it."""
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    ground = colours[counts.argmax()].astype(np.float64)
    distances = np.abs(pixels - ground).max(axis=1)
    ink = pixels[np.argsort(distances)[-INK_PIXELS:]].mean(axis=0)
    return ground, ink.astype(np.float64)


def _hue(colour: npt.NDArray[np.float64]) -> float:
    return float(colour.max() - colour.min())


def _luminance(colour: npt.NDArray[np.float64]) -> float:
    parts = colour / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array((0.2126, 0.7152, 0.0722)))
