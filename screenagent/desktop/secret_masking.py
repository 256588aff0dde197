"""Where a secret that was typed can be seen: those places are blank in every picture from then on.

Told by pixels first: what changes on the screen while a secret is typed is where it stands. It is looked for there for
as long as its window is open, moves with the window, and is found again where the page was scrolled. What is left is
read, and words that are the secret's are blank, too, wherever and however they are written. Titles of windows,
what programs say of their controls, and errors are told without it as well.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import SecretStr
from rapidfuzz import fuzz

from screenagent.control import Stopped
from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import Patch, ScreenFrame, changed_patches
from screenagent.desktop.own_terminal import BLANK
from screenagent.errors import UserError
from screenagent.geometry import Size
from screenagent.perception.likeness import SearchedPicture
from screenagent.protocols import Accessibility, Retry, TextReader
from screenagent.screenshot import Element, Screenshot, Window
from screenagent.secrets import SHORTEST, NamedSecret, with_secrets_named

STILL_PAGE: Final = 0.9
"""If at least this share of what is drawn in a window is unchanged, the page is the same and has not moved.
Then whatever changed at the secret's place is the secret, shown in another way."""
SAME_PAGE: Final = 0.5
"""Below this share it is another page. In between it may be the same page, so the secret's place stays blank."""
SMALLEST: Final = (8, 24)  # height, width; a smaller text looks like too much else to be searched for in other places
MOST: Final = 12  # if more places than this look like the secret, they do so for another reason, and none is blanked
FOUND: Final = 0.7
"""A place whose correlation with the secret is at least this shows the secret; negative if its colours are inverted."""
DIFFERENT: Final = 0.4  # a place whose correlation with the secret is below this shows something else
ROOM: Final = 48
"""Pixels that a text may grow by where the field that it stands in has no border; or its own width, if that is more."""
ALIKE: Final = 75  # from this likeness on, of 100, a word is the secret, misread
LINE: Final = 18  # pixels that a line of text is high, where the dots that hide it are lower

SecretT = TypeVar("SecretT")

Where = Callable[[Window], Patch | None]
"""The pixels of a picture that a window takes; None where it is closed, or was never known."""


@dataclass(frozen=True)
class TypingSecret:
    """A secret that is being typed, or was just now, and may not have appeared yet."""

    before: ScreenFrame
    window: Window | None
    edges: Patch


@dataclass(frozen=True)
class SecretTrace:
    """`place` is what is blank, `text` what of it changed; `looks` is how that looked last, in a window of `page`."""

    window: Window | None
    place: Patch
    text: Patch
    edges: Patch
    empty: ScreenFrame
    looks: ScreenFrame
    page: ScreenFrame

    def moved(self, x: int, y: int) -> SecretTrace:
        return replace(self, place=self.place.moved(x, y), text=self.text.moved(x, y), edges=self.edges.moved(x, y))


class SecretMasking:
    """Asked for each picture that leaves the desktop."""

    def __init__(self, where: Where, reader: TextReader | None = None) -> None:
        self._where = where
        self._reader = reader
        self._typing: TypingSecret | None = None
        self._traces: list[SecretTrace] = []
        self._values: list[NamedSecret] = []
        self._last: tuple[list[Patch | None], ScreenFrame, ScreenFrame] | None = None

    def know(self, name: str, value: SecretStr) -> None:
        """From here on blank the secret wherever it is read, though nothing was seen of it as it was typed."""
        self._last = None
        if value.get_secret_value():
            self._values.append((name, value))

    @property
    def knows_any(self) -> bool:
        return bool(self._values)

    def begin(self, name: str, value: SecretStr, *, before: ScreenFrame, window: Window | None) -> None:
        """From here on all that changes is blank, until `end`."""
        self.know(name, value)
        edges = self._where(window) if window else None
        whole = Patch(0, 0, before.shape[1], before.shape[0])
        self._typing = TypingSecret(before, window if edges else None, edges or whole)

    def end(self, frame: ScreenFrame) -> None:
        """What has changed until now is where the secret stands; where nothing has, it may still come."""
        if self._typing is None:
            return
        self._last, typing = None, self._typing
        changed = _joined([patch for patch in changed_patches(typing.before, frame) if not patch.is_caret])
        if frame.shape == typing.before.shape:
            self._traces += [_trace(typing, patch, frame) for patch in changed]
        if changed:
            self._typing = None

    def blanked(self, frame: ScreenFrame) -> ScreenFrame:
        """`frame` without any secret that was typed."""
        if not (self._values or self._traces or self._typing):
            return frame
        windows = [self._where(trace.window) if trace.window else None for trace in self._traces]
        if self._last and self._last[0] == windows and np.array_equal(self._last[1], frame):
            return self._last[2]
        blank = frame.copy()
        for place in chain(self._places(frame), self._read(blank)):
            _cut(blank, place)[:] = BLANK
        self._last = windows, frame, blank
        return blank

    def _read(self, frame: ScreenFrame) -> Iterator[Patch]:
        """The words of `frame` that are a secret's."""
        if self._reader is None or not self._values:
            return
        height, width = frame.shape
        image = Image.frombuffer("RGB", (width, height), frame, "raw", "BGRX", 0, 1)
        for word in self._reader.read(Screenshot.of(image)):
            if any(is_of(word.text, value) for _, value in self._values):
                left, top, right, bottom = word.box.pixels(Size(width=width, height=height))
                yield Patch(left, top, right, bottom).grown(3, 2)

    def accessibility(self, told: Accessibility | None) -> MaskedAccessibility | None:
        """Return what tells the same of controls with the names of secrets, in names and values."""
        return MaskedAccessibility(told, self) if told else None

    def named(self, text: str) -> str:
        """Return a text with the names of the secrets that were typed instead of their values."""
        return with_secrets_named(text, self._values)

    def masked_element(self, element: Element) -> Element:
        value = None if element.value is None else self.named(element.value)
        return element.model_copy(update={"name": self.named(element.name), "value": value})

    def masked(self, window: Window | None) -> Window | None:
        """`window` with the names of secrets in its title instead of their values: some titles say what was typed."""
        if window is None or not self._values:
            return window
        title = self.named(window.title)
        return window if title == window.title else window.model_copy(update={"title": title})

    def _places(self, frame: ScreenFrame) -> Iterator[Patch]:
        if typing := self._typing:
            yield from (_grown(patch, typing.before) for patch in changed_patches(typing.before, frame))
        kept = []
        for trace in self._traces:
            edges = self._where(trace.window) if trace.window else trace.edges
            if edges:  # or its window was closed
                followed, places = _followed(trace, frame, edges)
                kept.append(followed)
                yield from places
        self._traces = kept


@dataclass(frozen=True)
class MaskedAccessibility:
    """Tells what `told` does, with the names of secrets instead of their values."""

    told: Accessibility
    masking: SecretMasking

    def elements(self, screenshot: Screenshot) -> Sequence[Element]:
        elements = self.told.elements(screenshot)
        return tuple(map(self.masking.masked_element, elements)) if self.masking.knows_any else elements

    def is_current(self, screenshot: Screenshot, at: float) -> bool:
        return self.told.is_current(screenshot, at)

    def note_pace(self, screenshot: Screenshot, *, late: bool) -> None:
        self.told.note_pace(screenshot, late=late)


def _trace(typing: TypingSecret, patch: Patch, frame: ScreenFrame) -> SecretTrace:
    place, edges = _grown(patch, typing.before), typing.edges
    empty, looks, page = _cut(typing.before, place), _cut(frame, patch), _cut(frame, edges)
    return SecretTrace(typing.window, place, patch, edges, empty.copy(), looks.copy(), page.copy())


def _joined(changed: list[Patch]) -> list[Patch]:
    """Changes beside each other in a line taken together: dots and letters are a text."""
    lines: list[Patch] = []
    for patch in sorted(changed):
        for number, line in enumerate(lines):
            if patch.left - line.right <= LINE and patch.top < line.bottom + 2 and line.top < patch.bottom + 2:
                lines[number] = line.joined(patch)
                break
        else:
            lines.append(patch)
    return lines


def _followed(trace: SecretTrace, frame: ScreenFrame, edges: Patch) -> tuple[SecretTrace, list[Patch]]:
    """Return the trace as it is on `frame`, and the places there that are to be blank.

    | page     | place of the secret | blank                       | trace             |
    |----------|---------------------|-----------------------------|-------------------|
    | still    | shows something     | it, and all that looks like | as it looks now   |
    | still    | empty               | all that looks like it      | as it was         |
    | scrolled | any                 | all that looks like it      | moved             |
    | unsure   | shows something     | it, and all that looks like | as it was         |
    | unsure   | empty               | all that looks like it      | as it was         |
    | another  | any                 | all that looks like it      | as it was         |
    """
    trace = trace.moved(edges.left - trace.edges.left, edges.top - trace.edges.top)
    page = _cut(frame, edges)
    offsets = [
        (left + edges.left - trace.text.left, top + edges.top - trace.text.top)
        for left, top in _alike(trace.looks, page)
    ]
    alike = [trace.place.moved(x, y) for x, y in offsets]
    now = _cut(frame, trace.text)
    emptied = _is_same(trace.empty, _cut(frame, trace.place))
    gone = emptied or _likeness(trace.looks, now) < DIFFERENT
    match _page(_sameness(trace.page, page), scrolled=gone and len(offsets) == 1), emptied:
        case "still", False:
            return replace(trace, looks=now.copy(), page=page.copy(), edges=edges), [trace.place, *alike]
        case "scrolled", _:
            return replace(trace.moved(*offsets[0]), page=page.copy(), edges=edges), alike
        case "unsure", False:
            return trace, [trace.place, *alike]
        case _:
            return trace, alike


def _page(same: float, *, scrolled: bool) -> Literal["still", "scrolled", "unsure", "another"]:
    """Tell what became of the page: `same` is how much of it is as it was.

    It was `scrolled` if the secret is gone from its place and shown in one other.
    """
    if same >= STILL_PAGE:
        return "still"
    if scrolled:
        return "scrolled"
    return "unsure" if same >= SAME_PAGE else "another"


def _likeness(looks: ScreenFrame, now: ScreenFrame) -> float:
    return float(_correlation(now, looks).item()) if looks.shape == now.shape and looks.size else 0.0


def _correlation(frame: ScreenFrame, looks: ScreenFrame) -> NDArray[np.float32]:
    """Return how much each place of `frame` looks like it, in its colours or in inverted ones: 0 to 1."""
    return np.asarray(np.abs(SearchedPicture(_grey(frame)).likeness(_grey(looks))))


def is_of(word: str, value: SecretStr) -> bool:
    """Whether a word that was read is the secret, or a part of it that says much of it."""
    secret, read = value.get_secret_value().lower(), word.lower()
    if len(secret) < SHORTEST:
        return read == secret
    return (
        secret in read
        or (len(read) >= SHORTEST and read in secret)
        or fuzz.ratio(read, secret) >= ALIKE
        or (len(read) > len(secret) and fuzz.partial_ratio(secret, read) >= ALIKE)
    )


def _sameness(then: ScreenFrame, now: ScreenFrame) -> float:
    """How much of what is drawn there, its background left out, is as it was."""
    if then.shape != now.shape or then.size == 0:
        return 0.0
    colours, counts = np.unique(then[::4, ::4], return_counts=True)
    drawn = then != colours[counts.argmax()]
    return float((now[drawn] == then[drawn]).mean()) if drawn.any() else 1.0


def _is_same(then: ScreenFrame, now: ScreenFrame) -> bool:
    return then.shape == now.shape and all(patch.is_caret for patch in changed_patches(then, now))


def _alike(looks: ScreenFrame, page: ScreenFrame) -> list[tuple[int, int]]:
    """Left and top of each place in `page` that looks like it; nothing does where it is of one colour."""
    height, width = looks.shape
    if height < SMALLEST[0] or width < SMALLEST[1] or height > page.shape[0] or width > page.shape[1]:
        return []
    if not _grey(looks).std():
        return []
    score = _correlation(page, looks)
    found: list[tuple[int, int]] = []
    while len(found) <= MOST and score.max() >= FOUND:
        top, left = (int(place) for place in np.unravel_index(score.argmax(), score.shape))
        found.append((left, top))
        score[max(0, top - height // 2) : top + height // 2 + 1, max(0, left - width // 2) : left + width // 2 + 1] = 0
    return found if len(found) <= MOST else []


def _grown(patch: Patch, before: ScreenFrame) -> Patch:
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


def _clear(rows: ScreenFrame) -> int:
    """How many rows there are after the first, up to a line through them from side to side."""
    lines = np.flatnonzero((rows[1:] != rows[:-1]).mean(axis=1) > 0.9) if rows.size else np.array([])
    return int(lines[0]) if lines.size else max(0, len(rows) - 1)


def _cut(frame: ScreenFrame, patch: Patch) -> ScreenFrame:
    return frame[max(0, patch.top) : max(0, patch.bottom), max(0, patch.left) : max(0, patch.right)]


def _grey(frame: ScreenFrame) -> NDArray[np.uint8]:
    """The green of each pixel, which is most of its light."""
    return ((frame >> 8) & 0xFF).astype(np.uint8)


class SecretNotTyped(UserError):
    """A secret could not be typed; the text says where and by what kind of error, which would have named it."""


def withheld(name: str, work: Callable[[], SecretT], *, gone: tuple[type[Exception], ...] = ()) -> SecretT:
    """Return what `work` returns. Replace its error, whose text and whose frames' variables may hold the secret."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- raised again below, as another
        told = _without_value(error, name, gone)
    raise told  # outside of the handler, or it would carry the first error along


def _without_value(error: Exception, name: str, gone: tuple[type[Exception], ...]) -> Exception:
    if isinstance(error, gone):
        return NoDesktop(f"the display has ended while the secret {name!r} was being typed")
    match error:
        case Stopped():
            return Stopped()
        case Retry():
            why = "another window came to the front, or the keyboard changed"
            return Retry(f"the secret {name!r} was typed in part: {why}", "secret")
    *_, innermost = traceback.extract_tb(error.__traceback__)
    place = f"{Path(innermost.filename).name}:{innermost.lineno}"
    return SecretNotTyped(f"the secret {name!r} could not be typed: {type(error).__name__} at {place}")
