"""A picture of the screen to point into, as text. Only the lines that have changed are drawn again.

Each cell is an upper half block, with one colour above and another, its ground, below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from screenagent.console.view import PictureView
from screenagent.geometry import WHOLE, Box, Point, Size

BlockColour = tuple[int, int, int]
Cells = NDArray[np.uint8]  # (height, width, 6): the colour above and the one below

CELL: Final = Size(width=1, height=2)
"""How many pixels a cell shows."""

MOVE: Final = "move the point a pixel, with Shift 10; or click a picture"


class ScreenPicture(Widget, can_focus=True):
    """Shows the whole screen, or the part round the target."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(name, f"push({x}, {y})", "Move", show=name == "left", key_display="↔", tooltip=MOVE)
            for name, x, y in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1))
        ),
        *(
            Binding(f"shift+{name}", f"push({x}, {y})", "Move", show=False)
            for name, x, y in (("left", -10, 0), ("right", 10, 0), ("up", 0, -10), ("down", 0, 10))
        ),
    ]

    ENLARGED: ClassVar[int] = 1
    """How many pixels wide a pixel of the screen is in a close view."""

    @dataclass
    class Pointed(Message):
        """A place of the screen was clicked."""

        point: Point

    @dataclass
    class Pushed(Message):
        """The point is to move so many pixels of the screen."""

        x: int
        y: int

    def __init__(self, shows: Literal["all", "target"], *, id: str) -> None:
        super().__init__(id=id)
        self.cell = CELL
        self._shows = shows
        self.view: PictureView | None = None
        self._cells: Cells = np.empty((0, 0, 6), np.uint8)
        self._strips: dict[int, Strip] = {}

    def show(self, view: PictureView | None) -> None:
        if (view and view.key) != (self.view and self.view.key):
            self.view = view
            self.draw()

    def notify_style_update(self) -> None:
        self._strips.clear()  # beside a picture stands the ground of the theme
        super().notify_style_update()

    def on_resize(self) -> None:
        self.draw()

    def render_line(self, y: int) -> Strip:
        if y >= len(self._cells):
            return Strip.blank(self.size.width, self.rich_style)
        if y not in self._strips:
            self._strips[y] = halfblock_strip(self._cells[y]).adjust_cell_length(self.size.width, self.rich_style)
        return self._strips[y]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.screen.check_action(action, parameters) if action == "push" else True

    def action_push(self, x: int, y: int) -> None:
        self.post_message(self.Pushed(x, y))

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        point = self.point_at(inside.x, inside.y) if inside else None
        if point is not None:
            self.post_message(self.Pointed(point))

    def point_at(self, column: int, row: int) -> Point | None:
        """Return the place on the screen that a cell shows; None if it shows none."""
        if self.view is None:
            return None
        part, cells = self.shown(self.view)
        if not (0 <= column < cells.width and 0 <= row < cells.height):
            return None
        return Point(x=(column + 0.5) / cells.width, y=(row + 0.5) / cells.height).within(part)

    def shown(self, view: PictureView) -> tuple[Box, Size]:
        """Return which part of the screen is shown, and in how many cells."""
        room = Size(width=max(1, self.size.width), height=max(1, self.size.height))
        part = WHOLE
        if self._shows == "target":
            wide, high = room.width * self.cell.width, room.height * self.cell.height
            part = view.around(Size(width=max(1, wide // self.ENLARGED), height=max(1, high // self.ENLARGED)))
        left, top, right, bottom = part.pixels(view.screenshot.size)
        return part, fitted_to_cells(Size(width=max(1, right - left), height=max(1, bottom - top)), room, self.cell)

    def draw(self) -> None:
        """Bring the cells up to date, and repaint the lines that have changed."""
        before, self._cells = self._cells, self._drawn()
        if before.shape != self._cells.shape:
            self._strips.clear()
            self.refresh()
            return
        for y in np.flatnonzero((before != self._cells).any(axis=(1, 2))).tolist():
            self._strips.pop(y, None)
            self.refresh(Region(0, y, self.size.width, 1))

    def _drawn(self) -> Cells:
        if self.view is None or self.view.screenshot.image is None:
            return np.empty((0, 0, 6), np.uint8)
        part, size = self.shown(self.view)
        return cells(self.view.picture(part, Size(width=size.width, height=size.height * CELL.height)))


def fitted_to_cells(picture: Size, cells: Size, cell: Size = CELL) -> Size:
    """Return the largest size, in cells, at which a picture fits without distortion."""
    slim = cell.height / cell.width
    columns = min(cells.width, round(cells.height * slim * picture.width / picture.height))
    rows = min(cells.height, round(columns * picture.height / picture.width / slim))
    return Size(width=max(1, columns), height=max(1, rows))


def cells(image: Image.Image) -> Cells:
    """Return the colours of the cells that show `image`, which has two pixels for each row of cells."""
    pixels = np.asarray(image.convert("RGB"))
    return pixels.reshape(-1, 2, image.width, 3).transpose(0, 2, 1, 3).reshape(-1, image.width, 6)


def halfblock_strip(row: Cells) -> Strip:
    """Return a line of cells, with one segment for neighbours of the same colours."""
    starts = np.flatnonzero(np.concatenate(([True], (row[1:] != row[:-1]).any(axis=1))))
    lengths = np.diff(np.append(starts, len(row)))
    segments = [
        Segment("▀" * length, _style((r, g, b), (below_r, below_g, below_b)))
        for length, (r, g, b, below_r, below_g, below_b) in zip(lengths.tolist(), row[starts].tolist(), strict=True)
    ]
    return Strip(segments, len(row))


@lru_cache(maxsize=65536)
def _style(above: BlockColour, below: BlockColour) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
