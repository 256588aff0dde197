"""A picture in a terminal that can show more than half-blocks: by kitty's protocol, or as sixels."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import count
from random import randrange
from typing import Final, Literal

from PIL import Image
from textual.geometry import Region
from textual.strip import Strip

from screenagent.console import kitty, sixel
from screenagent.console.picture import ScreenPicture
from screenagent.console.terminal import Terminal
from screenagent.geometry import Size

NUMBERS: Final = count(randrange(1 << 16, 1 << 23))
"""The next number for a picture. It starts anywhere: the terminal may show pictures of other programs, too."""


class TerminalGraphic(ScreenPicture):
    """Shows half-blocks instead while another screen lies over it."""

    ENLARGED = 3

    def __init__(self, shows: Literal["all", "target"], *, id: str, terminal: Terminal) -> None:
        super().__init__(shows, id=id)
        self.cell = terminal.cell
        self._protocol = terminal.pictures
        self._number = next(NUMBERS)
        self._cells_shown: Size | None = None
        self._slices: list[str] = []
        self._waiting: Image.Image | None = None
        self._encoding = False
        self._lock = threading.Lock()
        self._repaint_due = False

    def render_line(self, y: int) -> Strip:
        if self._cells_shown is None or y >= self._cells_shown.height:
            return super().render_line(y)
        if self._protocol == "kitty":
            return kitty.kitty_strip(y, self._cells_shown.width, self._number).adjust_cell_length(
                self.size.width, self.rich_style
            )
        return Strip.blank(self.size.width, self.rich_style)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the slices again after Textual has painted the cells under them, which removes what was drawn there."""
        if self._slices and not self._repaint_due:
            self._repaint_due = True
            self.call_after_refresh(self._repaint)
        return super().render_lines(crop)

    def draw(self) -> None:
        if not self.screen.is_active or self.view is None or self.view.screenshot.image is None:
            self._cells_shown, self._slices = None, []
            super().draw()
            self.refresh()
            return
        part, cells = self.shown(self.view)
        image = self.view.picture(
            part, Size(width=cells.width * self.cell.width, height=cells.height * self.cell.height)
        )
        if self._protocol == "kitty":
            self._write(kitty.kitty_sequence(image, self._number, cells))
        else:
            self._encode(image)
        if cells != self._cells_shown:
            self._cells_shown, self._slices = cells, []
            self.refresh()

    def _encode(self, image: Image.Image) -> None:
        """Encode in a thread. Of the pictures that come meanwhile only the last is drawn."""
        with self._lock:
            self._waiting = image
            if not self._encoding:
                self._encoding = True
                threading.Thread(target=self._encode_waiting, name="sixels", daemon=True).start()

    def _encode_waiting(self) -> None:
        while (image := self._take_waiting()) is not None:
            self.call_later(self._draw_changed, sixel.slices(image, self.cell.height))

    def _take_waiting(self) -> Image.Image | None:
        with self._lock:
            image, self._waiting = self._waiting, None
            self._encoding = image is not None
            return image

    def _draw_changed(self, slices: list[str]) -> None:
        before, self._slices = self._slices, slices
        same = len(before) == len(slices)
        self._draw_slices(number for number, drawn in enumerate(slices) if not same or drawn != before[number])

    def _repaint(self) -> None:
        self._repaint_due = False
        self._draw_slices(range(len(self._slices)))

    def _draw_slices(self, numbers: Iterable[int]) -> None:
        if self._cells_shown is None or not self.screen.is_active:
            return
        place, rows = self.content_region, sixel.rows_at_once(self.cell.height)
        for number in numbers:
            self._write(f"\x1b7\x1b[{place.y + number * rows + 1};{place.x + 1}H{self._slices[number]}\x1b8")

    def _write(self, sequence: str) -> None:
        driver = self.app._driver
        if driver is not None:
            driver.write(sequence)
            driver.flush()
