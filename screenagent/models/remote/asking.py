"""A request as servers take it: pictures first, then the text, then the beginning of the model's own turn."""

from __future__ import annotations

import base64
import io

from openai.types.chat import ChatCompletionContentPartParam, ChatCompletionMessageParam

from screenagent.models.vision import Request
from screenagent.screenshot import Screenshot


def messages(request: Request, opening: str = "") -> list[ChatCompletionMessageParam]:
    """The pictures first, then the text; with `opening`, the beginning of the model's own turn."""
    content: list[ChatCompletionContentPartParam] = [
        {"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in request.pictures
    ]
    content.append({"type": "text", "text": request.text})
    said: list[ChatCompletionMessageParam] = [{"role": "user", "content": content}]
    if opening:
        said.append({"role": "assistant", "content": opening})
    return said


def _data_url(picture: Screenshot) -> str:
    file = io.BytesIO()
    picture.pixels.save(file, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
