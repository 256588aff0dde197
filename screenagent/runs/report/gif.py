"""A run as an animated GIF, for places that cannot show a page: each screen with its target and the step in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from screenagent.actions import Finish, targets
from screenagent.errors import BadFile
from screenagent.files import write_inside
from screenagent.geometry import Location, Size
from screenagent.runs.report.album import scaled
from screenagent.runs.report.annotations import EDGE_COLOUR, TARGET_COLOUR
from screenagent.runs.report.story import Story
from screenagent.runs.store import has_picture, kept_picture, read_events
from screenagent.runs.wording import outcome_words
from screenagent.showing import visible_lines

# Tried in this order until the file is small enough for a web page.
WIDTHS: Final = (960, 800, 640, 480)
LARGEST: Final = 3_000_000
MOST_FRAMES: Final = 100
"""Nearly three minutes; more frames take longer to make than anyone looks at them."""
PALETTE_FRAMES: Final = 16
"""The palette is chosen for so many frames; the others show the same applications."""

STEP_MS: Final = 1600
LAST_MS: Final = 3200

BAND: Final = (20, 24, 31)
WORDS: Final = (238, 241, 246)
QUIET: Final = (152, 163, 179)


@dataclass(frozen=True, kw_only=True)
class GifFrame:
    """One picture of the GIF: a screen, the targets marked on it, and the caption below."""

    digest: str
    caption: str
    note: str
    places: tuple[Location, ...] = ()
    milliseconds: int = STEP_MS


class NoPictures(BadFile):
    """A run has no picture: it never looked at the screen, or its pictures were removed."""

    code = "no_pictures"


def write_gif(run_folder: Path, out: Path, *, told: Callable[[str], object] = str) -> Path:
    """Write the run in `run_folder` as a GIF: 960 pixels wide, or narrower if the file would be too large.

    A GIF of a long run shows `MOST_FRAMES` of its frames. How far it is is `told`.
    """
    story = Story.of(read_events(run_folder, pictures=False))
    digests = {frame.digest for frame in frames_of(story)}
    kept = {digest for digest in digests if has_picture(run_folder, digest)}
    frames = _chosen([frame for frame in frames_of(story) if frame.digest in kept])
    if not frames:
        raise NoPictures(f"{run_folder} holds no picture to show")
    pictures: dict[str, Image.Image] = {}
    for number, frame in enumerate(frames, start=1):
        told(f"the GIF: picture {number} of {len(frames)}")
        if frame.digest not in pictures:
            pictures[frame.digest] = scaled(kept_picture(run_folder, frame.digest), WIDTHS[0])
    told("the GIF: its encoding")
    return write_inside(out.parent, out.name, _small_enough(frames, pictures))


def _chosen(frames: Sequence[GifFrame]) -> list[GifFrame]:
    """Return at most `MOST_FRAMES`, the first and the last among them, at even distances."""
    if len(frames) <= MOST_FRAMES:
        return list(frames)
    return [frames[round(number * (len(frames) - 1) / (MOST_FRAMES - 1))] for number in range(MOST_FRAMES)]


def _small_enough(frames: Sequence[GifFrame], pictures: dict[str, Image.Image]) -> bytes:
    """Encode at the first width that fits; by its size, one that is far too large says which is worth a try."""
    widths = list(WIDTHS)
    while True:
        width = widths.pop(0)
        gif = encode(frames, pictures, width=width)
        if len(gif) <= LARGEST or not widths:
            return gif
        while len(widths) > 1 and len(gif) * (widths[0] / width) ** 2 > 2 * LARGEST:
            widths.pop(0)


def frames_of(story: Story) -> list[GifFrame]:
    """Return a frame for each step, one for a step's effect if no later frame shows it, and one for the end."""
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
    """Return the GIF. One palette and no dithering: what stays the same on the screen stays the same in the file."""
    drawn = [_drawn(frame, pictures[frame.digest], width) for frame in frames]
    canvas = (max(image.width for image in drawn), max(image.height for image in drawn))
    first, *rest = _in_one_palette([_on_canvas(image, canvas) for image in drawn])
    gif = BytesIO()
    durations = [frame.milliseconds for frame in frames]
    # Not optimized: that would give each frame a palette of its own.
    first.save(gif, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)
    return gif.getvalue()


def _drawn(frame: GifFrame, picture: Image.Image, width: int) -> Image.Image:
    """Return the picture with its targets marked, above a band with the caption."""
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
    for colour, more in ((EDGE_COLOUR, 2), (TARGET_COLOUR, 0)):
        draw.line(points, fill=colour, width=2 + more)
        for place, point in zip(places, points, strict=True):
            draw.circle(point, 3 + more / 2, fill=colour)
            if place.box:
                left, top, right, bottom = place.box.pixels(size)
                draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=2 + more)
            else:
                draw.circle(point, max(9, size.width // 60) + more / 2, outline=colour, width=2 + more)


def _fitting(words: str, room: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return `words` in one line, cut off if there is no room for all of them."""
    line = " ".join(visible_lines(words).split())
    if font.getlength(line) <= room:
        return line
    while line and font.getlength(line + "…") > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _in_one_palette(images: Sequence[Image.Image]) -> list[Image.Image]:
    """Return the images in one palette of 256 colours."""
    seen = images[:: -(-len(images) // PALETTE_FRAMES)]
    together = Image.new("RGB", (images[0].width, images[0].height * len(seen)))
    for number, image in enumerate(seen):
        together.paste(image, (0, number * image.height))
    # Maximum coverage also serves rare colours, such as letters' edges: on screens of applications none is more than
    # 10 of 255 off, where a palette of the common colours misses some by 120.
    palette = together.quantize(method=Image.Quantize.MAXCOVERAGE)
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _on_canvas(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    canvas = Image.new("RGB", size, BAND)
    canvas.paste(image)
    return canvas
