"""Pictures as a browser takes them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def png_of(image: Image.Image) -> bytes:
    """Return a picture as a PNG file, written quickly rather than small."""
    written = BytesIO()
    image.save(written, "PNG", compress_level=1)
    return written.getvalue()
