"""What lies over a target that is not found: a dialog, an open menu, or a box that came on a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from screenagent.perception.cards import CardFinder
from screenagent.perception.labels import TextLine, text_lines
from screenagent.perception.news import new_lines
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.showing import LONGEST_NAME, abridged

BROWSER_DIALOG: Final = re.compile(r"(this page|an embedded page at .+|\S+(:\d+)?) says", re.IGNORECASE)
"""The heading of the box in which a browser shows a page's message; it is no window of its own."""


def in_the_way(now: Screenshot, before: Screenshot | None, reader: TextReader) -> str:
    """Return what lies over a target, in words; empty if nothing is seen to. `before` is the screen before the last
    input: a dialog that was in front then is where the target was to be."""
    if (window := now.window) is not None and window.is_dialog and not _was_in_front(window, before):
        return f"a dialog “{abridged(window.title or window.app, LONGEST_NAME)}” lies over it"
    if now.image is None:
        return ""
    read = reader.read(now)
    if heading := next((line.text for line in text_lines(read) if BROWSER_DIALOG.fullmatch(line.text.strip())), ""):
        return f"a dialog “{abridged(heading, LONGEST_NAME)}” lies over it"
    fresh = new_lines(before, reader.read(before), now, read) if before and before.image and before != now else []
    popups = [popup for popup in now.popups if not before or popup not in before.popups]
    if open_menu := next((line for line in fresh if any(line.box.center in popup for popup in popups)), None):
        return f"an open menu or list with “{abridged(open_menu.text, LONGEST_NAME)}” lies over it"
    heading = _box_heading(fresh, now)
    return f"a box “{abridged(heading, LONGEST_NAME)}” that came since lies over it" if heading else ""


def _was_in_front(window: Window, before: Screenshot | None) -> bool:
    return before is not None and before.window is not None and before.window.id == window.id


def _box_heading(fresh: Sequence[TextLine], now: Screenshot) -> str:
    """Return the first of the lines that came, if all of them stand in one box with a ground or a border of its own."""
    if len(fresh) < 2:
        return ""
    rects = [line.box.exact_pixels(now.size) for line in fresh]
    for card in CardFinder(np.asarray(now.pixels)).around(rects[0]):
        if all(card.holds(*rect.center) for rect in rects):
            return fresh[0].text
    return ""
