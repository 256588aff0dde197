"""The pictures of a run, each once, in the sizes and encodings that a report shows them in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final, TypeVar

from PIL import Image

from screenagent.events import Event, Observed

PictureT = TypeVar("PictureT")

WIDEST: Final = 1920
THUMB_WIDTH: Final = 224

# A screen of an application takes 50 to 80 KiB without loss; only photographs and gradients take more than this.
LOSSLESS_BYTES: Final = 200_000


@dataclass(frozen=True, kw_only=True)
class AlbumPicture:
    uri: str
    thumb_uri: str


def album_picture(image: Image.Image) -> AlbumPicture:
    thumb = _lossy(scaled(image, THUMB_WIDTH), quality=70)
    return AlbumPicture(uri=uri(scaled(image, WIDEST)), thumb_uri=_uri(thumb))


def collecting(
    events: Iterable[Event], pictures: dict[str, PictureT], keep: Callable[[Image.Image], PictureT]
) -> Iterator[Event]:
    """Hand on `events` without their pictures; those go to `pictures` by digest, in the form that `keep` gives them.

    A long run's pictures do not fit into memory as they are.
    """
    for event in events:
        if not isinstance(event, Observed) or event.screenshot.image is None:
            yield event
            continue
        screenshot = event.screenshot
        if screenshot.digest not in pictures:
            pictures[screenshot.digest] = keep(screenshot.pixels)
        yield event.model_copy(update={"screenshot": screenshot.model_copy(update={"image": None})})


def uri(image: Image.Image) -> str:
    """A small picture as it is."""
    return _uri(_webp(image))


def scaled(image: Image.Image, width: int) -> Image.Image:
    """`image` at most `width` wide."""
    if image.width <= width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _webp(image: Image.Image) -> bytes:
    exact = BytesIO()
    image.save(exact, "WEBP", lossless=True, quality=20, method=1)
    return exact.getvalue() if exact.tell() <= LOSSLESS_BYTES else _lossy(image, quality=85)


def _lossy(image: Image.Image, *, quality: int) -> bytes:
    encoded = BytesIO()
    image.save(encoded, "WEBP", quality=quality, method=3)
    return encoded.getvalue()


def _uri(webp: bytes) -> str:
    return f"data:image/webp;base64,{b64encode(webp).decode()}"
