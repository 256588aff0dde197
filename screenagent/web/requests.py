"""Reads what the page sends, and refuses in a sentence what cannot be read."""

from __future__ import annotations

from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from screenagent.errors import UserError
from screenagent.showing import visible

LONGEST_BODY: Final = 32_768

Read = TypeVar("Read")


class BadPageRequest(UserError):
    """What the page sent cannot be read."""

    code = "bad_page_request"

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def body_of(request: Request) -> bytes:
    """Return the body of a request. Raise `BadPageRequest` if it is not JSON, or too long."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadPageRequest(415, "the request is not JSON")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise BadPageRequest(413, f"the request has more than {LONGEST_BODY} bytes")
    return body


def validated(kind: TypeAdapter[Read], body: bytes) -> Read:
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        told = ": ".join(filter(None, ("the request cannot be read", ".".join(map(str, first["loc"])), first["msg"])))
        raise BadPageRequest(400, told[:400]) from error


def refused(status: int, why: str) -> Response:
    return JSONResponse({"why": visible(why)}, status)
