"""Reads a server's response within bounds: its status, its stream of events, and its error reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import httpx2
from pydantic_core import from_json

from screenagent.models.remote.errors import AnswerTooLong, BadStatus, Redirected, error_text

END_OF_STREAM: Final = "[DONE]"
LARGEST_EVENT: Final = 1 << 20
LARGEST_REPORT: Final = 64 << 10
TOKEN_BYTES: Final = 4096
"""An upper bound on the bytes of an event that carries one token."""


def stays_on_server(first: httpx2.Request, following: httpx2.Request) -> bool:
    """Return whether a redirect repeats the same request to the same server."""
    one, other = first.url, following.url
    same = (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
    return same and first.method == following.method


def raise_unless_ok(response: httpx2.Response) -> None:
    """Raise `Redirected` or `BadStatus` if the response is not an answer."""
    if response.has_redirect_location:
        target = response.next_request.url if response.next_request else None
        raise Redirected(f"{target.scheme}://{target.netloc.decode()}{target.path}" if target else "another address")
    if response.status_code != httpx2.codes.OK:
        raise BadStatus(response.status_code, reported(response), _wanted_pause(response))


def event_texts(response: httpx2.Response, tokens: int) -> Iterator[str]:
    """Yield the data of each event in a stream; raise `AnswerTooLong` if it exceeds an answer of `tokens`."""
    most_bytes = LARGEST_EVENT + TOKEN_BYTES * tokens
    try:
        for event in httpx2.EventSource(response, max_event_size=LARGEST_EVENT):
            if response.num_bytes_downloaded > most_bytes:
                raise AnswerTooLong(f"more than {most_bytes >> 20} MB arrived")
            if event.data.strip() == END_OF_STREAM:
                return
            if event.data.strip():
                yield event.data
    except httpx2.SSEError as error:
        raise AnswerTooLong(f"more than {LARGEST_EVENT >> 20} MB arrived in one event") from error


def media_type(response: httpx2.Response) -> str:
    """Return the media type of a response without its parameters; "" if the server gives none."""
    media: str = response.headers.get("content-type", "")
    return media.partition(";")[0].strip().lower()


def reported(response: httpx2.Response) -> str:
    """Return the message of an error report, or the beginning of the response if it has none."""
    text = beginning(response, LARGEST_REPORT)
    if title := re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL):
        return title[1]
    try:
        found = error_text(from_json(text))
    except ValueError:
        found = None
    return text if found is None else found


def beginning(response: httpx2.Response, most: int) -> str:
    """Return the text of a response, read up to `most` bytes."""
    read = bytearray()
    for part in response.iter_bytes():
        read += part
        if len(read) >= most:
            break
    return read[:most].decode(errors="replace")


def _wanted_pause(response: httpx2.Response) -> float | None:
    """Return the seconds that the server asks to wait before the next attempt, if it does."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        if re.fullmatch(r"\d{1,6}(\.\d+)?", wanted := response.headers.get(name, "")):
            return float(wanted) * unit
    return None
