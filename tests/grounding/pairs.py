"""Icons that are each other's mirror image, drawn here: what people say for the one and for the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageOps

SCALE = 8  # icons are drawn this much larger, so that their edges are smooth
SIDE = 20


class MirroredPair(NamedTuple):
    """`draw` draws the icon of `one`; in a mirror, upside down if `upright`, it is the icon of `other`."""

    one: str
    other: str
    draw: Callable[[ImageDraw.ImageDraw, int], None]
    upright: bool = False

    def icons(self, *, width: int, ink: tuple[int, int, int]) -> tuple[Image.Image, Image.Image]:
        mask = Image.new("L", (SIDE * SCALE, SIDE * SCALE))
        self.draw(ImageDraw.Draw(mask), width * SCALE)
        small = mask.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        turned = ImageOps.flip(small) if self.upright else ImageOps.mirror(small)
        return tinted(small, ink), tinted(turned, ink)


def tinted(mask: Image.Image, ink: tuple[int, int, int]) -> Image.Image:
    icon = Image.new("RGBA", mask.size, ink)
    icon.putalpha(mask)
    return icon


def line(draw: ImageDraw.ImageDraw, width: int, *points: tuple[float, float]) -> None:
    draw.line([(x * SCALE, y * SCALE) for x, y in points], fill=255, width=width, joint="curve")


def shape(draw: ImageDraw.ImageDraw, *points: tuple[float, float]) -> None:
    draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=255)


def arc(draw: ImageDraw.ImageDraw, width: int, box: tuple[float, float, float, float], start: int, end: int) -> None:
    draw.arc([edge * SCALE for edge in box], start, end, fill=255, width=width)


def chevron_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (13, 2), (5, 10), (13, 18))


def chevrons_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (10, 3), (3, 10), (10, 17))
    line(draw, width, (17, 3), (10, 10), (17, 17))


def chevron_up(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (2, 14), (10, 6), (18, 14))


def arrow_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (2, 10), (18, 10))
    line(draw, width, (9, 3), (2, 10), (9, 17))


def arrow_up(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (10, 2), (10, 18))
    line(draw, width, (3, 9), (10, 2), (17, 9))


def block_arrow_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (1, 10), (10, 2), (10, 7), (19, 7), (19, 13), (10, 13), (10, 18))


def block_arrow_up(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (10, 1), (18, 10), (13, 10), (13, 19), (7, 19), (7, 10), (2, 10))


def undo(draw: ImageDraw.ImageDraw, width: int) -> None:
    arc(draw, width, (4, 5, 18, 17), 200, 80)
    line(draw, width, (3, 2), (3, 9), (10, 9))


def bent_undo(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (3, 7), (13, 7))
    arc(draw, width, (8, 7, 18, 17), 270, 90)
    line(draw, width, (13, 17), (6, 17))
    line(draw, width, (7, 3), (3, 7), (7, 11))


def turn_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    arc(draw, width, (3, 3, 18, 18), 250, 160)
    shape(draw, (3, 5), (11, 0), (11, 9))


def skip_back(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (17, 3), (17, 17), (6, 10))
    shape(draw, (3, 3), (6, 3), (6, 17), (3, 17))


def first(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (16, 3), (9, 10), (16, 17))
    line(draw, width, (4, 3), (4, 17))


def rewind(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (10, 4), (10, 16), (1, 10))
    shape(draw, (19, 4), (19, 16), (10, 10))


def outdent(draw: ImageDraw.ImageDraw, width: int) -> None:
    for y in (3, 17):
        line(draw, width, (1, y), (19, y))
    for y in (8, 12):
        line(draw, width, (9, y), (19, y))
    shape(draw, (6, 6), (6, 14), (1, 10))


def align_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    for y, end in ((3, 19), (8, 12), (13, 19), (18, 10)):
        line(draw, width, (1, y), (end, y))


def reply(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (1, 8), (8, 2), (8, 14))
    arc(draw, width, (0, 8, 18, 26), 270, 350)


def upload(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (10, 3), (10, 13))
    line(draw, width, (5, 8), (10, 3), (15, 8))
    line(draw, width, (2, 13), (2, 18), (18, 18), (18, 13))


def to_top(draw: ImageDraw.ImageDraw, width: int) -> None:
    line(draw, width, (2, 2), (18, 2))
    line(draw, width, (10, 6), (10, 19))
    line(draw, width, (4, 12), (10, 6), (16, 12))


def triangle_up(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (10, 4), (18, 16), (2, 16))


def triangle_left(draw: ImageDraw.ImageDraw, width: int) -> None:
    shape(draw, (4, 10), (16, 2), (16, 18))


PAIRS = (
    MirroredPair("go back to the previous page", "go forward to the next page", chevron_left),
    MirroredPair("the previous picture", "the next picture", arrow_left),
    MirroredPair("go back", "go forward", block_arrow_left),
    MirroredPair("go to the first page", "go to the last page", chevrons_left),
    MirroredPair("move the entry up", "move the entry down", chevron_up, upright=True),
    MirroredPair("scroll up", "scroll down", arrow_up, upright=True),
    MirroredPair("move up", "move down", block_arrow_up, upright=True),
    MirroredPair("undo", "redo", undo),
    MirroredPair("undo the last change", "redo the last change", bent_undo),
    MirroredPair("rotate to the left", "rotate to the right", turn_left),
    MirroredPair("previous track", "next track", skip_back),
    MirroredPair("jump to the first record", "jump to the last record", first),
    MirroredPair("rewind", "fast forward", rewind),
    MirroredPair("decrease indent", "increase indent", outdent),
    MirroredPair("align left", "align right", align_left),
    MirroredPair("reply", "forward the message", reply),
    MirroredPair("upload a file", "download the file", upload, upright=True),
    MirroredPair("go to the top", "go to the bottom", to_top, upright=True),
    MirroredPair("one row up", "one row down", triangle_up, upright=True),
    MirroredPair("previous slide", "next slide", triangle_left),
)
