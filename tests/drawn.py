"""Screens drawn by a test, which knows what is written where."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont, ImageOps

from screenagent.geometry import Box, Display, Size
from screenagent.screenshot import Screenshot, Window, Word

SIZE = Size(width=800, height=600)


@dataclass
class Drawing:
    """Buttons, fields and texts; `zoom` makes all of it larger, `dark` turns its colours over."""

    zoom: float = 1.0
    dark: bool = False
    window: Window | None = None
    size: Size = SIZE
    words: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.size.width, self.size.height), (240, 240, 238))
        self._draw = ImageDraw.Draw(self.image)
        self._font = ImageFont.load_default(round(14 * self.zoom))
        self._line = 0

    def text(self, words: str, x: float, y: float) -> None:
        """Written with its middle at (x, y)."""
        x, y = x * self.zoom, y * self.zoom
        self._draw.text((x, y), words, font=self._font, fill=(20, 20, 20), anchor="mm")
        self._line += 1
        space = self._font.getlength(" ")
        left = x - self._font.getlength(words) / 2
        for word in words.split():
            width = self._font.getlength(word)
            edges = (left, y - 9 * self.zoom, left + width, y + 9 * self.zoom)
            self.words.append(Word(text=word, box=Box.of_pixels(edges, self.size), line=self._line))
            left += width + space

    def button(self, words: str, x: float, y: float, *, width: float = 90) -> None:
        z = self.zoom
        edges = ((x - width / 2) * z, (y - 14) * z, (x + width / 2) * z, (y + 14) * z)
        self._draw.rounded_rectangle(edges, radius=4, fill=(225, 228, 232), outline=(120, 120, 125))
        if words:
            self.text(words, x, y)

    def field(self, x: float, y: float, *, width: float = 160) -> None:
        z = self.zoom
        edges = ((x - width / 2) * z, (y - 12) * z, (x + width / 2) * z, (y + 12) * z)
        self._draw.rectangle(edges, fill=(255, 255, 255), outline=(120, 120, 125))

    def screenshot(self) -> Screenshot:
        image = ImageOps.invert(self.image) if self.dark else self.image
        return Screenshot.of(image, display=Display(name="drawn", size=self.size), window=self.window)


@dataclass
class DrawnReader:
    """Reads what was drawn."""

    drawings: dict[str, list[Word]] = field(default_factory=dict)
    reads: int = 0

    def screen(self, drawing: Drawing) -> Screenshot:
        screenshot = drawing.screenshot()
        self.drawings[screenshot.digest] = drawing.words
        return screenshot

    def read(self, screenshot: Screenshot) -> list[Word]:
        self.reads += 1
        return self.drawings[screenshot.digest]
