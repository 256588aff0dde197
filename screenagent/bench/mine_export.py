"""Corrections as a folder in ScreenSpot form that can be given away: only what the user names, and blurred round it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from screenagent.bench.corrections import Correction
from screenagent.bench.mine import correction_screen
from screenagent.errors import WrongUsage
from screenagent.geometry import PixelBox
from screenagent.protocols import TextReader
from screenagent.screenshot import Screenshot

AROUND: Final = 48
"""Pixels round the target that stay clear, but for their texts: the frame of a control, the icons beside it."""

BLOCK: Final = 32
"""Pixels across a block of one colour, higher than two lines of text, so that nothing in it can be read or restored."""


class NotExportable(WrongUsage):
    """An item that cannot be exported was named."""

    code = "not_exportable"


def export_corrections(items: Sequence[Correction], folder: Path, *, reader: TextReader) -> list[Path]:
    """Write `annotations.json` and `images/` for these items; return the pictures.

    Names of runs, windows and people stay behind: a picture has a number, and of its screen only what lies within
    `AROUND` of the target is clear, without the texts there that are not the target's own.
    """
    if rejected := [item.id for item in items if item.kind == "rejected"]:
        raise NotExportable(f"{', '.join(rejected)}: what was rejected has no right place, so it cannot be exported")
    images = folder / "images"
    if folder.exists() and any(folder.iterdir()):
        raise NotExportable(f"{folder} is not empty; name another folder")
    images.mkdir(parents=True, exist_ok=True)
    questions, pictures = [], []
    for number, item in enumerate(items, start=1):
        screenshot = correction_screen(item)
        assert screenshot.image is not None
        rect = item.box(screenshot).exact_pixels(screenshot.size)
        pictures.append(images / f"{number:04d}.png")
        blurred_around(rect, screenshot, reader).save(pictures[-1])
        questions.append(_question(item, pictures[-1].name, rect))
    (folder / "annotations.json").write_text(json.dumps(questions, indent=1, ensure_ascii=False), "utf-8")
    return pictures


def blurred_around(rect: PixelBox, screenshot: Screenshot, reader: TextReader) -> Image.Image:
    """Return the picture with all but the target and its surroundings gone into blocks, and the texts there too."""
    assert screenshot.image is not None
    clear = screenshot.image.copy()
    for word in _foreign_words(rect, screenshot, reader):
        _hide(clear, word.grown(2))
    shown = _in_blocks(screenshot.image)
    edges = _whole(rect.grown(AROUND), clear)
    shown.paste(clear.crop(edges), edges[:2])
    return shown


def _foreign_words(rect: PixelBox, screenshot: Screenshot, reader: TextReader) -> Iterator[PixelBox]:
    """Yield the words near the target that are not its own: more than half of each lies outside of it."""
    near = rect.grown(AROUND)
    for word in reader.read(screenshot):
        place = word.box.exact_pixels(screenshot.size)
        if _overlap(place, near) and _overlap(place, rect) < 0.5 * max(1.0, place.area):
            yield place


def _overlap(one: PixelBox, other: PixelBox) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def _in_blocks(image: Image.Image) -> Image.Image:
    few = image.resize((max(1, image.width // BLOCK), max(1, image.height // BLOCK)), Image.Resampling.BOX)
    return few.resize(image.size, Image.Resampling.NEAREST)


def _hide(image: Image.Image, rect: PixelBox) -> None:
    """Fill a place with its mean colour."""
    edges = _whole(rect, image)
    if edges[2] > edges[0] and edges[3] > edges[1]:
        colour = image.crop(edges).resize((1, 1), Image.Resampling.BOX)
        image.paste(colour.resize((edges[2] - edges[0], edges[3] - edges[1])), edges[:2])


def _whole(rect: PixelBox, image: Image.Image) -> tuple[int, int, int, int]:
    left, top = max(0, int(rect.left)), max(0, int(rect.top))
    return left, top, min(image.width, int(rect.right) + 1), min(image.height, int(rect.bottom) + 1)


def _question(item: Correction, picture: str, rect: PixelBox) -> dict[str, object]:
    width, height = rect.right - rect.left, rect.bottom - rect.top
    bbox = [round(edge, 1) for edge in (rect.left, rect.top, width, height)]
    return {
        "img_filename": picture,
        "instruction": item.instruction,
        "bbox": bbox,
        "data_type": "text",
        "data_source": item.app,
    }
