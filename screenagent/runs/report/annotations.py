"""Marks on a picture of the screen: where a target was found, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFont

from screenagent.geometry import Absent, Box, Location, Point, Size
from screenagent.showing import visible

Tone = Literal["target", "text", "field", "icon", "absent"]

Colour = tuple[int, int, int]

TONE_COLOURS: Final[dict[Tone, Colour]] = {
    "target": (255, 59, 92),
    "text": (36, 132, 255),
    "field": (0, 168, 107),
    "icon": (245, 146, 0),
    "absent": (110, 118, 129),
}
TARGET_COLOUR: Final = TONE_COLOURS["target"]
EDGE_COLOUR: Final = (255, 255, 255)
"""Round each mark, so that it can be seen on any ground."""

_SMOOTH: Final = 3
"""Marks are drawn this many times larger and scaled down, which is how their edges become smooth."""


class Annotation(NamedTuple):
    """A box to draw, and what to write at it."""

    box: Box
    tone: Tone
    caption: str = ""


def annotate(image: Image.Image, location: Location | Absent, words: str) -> Image.Image:
    """The picture with the target that `words` name marked on it: cross-hair, box, name and confidence."""
    picture = image.convert("RGB")
    if isinstance(location, Absent):
        return _pasted(picture, _pill(f"“{_short(words)}” is not here", "absent", _letter(picture)), 12, 12)
    size, letter = Size(width=picture.width, height=picture.height), _letter(picture)
    reach = max(24, letter * 2)
    around = location.box or Box.around(location.point, width=reach / size.width, height=reach / size.height)
    left, top, right, bottom = around.pixels(size)
    frame = (left - 5, top - 5, right + 5, bottom + 5)
    picture = _dimmed(picture, frame)
    picture = _drawn(picture, [(frame, "target")], stroke=2.5, radius=7)
    picture = _crosshair(picture, location.point)
    pill = _pill(f"“{_short(words)}”  {location.confidence:.0%} by {location.by}", "target", letter)
    beside = frame[1] - pill.height - 8
    return _pasted(picture, pill, frame[0], beside if beside >= 0 else frame[3] + 8)


def outlined(image: Image.Image, marks: Iterable[Annotation]) -> Image.Image:
    """The picture with every mark's box drawn on it, and its caption small above."""
    picture = image.convert("RGB")
    size = Size(width=picture.width, height=picture.height)
    listed = list(marks)
    picture = _drawn(picture, [(mark.box.pixels(size), mark.tone) for mark in listed], stroke=1, radius=2)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(9)
    for mark in listed:
        if mark.caption:
            left, top, _, _ = mark.box.pixels(size)
            draw.text((left + 1, top - 2), visible(mark.caption), font=font, fill=TONE_COLOURS[mark.tone], anchor="ld",
                      stroke_width=2, stroke_fill=EDGE_COLOUR)  # fmt: skip
    return picture


def crosshair_lines(x: float, y: float, *, gap: float, reach: float) -> Iterator[tuple[float, float, float, float]]:
    """Yield the ends of four hairs round a point, with an open middle: what is under the point stays visible."""
    for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        yield x + gap * right, y + gap * down, x + reach * right, y + reach * down


def _letter(picture: Image.Image) -> int:
    """The height of letters that can be read on a picture of this size."""
    return max(13, picture.height // 48)


def _short(words: str) -> str:
    words = visible(words)
    return words if len(words) <= 48 else f"{words[:47]}…"


def _dimmed(picture: Image.Image, but: tuple[int, int, int, int]) -> Image.Image:
    """A little darker all over, so that the eye goes to what is not."""
    darker = Image.eval(picture, lambda value: round(value * 0.82))
    keep = Image.new("L", picture.size, 0)
    ImageDraw.Draw(keep).rounded_rectangle(but, radius=7, fill=255)
    return Image.composite(picture, darker, keep)


def _drawn(
    picture: Image.Image, boxes: Iterable[tuple[tuple[int, int, int, int], Tone]], *, stroke: float, radius: int
) -> Image.Image:
    """Rounded outlines with a light edge, that can be seen on any ground."""
    by_tone: dict[Tone, list[tuple[int, int, int, int]]] = {}
    for box, tone in boxes:
        by_tone.setdefault(tone, []).append(box)
    for tone, framed in by_tone.items():
        for width, colour in ((stroke + 2, EDGE_COLOUR), (stroke, TONE_COLOURS[tone])):
            for box in framed:
                picture = _stroked(picture, box, width=width, radius=radius, colour=colour)
    return picture


def _stroked(
    picture: Image.Image, box: tuple[int, int, int, int], *, width: float, radius: int, colour: Colour
) -> Image.Image:
    left, top = (max(0, edge - 4) for edge in box[:2])
    right, bottom = (min(limit, edge + 4) for edge, limit in zip(box[2:], picture.size, strict=True))
    if right <= left or bottom <= top:
        return picture
    cover = Image.new("L", ((right - left) * _SMOOTH, (bottom - top) * _SMOOTH), 0)
    inner = [(edge - corner) * _SMOOTH for edge, corner in zip(box, (left, top, left, top), strict=True)]
    ImageDraw.Draw(cover).rounded_rectangle(inner, radius * _SMOOTH, outline=255, width=round(width * _SMOOTH))
    picture.paste(colour, (left, top), cover.resize((right - left, bottom - top), Image.Resampling.LANCZOS))
    return picture


def _crosshair(picture: Image.Image, point: Point) -> Image.Image:
    """Draw a ring with a crosshair."""
    reach = max(16, _letter(picture))
    side = (2 * reach + 1) * _SMOOTH
    middle = side / 2
    covers = []
    for width in (4.5, 2.0):
        cover = Image.new("L", (side, side), 0)
        draw = ImageDraw.Draw(cover)
        ring, gap = reach * 0.55 * _SMOOTH, reach * 0.28 * _SMOOTH
        stroke = round(width * _SMOOTH)
        draw.ellipse((middle - ring, middle - ring, middle + ring, middle + ring), outline=255, width=stroke)
        for line in crosshair_lines(middle, middle, gap=gap, reach=middle * 0.96):
            draw.line(line, fill=255, width=stroke)
        covers.append(cover.resize((2 * reach + 1, 2 * reach + 1), Image.Resampling.LANCZOS))
    pixel = point.pixel(Size(width=picture.width, height=picture.height))
    corner = (pixel.x - reach, pixel.y - reach)
    for cover, colour in zip(covers, (EDGE_COLOUR, TARGET_COLOUR), strict=True):
        picture.paste(colour, corner, cover)
    return picture


def _pill(text: str, tone: Tone, letter: int) -> Image.Image:
    """A caption on a rounded ground of its tone."""
    font = ImageFont.load_default(letter)
    left, top, right, bottom = font.getbbox(text)
    width, height = round(right - left) + letter * 2, round(bottom - top) + letter
    shape = Image.new("L", (width * _SMOOTH, height * _SMOOTH), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, width * _SMOOTH - 1, height * _SMOOTH - 1), height * _SMOOTH / 2,
                                            fill=245)  # fmt: skip
    pill = Image.new("RGBA", (width, height), (*TONE_COLOURS[tone], 0))
    ImageDraw.Draw(pill).text((letter - left, letter / 2 - top), text, font=font, fill=(255, 255, 255, 255))
    ground = Image.new("RGBA", (width, height), (*TONE_COLOURS[tone], 255))
    ground.alpha_composite(pill)
    ground.putalpha(
        ImageChops.multiply(shape.resize((width, height), Image.Resampling.LANCZOS), ground.getchannel("A"))
    )
    return ground


def _pasted(picture: Image.Image, pill: Image.Image, left: int, top: int) -> Image.Image:
    """The pill laid on the picture, moved so far that all of it is on it."""
    corner = (max(4, min(left, picture.width - pill.width - 4)), max(4, min(top, picture.height - pill.height - 4)))
    picture.paste(pill, corner, pill)
    return picture
