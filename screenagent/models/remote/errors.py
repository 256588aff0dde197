"""Explains in one sentence what is wrong with a model server and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from screenagent.errors import UserError
from screenagent.models.remote.providers import KEYS, Endpoint
from screenagent.models.vision import RequestRefused
from screenagent.protocols import Retry
from screenagent.showing import visible

QUOTED: Final = 200
BUSY: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""The statuses after which the same request may succeed."""
UNACCEPTED: Final = frozenset({400, 422})
"""The statuses with which a server rejects a request as invalid."""


class ServerError(UserError):
    """The server cannot be used as configured. The message says what to do; another plan would not help."""

    code = "model_server"


class RefusedByServer(ServerError, RequestRefused):
    """The server rejects this request, but may accept a different one."""


class WireError(Exception):
    """A failure of the server or the connection; `explained` turns it into a message for the user."""


@dataclass
class Silent(WireError):
    """The server has been silent for too long."""

    seconds: float


@dataclass
class TooSlow(WireError):
    """The whole answer takes too long, although the server is never silent for long."""

    seconds: float


class Closed(WireError):
    """We closed the connection while waiting for an answer."""


class BadAddress(WireError):
    """The address cannot be connected to."""


@dataclass
class BadStatus(WireError):
    """A status other than 200, with the server's message and the number of seconds that it asks to wait."""

    status: int
    said: str
    pause: float | None = None


@dataclass
class Redirected(WireError):
    """A redirect that leads away from the server that the user named."""

    to: str


@dataclass
class NotAStream(WireError):
    """An answer that is not an event stream, with its media type and its first characters."""

    media_type: str
    said: str


@dataclass
class BadEvent(WireError):
    """An event that is not a chunk of an answer."""

    said: str


@dataclass
class ErrorEvent(WireError):
    """An error that the server reports inside a stream."""

    said: str


@dataclass
class AnswerTooLong(WireError):
    """An answer that is longer than its limits allow."""

    why: str


@dataclass(frozen=True)
class Cure:
    """A pattern for what servers say about one cause, the cause in our words, and the remedy."""

    said: re.Pattern[str]
    cause: str
    remedy: str


def _cure(said: str, cause: str, remedy: str) -> Cure:
    return Cure(re.compile(said, re.IGNORECASE | re.DOTALL), cause, remedy)


CURES: Final = (
    _cure(
        r"at most \d+ (?:image|multimodal)|too many images",
        "takes fewer pictures than the request has",
        "allow two pictures (vLLM: --limit-mm-per-prompt '{\"image\": 2}')",
    ),
    _cure(
        r"mmproj|not a multimodal model|(?:image|vision|multimodal|image_url).{0,60}"
        r"(?:not (?:be )?(?:supported|enabled)|unsupported|only supported by|required for image)"
        r"|(?:not|n't) (?:support|accept|have).{0,30}(?:image|vision|multimodal)|missing data required for image",
        "does not see pictures",
        "load the model's vision encoder (llama.cpp: --mmproj), or use a vision model",
    ),
    _cure(
        r"context.{0,3}(?:size|length|window)|max(?:imum)?.model.len(?:gth)?|n_ctx\b",
        "has a context too short for the request",
        "raise it to 8192 or more (llama.cpp: --ctx-size, vLLM: --max-model-len, Ollama: OLLAMA_CONTEXT_LENGTH)",
    ),
)


def cure_of(said: str) -> Cure | None:
    """Return the cure if the server's message names a cause that a second request cannot fix."""
    return next((cure for cure in CURES if cure.said.search(said)), None)


def is_passing(error: Exception) -> bool:
    """Return whether the same request may succeed a moment later."""
    match error:
        case BadStatus(status=status, said=said):
            return status in BUSY and cure_of(said) is None
        case _:
            return isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.UnsupportedProtocol)


def explained(error: WireError | httpx2.HTTPError, endpoint: Endpoint, *, began: bool) -> ServerError | Retry:
    """Return the exception to raise: `ServerError` for wrong configuration, `Retry` if a second attempt may help.

    `began` says whether part of the answer had arrived.
    """
    url = endpoint.url
    match error:
        case Silent(seconds=seconds):
            return Retry(f"{url} sent nothing for {seconds:g} seconds; its answer is discarded", "model_answer")
        case TooSlow(seconds=seconds):
            return ServerError(
                f"{url} did not finish its answer within {seconds:g} seconds; use a faster server or model"
            )
        case Closed():
            return Retry(f"the connection to {url} was closed; its answer is discarded", "model_answer")
        case BadStatus():
            kind = RefusedByServer if _is_about_the_request(error) else ServerError
            return kind(_refused(error, endpoint))
        case Redirected(to=to):
            return ServerError(
                f"{url} redirects to {to}; nothing was sent there. If that is your server, use its address directly"
            )
        case NotAStream():
            return ServerError(_not_a_stream(error, url))
        case ErrorEvent(said=said) | BadEvent(said=said) if cure := cure_of(said):
            return ServerError(_with_cure(url, said, cure))
        case ErrorEvent(said=said):
            return Retry(f"{url} ended its answer with an error: {quoted(said)}; it is discarded", "model_answer")
        case BadEvent(said=said):
            return Retry(f"what {url} sent is not an answer: {quoted(said)}; it is discarded", "model_answer")
        case AnswerTooLong(why=why):
            return ServerError(f"{url} exceeds the maximum length of an answer: {why}; update it or use another server")
        case _ if began:
            return Retry(f"the answer from {url} broke off ({_reason(error)}); it is discarded", "model_answer")
        case httpx2.RemoteProtocolError():
            return ServerError(f"{url} does not answer like a model server ({_reason(error)}); is the address right?")
        case _:
            return ServerError(
                f"{url} does not answer ({_reason(error)}): is the server running, and is the address right?"
            )


def _is_about_the_request(error: BadStatus) -> bool:
    """Return whether the server may have rejected the request itself, not the key or the model's name."""
    return error.status in UNACCEPTED and not (
        cure_of(error.said) or _names_no_model(error.said) or _names_a_key(error.said)
    )


def _refused(error: BadStatus, endpoint: Endpoint) -> str:
    url, said = endpoint.url, quoted(error.said)
    cure = cure_of(error.said)
    match error.status:
        case _ if cure:
            return _with_cure(url, error.said, cure)
        case 401 | 403:
            return _wrong_key(endpoint)
        case _ if _names_a_key(error.said):
            return _wrong_key(endpoint)
        case 404 if not endpoint.name:
            return f"{url} lists no models (404): does the address end in /v1? If so, set model_name and server"
        case 404:
            return (
                f"{url} does not know the model {endpoint.name!r} ({said}). "
                "Set model_name to one that its /models lists, and check that the address ends in /v1"
            )
        case status if _names_no_model(error.said):
            return f"{url} does not know the model {endpoint.name!r} ({status}: {said}); set model_name to one it lists"
        case status if status not in BUSY:
            return f"{url} refuses the request ({status}): {said}"
        case 503:
            return (
                f"{url} failed {endpoint.attempts} times (503): {said}; wait until its model is loaded, and try again"
            )
        case status:
            return f"{url} failed {endpoint.attempts} times ({status}): {said}"


def _names_a_key(said: str) -> bool:
    return re.search(r"\bapi.?key\b", said, re.IGNORECASE) is not None


def _names_no_model(said: str) -> bool:
    return re.search(r"invalid model|model\b.{0,80}\b(?:not found|not exist|unknown)", said, re.IGNORECASE) is not None


def _with_cure(url: str, said: str, cure: Cure) -> str:
    return f"{url} {cure.cause} ({quoted(said)}): {cure.remedy}"


def _wrong_key(endpoint: Endpoint) -> str:
    names = " or ".join(("SCREENAGENT_MODEL_KEY", *KEYS.get(endpoint.kind, ())))
    return f"{endpoint.url} does not accept the key; set {names} in the environment"


def _not_a_stream(error: NotAStream, url: str) -> str:
    if cure := cure_of(error.said):
        return _with_cure(url, error.said, cure)
    if error.media_type == "text/html":
        return f"{url} answers with a web page, not like a model server: is the address right, and does it end in /v1?"
    kind = error.media_type or "no media type"
    return f"{url} sends an answer that is not a stream ({kind}): {quoted(error.said)}; is the address right?"


def _reason(error: Exception) -> str:
    return one_line(str(error)) or type(error).__name__


def error_text(found: object) -> str | None:
    """Return the message of an error report, in the formats of OpenAI, vLLM, mlx-vlm, FastAPI and Gemini."""
    match found:
        case {"error": {"message": str(text)}} | {"error": str(text)} | {"object": "error", "message": str(text)}:
            return text
        case {"detail": str(text)} | {"message": str(text)}:
            return text
        case {"error": Mapping() as inner} | {"detail": [Mapping() as inner, *_]}:
            return _first_text(inner)
        case [first, *_]:
            return error_text(first)
        case _:
            return None


def _first_text(report: Mapping[str, Any]) -> str:
    return next((text for text in report.values() if isinstance(text, str)), "an error without a message")


def quoted(text: str) -> str:
    """Return what a server said as one short line in quotes."""
    line = one_line(text)
    return f"“{line}”" if len(line) <= QUOTED else f"“{line[: QUOTED - 1]}…”"


def one_line(text: str) -> str:
    """Return `text` on one line, with single blanks."""
    return visible(" ".join(text.split()))
