"""The run as an animated GIF, for where a page cannot be shown: each screen with its marker and the step in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import Finish, targets
from screenagent.errors import BadFile
from screenagent.geometry import Location, Size
from screenagent.runs.report.album import collecting, scaled
from screenagent.runs.report.story import Story
from screenagent.runs.store import read_events
from screenagent.runs.wording import outcome_words

# Tried from the left until the file is small enough to be put on a page.
WIDTHS: Final = (960, 800, 640, 480)
LARGEST: Final = 3_000_000

STEP_MS: Final = 1600
LAST_MS: Final = 3200

MARK: Final = (255, 59, 92)
BAND: Final = (20, 24, 31)
WORDS: Final = (238, 241, 246)
QUIET: Final = (152, 163, 179)

# Of the colours of a GIF, those that the markers and words have, and those that the screens have most.
COLOURS: Final = 256
OWN: Final = (MARK, BAND, WORDS, QUIET, (255, 255, 255), (0, 0, 0))
COMMON: Final = 90

Colours = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class GifFrame:
    digest: str
    caption: str
    note: str
    places: tuple[Location, ...] = ()
    milliseconds: int = STEP_MS


def write_gif(run_folder: Path, out: Path) -> Path:
    """Write the run in `run_folder` as a GIF, at most 960 pixels wide and narrower where it would become large."""
    pictures: dict[str, Image.Image] = {}
    story = Story.of(collecting(read_events(run_folder), pictures, lambda image: scaled(image, WIDTHS[0])))
    frames = [frame for frame in frames_of(story) if frame.digest in pictures]
    if not frames:
        raise BadFile(f"{run_folder} holds no picture to show; a run that looked at the screen has some")
    for width in WIDTHS:
        gif = encode(frames, pictures, width=width)
        if len(gif) <= LARGEST:
            break
    out.write_bytes(gif)
    return out


def frames_of(story: Story) -> list[GifFrame]:
    """What is shown: each step on the screen it was decided on, what a step led to where no other shows it, the end."""
    frames: list[GifFrame] = []
    shown_next = [*(page.step.before.digest for page in story.pages[1:]), None]
    for page, shown in zip(story.pages, shown_next, strict=False):
        number = f"{page.number}/{len(story.pages)}"
        places = page.step.locations if page.step.action and targets(page.step.action) else ()
        # The end is told by the last frame.
        if not isinstance(page.step.action, Finish):
            frames.append(GifFrame(digest=page.step.before.digest, caption=page.title, note=number, places=places))
        if page.step.after and page.step.after.digest != shown:
            frames.append(GifFrame(digest=page.step.after.digest, caption=f"{page.title}: {page.status}", note=number))
    if story.episode.screenshot:
        ended = story.episode.ended
        words = outcome_words(ended) + (f": {ended.message}" if ended and ended.message else "")
        frames.append(GifFrame(digest=story.episode.screenshot.digest, caption=words, note="", milliseconds=LAST_MS))
    return frames


def encode(frames: Sequence[GifFrame], pictures: dict[str, Image.Image], *, width: int) -> bytes:
    """All frames in one palette, without dithering: what stays the same on the screen stays the same in the file."""
    drawn = [_drawn(frame, pictures[frame.digest], width) for frame in frames]
    canvas = (max(image.width for image in drawn), max(image.height for image in drawn))
    palette = _palette([pictures[digest] for digest in dict.fromkeys(frame.digest for frame in frames)])
    first, *rest = (_in_palette(_on_canvas(image, canvas), palette) for image in drawn)
    gif = BytesIO()
    durations = [frame.milliseconds for frame in frames]
    # Not optimized: that would give each frame a palette of its own.
    first.save(gif, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)
    return gif.getvalue()


def _drawn(frame: GifFrame, picture: Image.Image, width: int) -> Image.Image:
    """The picture with its markers over a band with the words."""
    screen = scaled(picture, width).copy()
    _mark(screen, frame.places)
    band = max(28, screen.width // 22)
    image = Image.new("RGB", (screen.width, screen.height + band), BAND)
    image.paste(screen)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(band * 0.44)
    middle, margin = screen.height + band // 2, band // 2
    draw.text((image.width - margin, middle), frame.note, fill=QUIET, font=font, anchor="rm")
    room = image.width - 3 * margin - draw.textlength(frame.note, font=font)
    draw.text((margin, middle), _fitting(frame.caption, room, font), fill=WORDS, font=font, anchor="lm")
    return image


def _mark(screen: Image.Image, places: Sequence[Location]) -> None:
    draw, size = ImageDraw.Draw(screen), Size(width=screen.width, height=screen.height)
    points = [(place.point.x * size.width, place.point.y * size.height) for place in places]
    for colour, more in (((255, 255, 255), 2), (MARK, 0)):
        draw.line(points, fill=colour, width=2 + more)
        for place, point in zip(places, points, strict=True):
            draw.circle(point, 3 + more / 2, fill=colour)
            if place.box:
                left, top, right, bottom = place.box.pixels(size)
                draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=2 + more)
            else:
                draw.circle(point, max(9, size.width // 60) + more / 2, outline=colour, width=2 + more)


def _fitting(words: str, room: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """`words` in one line, cut off where there is no more room."""
    line = " ".join(words.split())
    if font.getlength(line) <= room:
        return line
    while line and font.getlength(line + "…") > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _palette(pictures: Sequence[Image.Image]) -> Colours:
    """256 colours for all the pictures: those that are most common as they are, and averages of the others."""
    # Picked pixels, not averaged ones: screens are made of few exact colours.
    picked = [picture.resize((320, 180), Image.Resampling.NEAREST) for picture in pictures]
    pixels = np.concatenate([np.asarray(picture) for picture in picked])
    exact, counts = np.unique(_packed(pixels), return_counts=True)
    common = _unpacked(exact[np.argsort(-counts)[:COMMON]])
    averages = Image.fromarray(pixels).quantize(COLOURS - COMMON - len(OWN)).getpalette() or []
    return np.concatenate([np.array(OWN, np.uint8), common, np.array(averages, np.uint8).reshape(-1, 3)])


def _in_palette(image: Image.Image, palette: Colours) -> Image.Image:
    """`image` with each colour replaced by the nearest of `palette`; what `Image.quantize` finds is only near it."""
    exact, where = np.unique(_packed(np.asarray(image)), return_inverse=True)
    ours = palette.astype(np.float32)
    nearest = [
        np.argmin((ours**2).sum(1) - 2 * _unpacked(part).astype(np.float32) @ ours.T, axis=1)
        # In parts, since a photograph has more colours than their distances have room in memory.
        for part in np.array_split(exact, 1 + len(exact) // 50_000)
    ]
    indexed = Image.fromarray(np.concatenate(nearest).astype(np.uint8)[where].reshape(image.height, image.width))
    indexed.putpalette(palette.tobytes())
    return indexed


def _packed(pixels: Colours) -> npt.NDArray[np.uint32]:
    """Each pixel's colour as one number, which sorts much faster than three."""
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return np.ravel(red << 16 | green << 8 | blue).astype(np.uint32)


def _unpacked(colours: npt.NDArray[np.uint32]) -> Colours:
    return np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)


def _on_canvas(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    canvas = Image.new("RGB", size, BAND)
    canvas.paste(image)
    return canvas
