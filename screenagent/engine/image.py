"""Pictures to patches, bit for bit as in training: shrunk to the patch budget, never padded, uint8 until the device."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from screenagent.engine.errors import EngineError

PATCH = 16
LARGEST = 100_000_000  # pixels: 300 MB as RGB; beyond that a picture is a mistake or an attack
READABLE = frozenset({"1", "CMYK", "HSV", "L", "LAB", "P", "RGB", "RGBX", "YCbCr"})
TRANSPARENT = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


class PictureError(EngineError):
    """A picture that cannot be looked at; the message says why."""

    code = "picture"


@dataclass(frozen=True)
class PatchLimits:
    """How many patches a picture may become: smaller ones are enlarged, larger ones shrunk."""

    smallest: int = 256
    largest: int = 3600


@dataclass(frozen=True)
class Patches:
    """A picture as the model takes it."""

    pixels: npt.NDArray[np.uint8] = field(repr=False)  # (patches, 16 * 16 * 3): rows of rows, colour fastest
    high: int
    wide: int
    shrunk_from: tuple[int, int] | None  # width and height, where the picture was larger than what is seen of it

    def __len__(self) -> int:
        return self.high * self.wide

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of what the model sees."""
        return self.wide * PATCH, self.high * PATCH

    def digest(self) -> bytes:
        """Names what the model sees of the picture: the same for two pictures exactly if it sees the same."""
        named = hashlib.sha256(f"{self.high}x{self.wide} ".encode())  # a common CPU has instructions for this one
        named.update(self.pixels.data)
        return named.digest()


def picture_patches(image: Image.Image, limits: PatchLimits = PatchLimits()) -> Patches:
    rgb = opaque(image)
    high, wide = grid(*rgb.size, limits)
    size = (wide * PATCH, high * PATCH)
    seen = rgb if rgb.size == size else rgb.resize(size, Image.Resampling.BILINEAR)
    return Patches(
        pixels=cut_patches(seen, high, wide),
        high=high,
        wide=wide,
        shrunk_from=rgb.size if rgb.width * rgb.height > size[0] * size[1] else None,
    )


def cut_patches(image: Image.Image, high: int, wide: int) -> npt.NDArray[np.uint8]:
    """One row of patches at a time: a block as large as the picture would be fetched from the system page by page,
    which takes longer than all the rest."""
    pixels = np.empty((high, wide, PATCH, PATCH * 3), dtype=np.uint8)
    for row in range(high):
        strip = np.asarray(image.crop((0, row * PATCH, image.width, (row + 1) * PATCH)))
        pixels[row] = strip.reshape(PATCH, wide, PATCH * 3).transpose(1, 0, 2)
    return pixels.reshape(high * wide, PATCH * PATCH * 3)


def opaque(image: Image.Image) -> Image.Image:
    """As RGB; what is transparent lies on white, as in a browser."""
    if image.width * image.height > LARGEST:
        raise PictureError(f"a picture of {image.width}x{image.height} pixels; at most {LARGEST} can be read")
    if image.width < 1 or image.height < 1:
        raise PictureError(f"a picture of {image.width}x{image.height} pixels has nothing to see")
    if image.mode == "RGB":
        return image
    if image.mode in TRANSPARENT or image.has_transparency_data:
        front = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", front.size, "white"), front).convert("RGB")
    if image.mode in READABLE:
        return image.convert("RGB")
    raise PictureError(f"a picture of mode {image.mode!r} has no agreed range of brightness; convert it to RGB first")


def grid(width: int, height: int, limits: PatchLimits) -> tuple[int, int]:
    """Patches high and wide: as many as the picture has whole ones, within the limits, and its shape kept."""
    whole = (width // PATCH) * (height // PATCH)
    return fit(width, height, min(max(whole, limits.smallest), limits.largest))


def fit(width: int, height: int, most: int) -> tuple[int, int]:
    """The largest grid of at most `most` patches. The search's bounds and its rounding up decide about single rows of
    patches, and the model was trained on exactly these."""

    def sides(scale: float) -> tuple[int, int]:
        return math.ceil(height * scale / PATCH), math.ceil(width * scale / PATCH)

    precision = 1e-5
    low, high = precision / 10, 100.0
    while high - low >= precision:
        middle = (low + high) / 2
        if math.prod(sides(middle)) <= most:
            low = middle
        else:
            high = middle
    return sides(low)
