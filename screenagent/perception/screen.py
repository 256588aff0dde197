"""What is seen on one picture: its labels, controls and icons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from functools import cached_property

import numpy as np
import numpy.typing as npt

from screenagent.geometry import PixelBox, Size
from screenagent.perception.accessibility import AccessibleControl, accessible_controls
from screenagent.perception.bars import bars_in
from screenagent.perception.cards import CardFinder
from screenagent.perception.controls import ControlLayout
from screenagent.perception.document_area import document_area
from screenagent.perception.dots import dots_in
from screenagent.perception.icon_encoder import Icon, IconEncoder, Mirror
from screenagent.perception.icon_proposals import proposals
from screenagent.perception.key_signs import KeySign, signs_among
from screenagent.perception.labels import Label, labels, without_icons
from screenagent.perception.marks import marks_in
from screenagent.perception.misread import looks_like_another
from screenagent.perception.ocr import bounded
from screenagent.perception.overlay import dialog_in_front
from screenagent.perception.pixels import hues
from screenagent.perception.places import PlaceIndex
from screenagent.perception.rendered_text import find_rendered
from screenagent.perception.roles import Role
from screenagent.perception.rows import TableRow, pieces, row_around
from screenagent.perception.sliders import handles_in
from screenagent.perception.states import LabelledRow
from screenagent.perception.timing import Timing
from screenagent.perception.widgets import Widget, expanders, widgets
from screenagent.screenshot import ControlState, Element, Screenshot, Word

PLAIN = 16  # pixels that differ by no more than this, of 255 in any channel, are one ground, be it shaded a little
INK = 60  # what stands out from its ground by more is a letter's
COLOUR = 60  # where the strongest channel of a pixel leads by more, it is no grey


class ScreenContents:
    """Seen at the size of the picture, or of `bounded` where that is smaller; `size` is in these pixels.

    `front` is where the contents of the window in front are, without its frame; None if that is not known. `popups` are
    the menus and lists that are open over it.
    """

    def __init__(
        self, screenshot: Screenshot, words: Sequence[Word], encoder: IconEncoder, *, stages: Timing | None = None
    ) -> None:
        self._stages = stages or Timing()
        self._picture = bounded(np.asarray(screenshot.pixels))
        height, width = self._picture.shape[:2]
        self.size = Size(width=width, height=height)
        self.labels: list[Label] = without_icons(labels(words, self.size))
        self._encoder = encoder
        window = screenshot.window
        self.front: PixelBox | None = window.box.exact_pixels(self.size) if window and window.box else None
        self.application = window.app if window else ""
        self.popups = [popup.exact_pixels(self.size) for popup in screenshot.popups]
        self.told: list[AccessibleControl] = []

    def told_of(self, elements: Sequence[Element]) -> ScreenContents:
        """The same screen, and what the program in front says is on it."""
        screen = copy(self)
        screen.told = list(accessible_controls(elements, self._picture, self.labels, self.size))
        return screen

    @cached_property
    def placed(self) -> PlaceIndex[Label]:
        """The labels by their place."""
        return PlaceIndex(self.labels)

    @cached_property
    def usual_height(self) -> float:
        """The height that most of what is written has."""
        return sorted(label.rect.height for label in self.labels)[len(self.labels) // 2]

    @cached_property
    def pieces(self) -> list[Label]:
        """The texts that stand alone, as the cells of a table do that were read as one line."""
        return pieces(self.labels)

    def row_around(self, rect: PixelBox) -> TableRow:
        """Return the row that the entry at `rect` stands in: what its program says, or what is seen."""
        told = [one.rect for one in self.told if one.role == "item" and one.rect.holds(*rect.center)]
        wide = [item for item in told if item.width > 2 * rect.width]
        if wide:
            item = min(wide, key=lambda one: one.height)
            return TableRow(item.top, item.bottom)
        return row_around(rect, self._picture, (piece.rect for piece in self.pieces))

    def in_row_of(self, label: PixelBox, role: Role) -> PixelBox | None:
        """Return the mark or the handle of a slider that belongs to a label, be it at the other end of its row."""
        others = [one for one in self.pieces if len(one.text) > 1 and one.rect.shared_area(label) <= 0]
        row = LabelledRow(label, others)
        part = PixelBox(0, row.region.top, self.size.width, row.region.bottom)
        found = [ControlState(box=rect.box(self.size)) for rect in self.unnamed_in(part, role)]
        control = row.nearest(found, self.size)
        return control.box.exact_pixels(self.size) if control else None

    def unnamed_in(self, part: PixelBox, role: Role) -> list[PixelBox]:
        """Return the marks or the handles of sliders in a part of the screen."""
        with self._stages.timing("layout"):
            if role == "slider":
                return list(handles_in(self._picture, part))
            words = [rect for piece in self.pieces for text, rect in piece.words if len(text) > 1]
            return [mark.rect for mark in marks_in(self._picture, part, words)]

    @cached_property
    def cards(self) -> CardFinder:
        with self._stages.timing("layout"):
            return CardFinder(self._picture)

    @cached_property
    def dialog(self) -> PixelBox | None:
        """Where a dialog lies in front of a darkened window."""
        with self._stages.timing("layout"):
            return dialog_in_front(self._picture)

    @cached_property
    def layout(self) -> ControlLayout:
        with self._stages.timing("layout"):
            return ControlLayout(self._picture, self.labels)

    @cached_property
    def widgets(self) -> list[Widget]:
        with self._stages.timing("layout"):
            return widgets(self._picture, self.labels)

    @cached_property
    def document(self) -> PixelBox | None:
        """Where the window in front shows its document, or the screen if no window is known."""
        with self._stages.timing("layout"):
            return document_area(self._picture, self.front or PixelBox(0, 0, self.size.width, self.size.height))

    @cached_property
    def expanders(self) -> list[Widget]:
        with self._stages.timing("layout"):
            return expanders(self._picture)

    def is_plain(self, rect: PixelBox) -> bool:
        """Whether nothing is drawn within `rect`."""
        part = self._part(rect)
        return part.size == 0 or int(np.ptp(part, axis=0).max()) <= PLAIN

    def is_coloured(self, rect: PixelBox) -> bool:
        """Whether what is written within `rect` has a colour, as links have."""
        part = self._part(rect).astype(np.int16)
        if not part.size:
            return False
        ink = part[np.abs(part - np.median(part, axis=0)).max(axis=1) > INK]
        return ink.size > 0 and float(np.median(np.ptp(ink, axis=1))) > COLOUR

    def hues(self, rect: PixelBox) -> npt.NDArray[np.float32]:
        """Return the hue, in degrees, of each pixel within `rect` that stands out from its rim; NaN if it is grey."""
        part = self._part(rect.grown(1)).astype(np.float32)
        height, width = self._picture.shape[:2]
        left, top, right, bottom = rect.grown(1).clipped(width, height).rounded
        square = part.reshape(bottom - top, right - left, 3)
        rim = np.concatenate([square[0], square[-1], square[:, 0], square[:, -1]])
        drawn = part[np.abs(part - np.median(rim, axis=0)).max(axis=1) > INK] / np.float32(255)
        return np.where(np.ptp(drawn, axis=1) * 255 > COLOUR, hues(drawn), np.nan).astype(np.float32)

    def _part(self, rect: PixelBox) -> npt.NDArray[np.uint8]:
        """(pixels, 3): what is within `rect`."""
        height, width = self._picture.shape[:2]
        left, top, right, bottom = rect.clipped(width, height).rounded
        return self._picture[top:bottom, left:right].reshape(-1, 3)

    def drawn(self, text: str) -> Iterable[tuple[PixelBox, float]]:
        """Where `text`, in letters that could not be read, looks to stand, and how alike it is."""
        return find_rendered(text, self._picture, self.labels)

    def looks_like_another(self, text: str, rect: PixelBox) -> str | None:
        """Return the text that what was read as `text` looks like, if that is another."""
        with self._stages.timing("layout"):
            return looks_like_another(text, rect, self._picture)

    @cached_property
    def _small(self) -> list[PixelBox]:
        """Where something small is drawn that is no word."""
        return proposals(self._picture, self.labels)

    @cached_property
    def icons(self) -> list[Icon]:
        with self._stages.timing("icons"):
            return self._encoder.look(self._picture, self._small)

    @cached_property
    def signs(self) -> list[KeySign]:
        """The signs of keys, by their shape."""
        with self._stages.timing("icons"):
            return list(signs_among(self._picture, self._small))

    @cached_property
    def dots(self) -> list[PixelBox]:
        with self._stages.timing("icons"):
            return dots_in(self._picture)

    @cached_property
    def bars(self) -> list[PixelBox]:
        with self._stages.timing("icons"):
            return bars_in(self._picture)

    def mirrored(self, icons: Sequence[Icon], mirror: Mirror) -> list[Icon]:
        """What these icons would show in a mirror."""
        with self._stages.timing("icons"):
            return self._encoder.look(self._picture, [icon.rect for icon in icons], mirror=mirror)
