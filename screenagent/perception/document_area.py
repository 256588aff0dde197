"""The area of a window that shows its document: the page that is written, the picture that is painted."""

from __future__ import annotations

from typing import Final

from screenagent.geometry import PixelBox
from screenagent.perception.ocr import PictureArray
from screenagent.perception.pixels import connected_regions, grey, steps

EDGE: Final = 12  # neighbouring pixels that differ by more than this, of 255, are a border
WIDE: Final = 0.25  # the share of the window's width that the area has at least
HIGH: Final = 0.32  # the same of its height: a tool bar is lower
FULL: Final = 0.5  # the share of its bounds that is its ground, beside what is written or painted there
INNER: Final = 0.9  # a page that lies in another area covers at most this share of it


def document_area(picture: PictureArray, window: PixelBox) -> PixelBox | None:
    """Return the largest plain area in the window, or the page that lies in that one; None if no area is large."""
    left, top, right, bottom = window.clipped(picture.shape[1], picture.shape[0]).rounded
    height, width = bottom - top, right - left
    if min(height, width) < 8:
        return None
    bounds = connected_regions(steps(grey(picture[top:bottom, left:right])) <= EDGE, corners=False).bounds
    large = (bounds[:, 2] >= WIDE * width) & (bounds[:, 3] >= HIGH * height)
    areas = [(PixelBox.at(left + x, top + y, width=w, height=h), area) for x, y, w, h, area in bounds[large].tolist()]
    pages = [rect for rect, area in areas if area >= FULL * rect.area]
    inner = [page for page in pages if any(_lies_in(page, rect) for rect, _ in areas)]
    return max(inner or pages, key=lambda page: page.area, default=None)


def _lies_in(page: PixelBox, frame: PixelBox) -> bool:
    beside = frame.left < page.left and page.right < frame.right
    return beside and frame.top <= page.top and page.bottom <= frame.bottom and page.area <= INNER * frame.area
