"""What a picture of the console shows: a screen or the part round a target, with the targets marked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from screenagent.geometry import WHOLE, Box, Location, Pixel, Point, Size
from screenagent.runs.report.annotations import TARGET_COLOUR, TONE_COLOURS, crosshair_lines
from screenagent.screenshot import Screenshot

SHARPEST: Final = 1.0
"""Pixels of the screen that one of a close view shows at least: any fewer would show nothing more."""

COARSEST: Final = 3.0
"""… and at most: beyond that a large target is cut off rather than blurred."""


@dataclass(frozen=True, eq=False)
class PictureView:
    """A screen, where its targets are, and which of them is meant; `guesses` are numbered from 1."""

    screenshot: Screenshot
    locations: tuple[Location, ...] = ()
    chosen: int = 0
    guesses: tuple[Location, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What two views have in common that look the same; pictures themselves are slow to compare."""
        return self.screenshot.digest, self.locations, self.chosen, self.guesses

    @property
    def target(self) -> Location | None:
        return self.locations[min(self.chosen, len(self.locations) - 1)] if self.locations else None

    def around(self, pixels: Size) -> Box:
        """The part of the screen round the target that is shown in so many pixels; without one, the window in front."""
        if self.target is None:
            window = self.screenshot.window
            return window.box if window and window.box else WHOLE
        size, box = self.screenshot.size, self.target.box
        wanted = (box.right - box.left) * size.width * 1.3 if box else 0.0
        width = min(max(wanted, SHARPEST * pixels.width), COARSEST * pixels.width, size.width)
        height = min(width * pixels.height / pixels.width, size.height)
        return _cut(self.target.point, width / size.width, height / size.height)

    def picture(self, part: Box, pixels: Size) -> Image.Image:
        """`part` of the screen in so many pixels, every target with its box and a crosshair."""
        image = self.screenshot.pixels
        size, shown = self.screenshot.size, part.pixels(self.screenshot.size)
        small = image.resize((pixels.width, pixels.height), Image.Resampling.BOX, box=shown, reducing_gap=2.0)
        draw, stroke = ImageDraw.Draw(small), max(1, pixels.height // 100)
        for location in self.locations:
            colour = TARGET_COLOUR if location is self.target else TONE_COLOURS["text"]
            if location.box:
                draw.rectangle(_frame(location.box, part, pixels), outline=colour, width=stroke)
            centre = _place(Point.of_pixel(location.point.pixel(size), size), part, pixels)
            for line in crosshair_lines(centre.x, centre.y, gap=2 * stroke, reach=max(3, pixels.height // 10)):
                draw.line(line, fill=colour, width=stroke)
        for number, guess in enumerate(self.guesses, start=1):
            corner = Point(x=guess.box.left, y=guess.box.top) if guess.box else guess.point
            place = _place(corner, part, pixels)
            size_of_number = max(10, pixels.height // 12)
            draw.text(
                (place.x, place.y), str(number), TARGET_COLOUR, font_size=size_of_number, anchor="rb", stroke_width=1
            )
        return small


def _cut(point: Point, width: float, height: float) -> Box:
    """A box of that size round `point`, moved so far that all of it is on the screen."""
    left = min(max(point.x - width / 2, 0.0), max(0.0, 1.0 - width))
    top = min(max(point.y - height / 2, 0.0), max(0.0, 1.0 - height))
    return Box(left=left, top=top, right=min(1.0, left + width), bottom=min(1.0, top + height))


def _place(point: Point, part: Box, pixels: Size) -> Pixel:
    """Where `point` of the screen is in the pixels that show `part`; may lie outside of them."""
    return Pixel(
        x=int((point.x - part.left) / (part.right - part.left) * pixels.width),
        y=int((point.y - part.top) / (part.bottom - part.top) * pixels.height),
    )


def _frame(box: Box, part: Box, pixels: Size) -> tuple[int, int, int, int]:
    first = _place(Point(x=box.left, y=box.top), part, pixels)
    last = _place(Point(x=box.right, y=box.bottom), part, pixels)
    return (first.x - 1, first.y - 1, last.x, last.y)
