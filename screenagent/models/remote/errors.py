"""The errors of a model server: which the user can fix, which the planner can recover from, and what to do."""

from __future__ import annotations

import openai

from screenagent.errors import UserError
from screenagent.models.remote.providers import KEYS, Endpoint
from screenagent.protocols import Retry


class ServerError(UserError):
    """The server cannot be used as it is set up; the text says what to do. Another plan would not help."""

    code = "model_server"


def explained(error: Exception, endpoint: Endpoint) -> Exception:
    """Return what to raise for `error`: `ServerError`, `Retry`, or `error` itself if it is a bug."""
    url = endpoint.url
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            names = " or ".join(("SCREENAGENT_MODEL_KEY", *KEYS.get(endpoint.kind, ())))
            return ServerError(f"{url} does not accept the key; set {names} in the environment")
        case openai.NotFoundError():
            return ServerError(f"{url} knows no model {endpoint.name!r} there; its /models lists those it has")
        case openai.APIStatusError(status_code=status) if status < 500 and status != 429:
            return ServerError(f"{url} refuses the request ({status}): {_first_line(error.message)}")
        case openai.APIStatusError(status_code=status):
            return ServerError(f"{url} failed {endpoint.attempts} times ({status}): {_first_line(error.message)}")
        case openai.APITimeoutError():
            return Retry(f"{url} said nothing for too long; nothing of its answer is used", "model_answer")
        case openai.APIConnectionError():
            return ServerError(f"{url} does not answer: is the server running, and is the address right?")
        case openai.APIError() | ValueError():
            return Retry(
                f"what {url} sent is no answer ({type(error).__name__}); nothing of it is used", "model_answer"
            )
        case _ if type(error).__module__.startswith("httpx"):  # which of its transports openai brings depends on it
            return Retry(
                f"the answer of {url} broke off ({type(error).__name__}); nothing of it is used", "model_answer"
            )
        case _:
            return error


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 200 else f"{line[:199]}…"
