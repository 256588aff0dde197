"""Screens drawn for the tests, and asked about by what is on them."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageFont

from screenagent.geometry import Box, Location, Size
from screenagent.screenshot import Screenshot, Word

INK, PAPER, LINE, BUTTON = (30, 30, 30), (246, 245, 244), (190, 185, 180), (232, 230, 228)

Text = tuple[str, int, int]


class Drawing:
    """A picture of `width` by `height`, on which controls are drawn as common themes draw them."""

    def __init__(self, width: int = 640, height: int = 400) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self._font = ImageFont.load_default(14)

    def text(self, words: str, x: int, y: int) -> Drawing:
        """`x`, `y` are the left and the middle of the line."""
        self._draw.text((x, y), words, fill=INK, font=self._font, anchor="lm")
        return self

    def button(self, words: str, x: int, y: int, *, width: int = 90) -> Drawing:
        self._draw.rounded_rectangle((x, y - 16, x + width, y + 16), 4, fill=BUTTON, outline=LINE)
        self._draw.text((x + width / 2, y), words, fill=INK, font=self._font, anchor="mm")
        return self

    def entry(self, words: str, x: int, y: int, *, width: int = 200) -> Drawing:
        self._draw.rounded_rectangle((x, y - 15, x + width, y + 15), 3, fill=(255, 255, 255), outline=LINE)
        return self.text(words, x + 8, y)

    def dropdown(self, words: str, x: int, y: int, *, width: int = 160) -> Drawing:
        self._draw.rounded_rectangle((x, y - 15, x + width, y + 15), 3, fill=BUTTON, outline=LINE)
        tip = x + width - 16
        self._draw.polygon(((tip - 5, y - 2), (tip + 5, y - 2), (tip, y + 3)), fill=INK)
        return self.text(words, x + 8, y)

    def box(self, words: str, x: int, y: int) -> Drawing:
        self._draw.rectangle((x, y - 7, x + 14, y + 7), fill=(255, 255, 255), outline=LINE)
        return self.text(words, x + 22, y)

    def cell(self, x: int, y: int, *, width: int, height: int) -> Drawing:
        self._draw.rectangle((x, y, x + width, y + height), fill=(255, 255, 255), outline=LINE)
        return self

    @property
    def screenshot(self) -> Screenshot:
        return Screenshot.of(self.image)


def words(texts: Iterable[Text], *, size: Size = Size(width=1000, height=500)) -> list[Word]:  # noqa: B008  # frozen
    """Lines of text as a reader gives them: letters are 8 pixels wide and 20 high; `x`, `y` are the left top."""
    found = []
    for line, (text, left, top) in enumerate(texts):
        x = left
        for word in text.split():
            box = Box.of_pixels((x, top, x + 8 * len(word), top + 20), size)
            found.append(Word(text=word, box=box, line=line))
            x += 8 * (len(word) + 1)
    return found


def pixel(location: Location, screenshot: Screenshot) -> tuple[int, int]:
    found = location.point.pixel(screenshot.size)
    return found.x, found.y
