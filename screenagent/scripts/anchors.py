"""Anchors: what a script's targets looked like, each a small picture and a few facts in a folder beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image
from pydantic import Field, ValidationError

from screenagent.files import read_whole
from screenagent.geometry import Box, Pixel, Point, Size, Value

PICTURE: Final = ".png"
FACTS: Final = ".json"


class NearbyText(Value):
    """A text near a target, and how far its middle was from the target's middle, in pixels."""

    text: str
    dx: int
    dy: int
    width: int
    height: int


class Anchor(Value):
    """A target as it was seen once. Pixels are those of the recorded screen, of which the picture is a part.

    `box` is the target's box within the picture, and `at` the pixel of the picture that was acted on. `text` is the
    target's own, `beside` are the texts near it. `alike` is how many on that screen looked like it, itself included;
    `repeats` is how many places had its letters, within longer names too. `hidden` are the parts of the picture in
    which a typed value stood: they are blurred, and not compared.
    """

    target: str
    text: str = ""
    beside: tuple[NearbyText, ...] = ()
    alike: int = Field(1, ge=1)
    repeats: int = Field(1, ge=0)
    box: tuple[int, int, int, int]
    hidden: tuple[tuple[int, int, int, int], ...] = ()
    at: Pixel
    corner: Pixel = Field(description="where the picture's top left pixel was on the screen")
    screen: Size
    app: str = ""
    title: str = ""
    window: Box | None = None

    @property
    def size(self) -> Size:
        left, top, right, bottom = self.box
        return Size(width=max(1, right - left), height=max(1, bottom - top))

    @property
    def point(self) -> Point:
        """Where on the recorded display it was acted on."""
        return Point.of_pixel(Pixel(x=self.corner.x + self.at.x, y=self.corner.y + self.at.y), self.screen)


class Anchors:
    """The folder beside a script: `invoice.anchors/` for `invoice.yaml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, script: Path) -> Anchors:
        return cls(script.with_suffix(".anchors"))

    def __contains__(self, name: str) -> bool:
        return (self.folder / f"{name}{FACTS}").is_file()

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob(f"*{FACTS}"))

    def read(self, name: str) -> tuple[Anchor, Image.Image]:
        """The anchor and its picture; `ValueError` says which file is not what it should be."""
        facts, picture = self.folder / f"{name}{FACTS}", self.folder / f"{name}{PICTURE}"
        try:
            anchor = Anchor.model_validate_json(read_whole(facts))
        except ValidationError as error:
            raise ValueError(
                f"{facts} is no anchor: {error.errors()[0]['msg']}; record it anew, or remove it"
            ) from error
        try:
            with Image.open(picture) as file:
                image = file.convert("RGB")
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{picture} is no picture: {error}; record it anew, or remove {facts.name}") from error
        left, top, right, bottom = anchor.box
        if not (0 <= left < right <= image.width and 0 <= top < bottom <= image.height):
            raise ValueError(
                f"{facts}: the box {anchor.box} is not within the picture, which is {image.width}x{image.height}"
            )
        return anchor, image

    def write(self, name: str, anchor: Anchor, picture: Image.Image) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        picture.save(self.folder / f"{name}{PICTURE}", optimize=True)
        (self.folder / f"{name}{FACTS}").write_text(
            anchor.model_dump_json(indent=1, exclude_defaults=True) + "\n", "utf-8"
        )

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            for suffix in (FACTS, PICTURE):
                (self.folder / f"{name}{suffix}").unlink(missing_ok=True)
