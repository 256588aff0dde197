"""Converts a request into the messages of a chat completion."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from typing import Any

from screenagent.models.vision import Request
from screenagent.screenshot import Screenshot

Message = Mapping[str, Any]
ContentPart = Mapping[str, Any]


def messages(request: Request, *, opening: str = "", between: str = "", after: str = "") -> list[Message]:
    """Return the messages of `request`; `opening` begins the reply.

    The text `between` is placed between two pictures, and `after` follows the last one.
    """
    said: list[Message] = []
    if request.system:
        said.append({"role": "system", "content": request.system})
    said.append({"role": "user", "content": list(_content(request, between, after))})
    if opening:
        said.append({"role": "assistant", "content": opening})
    return said


def _content(request: Request, between: str, after: str) -> Iterator[ContentPart]:
    text: ContentPart = {"type": "text", "text": request.text}
    if request.text_first:
        yield text
    for number, picture in enumerate(request.pictures):
        if number and between:
            yield {"type": "text", "text": between}
        yield {"type": "image_url", "image_url": {"url": _data_url(picture)}}
    if not request.text_first:
        yield {"type": "text", "text": f"{after if request.pictures else ''}{request.text}"}


def _data_url(picture: Screenshot) -> str:
    file = io.BytesIO()
    picture.pixels.save(file, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
