"""Where a secret that was typed can be seen: those places are blank in every picture from then on.

Told by pixels alone. What changes on the screen while a secret is typed is where it stands. It is looked for there for
as long as its window is open, moves with the window, and is found again where the page was scrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from screenagent.desktop.own import BLANK
from screenagent.desktop.settle import Frame, Patch, patches
from screenagent.screenshot import Window
from screenagent.secrets import placeholder

SAME_PAGE: Final = 0.5
"""Where so much of what is drawn in a window is as it was, the page in it is the same."""
FOUND: Final = 0.7
"""From this correlation on, in either direction, a place looks like the secret, in other colours too."""
ROOM: Final = 48
"""Pixels that a text may grow by where the field that it stands in has no border; or its own width, if that is more."""
LINE: Final = 18
"""Pixels that a line of text is high, where the dots that hide it are lower."""
SHORTEST: Final = 4
"""A title that has so many first letters of a secret is taken to show it."""

Where = Callable[[Window], Patch | None]
"""The pixels of a picture that a window takes; None where it is closed, or was never known."""


@dataclass(frozen=True)
class Typing:
    """A secret that is being typed, or was just now, and may not have appeared yet."""

    before: Frame
    window: Window | None
    edges: Patch


@dataclass(frozen=True)
class Trace:
    """`place` is what is blank, `text` what of it changed; `looks` is how that looked last, in a window of `page`."""

    window: Window | None
    place: Patch
    text: Patch
    edges: Patch
    empty: Frame
    looks: Frame
    page: Frame

    def moved(self, x: int, y: int) -> Trace:
        return replace(
            self, place=_moved(self.place, x, y), text=_moved(self.text, x, y), edges=_moved(self.edges, x, y)
        )


class Traces:
    """Asked for each picture that leaves the desktop."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._typing: Typing | None = None
        self._traces: list[Trace] = []
        self._values: list[tuple[str, SecretStr]] = []

    def begin(self, name: str, value: SecretStr, *, before: Frame, window: Window | None) -> None:
        """From here on all that changes is blank, until `end`."""
        self._values.append((name, value))
        edges = self._where(window) if window else None
        whole = Patch(0, 0, before.shape[1], before.shape[0])
        self._typing = Typing(before, window if edges else None, edges or whole)

    def end(self, frame: Frame) -> None:
        """What has changed until now is where the secret stands; where nothing has, it may still come."""
        if self._typing is None:
            return
        typing = self._typing
        changed = [patch for patch in patches(typing.before, frame) if not patch.is_caret]
        if frame.shape == typing.before.shape:
            self._traces += [_trace(typing, patch, frame) for patch in changed]
        if changed:
            self._typing = None

    def blanked(self, frame: Frame) -> Frame:
        """`frame` without any secret that was typed."""
        if not self._traces and self._typing is None:
            return frame
        blank = frame.copy()
        for place in self._places(frame):
            _cut(blank, place)[:] = BLANK
        return blank

    def masked(self, window: Window | None) -> Window | None:
        """`window` with the names of secrets in its title instead of their values: some titles say what was typed."""
        if window is None or not self._values:
            return window
        title = window.title
        for name, value in self._values:
            title = _without(title, value, placeholder(name))
        return window if title == window.title else window.model_copy(update={"title": title})

    def _places(self, frame: Frame) -> Iterator[Patch]:
        if self._typing is not None:
            for patch in patches(self._typing.before, frame):
                yield _grown(patch, self._typing.before)
        kept = []
        for trace in self._traces:
            edges = self._where(trace.window) if trace.window else trace.edges
            if edges is None:
                continue  # its window was closed
            followed, places = _followed(trace, frame, edges)
            kept.append(followed)
            yield from places
        self._traces = kept


def _trace(typing: Typing, patch: Patch, frame: Frame) -> Trace:
    place = _grown(patch, typing.before)
    return Trace(
        window=typing.window,
        place=place,
        text=patch,
        edges=typing.edges,
        empty=_cut(typing.before, place).copy(),
        looks=_cut(frame, patch).copy(),
        page=_cut(frame, typing.edges).copy(),
    )


def _followed(trace: Trace, frame: Frame, edges: Patch) -> tuple[Trace, list[Patch]]:
    """The trace as it is on `frame`, and the places there that show it: its own, and all that look like it."""
    trace = trace.moved(edges.left - trace.edges.left, edges.top - trace.edges.top)
    page = _cut(frame, edges)
    alike = [
        (left + edges.left - trace.text.left, top + edges.top - trace.text.top)
        for left, top in _alike(trace.looks, page)
    ]
    places = [_moved(trace.place, x, y) for x, y in alike]
    if _is_same_page(trace.page, page):
        if _is_same(trace.empty, _cut(frame, trace.place)):
            return trace, places
        seen = replace(trace, looks=_cut(frame, trace.text).copy(), page=page.copy(), edges=edges)
        return seen, [trace.place, *places]
    if len(alike) == 1:
        trace = replace(trace.moved(*alike[0]), page=page.copy(), edges=edges)
    return trace, places


def _is_same_page(then: Frame, now: Frame) -> bool:
    """Whether most of what is drawn there, its background left out, is as it was."""
    if then.shape != now.shape or then.size == 0:
        return False
    colours, counts = np.unique(then[::4, ::4], return_counts=True)
    drawn = then != colours[counts.argmax()]
    return bool(not drawn.any() or (now[drawn] == then[drawn]).mean() >= SAME_PAGE)


def _is_same(then: Frame, now: Frame) -> bool:
    return then.shape == now.shape and all(patch.is_caret for patch in patches(then, now))


def _alike(looks: Frame, page: Frame) -> Iterator[tuple[int, int]]:
    """Left and top of each place in `page` that looks like it; nothing does where it is of one colour."""
    if any(small > large for small, large in zip(looks.shape, page.shape, strict=True)) or not _grey(looks).std():
        return
    score = np.abs(cv2.matchTemplate(_grey(page), _grey(looks), cv2.TM_CCOEFF_NORMED))
    height, width = looks.shape
    while np.isfinite(best := score.max(initial=0.0)) and best >= FOUND:
        top, left = np.unravel_index(score.argmax(), score.shape)
        yield int(left), int(top)
        score[max(0, top - height) : top + height, max(0, left - width) : left + width] = 0


def _grown(patch: Patch, before: Frame) -> Patch:
    """With room for the same text in the clear, where it is hidden; to the border of its field, if that is nearer."""
    height, width = before.shape
    more = max(patch.height // 3, LINE - patch.height)
    right = min(width, patch.right + max(ROOM, patch.width))
    top, bottom = max(0, patch.top - more), min(height, patch.bottom + more)
    across, down = slice(max(0, patch.left), patch.right), slice(max(0, patch.top), patch.bottom)
    return Patch(
        max(0, patch.left - 2),
        patch.top - _clear(before[top : patch.top + 1, across][::-1]),
        patch.right + _clear(before[down, patch.right - 1 : right].T),
        patch.bottom + _clear(before[patch.bottom - 1 : bottom, across]),
    )


def _clear(rows: Frame) -> int:
    """How many rows there are after the first, up to a line through them from side to side."""
    lines = np.flatnonzero((rows[1:] != rows[:-1]).mean(axis=1) > 0.9) if rows.size else np.array([])
    return int(lines[0]) if lines.size else max(0, len(rows) - 1)


def _without(title: str, value: SecretStr, name: str) -> str:
    """`title` with `name` for the value, or for as much of its beginning as stands there."""
    text = value.get_secret_value()
    for length in range(len(text), min(SHORTEST, len(text)) - 1, -1):
        at = title.lower().find(text[:length].lower())
        if at >= 0:
            return title[:at] + name + title[at + length :]
    return title


def _cut(frame: Frame, patch: Patch) -> Frame:
    return frame[max(0, patch.top) : max(0, patch.bottom), max(0, patch.left) : max(0, patch.right)]


def _moved(patch: Patch, x: int, y: int) -> Patch:
    return Patch(patch.left + x, patch.top + y, patch.right + x, patch.bottom + y)


def _grey(frame: Frame) -> NDArray[np.uint8]:
    """The green of each pixel, which is most of its light."""
    return ((frame >> 8) & 0xFF).astype(np.uint8)
