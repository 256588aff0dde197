"""`model serve`: keeps the engine loaded and answers OpenAI's chat completions, for this machine only."""

from __future__ import annotations

import os
import socket as socketlib
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from screenagent.engine.decoding import Sampling
from screenagent.engine.engine import Engine, EngineEnd, EngineText, TooLong
from screenagent.engine.grammar import GrammarError
from screenagent.engine.image import PictureError
from screenagent.serving.request import BadRequest, Completion, grammar, turns
from screenagent.serving.response import models_response, refusal_response, streamed_response, whole_response

LOOPBACK = ("127.0.0.1", "localhost")
LONGEST_BODY = 64 << 20  # bytes: several uncompressed screens


class ClientGone(Exception):
    """The client has left."""


@dataclass(frozen=True)
class Service:
    """One engine and one reply at a time; further requests wait for their turn."""

    engine: Engine
    turn_taking: threading.Lock

    def pieces(self, asked: Completion, gone: threading.Event) -> Generator[EngineText | EngineEnd, None, None]:
        """Yield the reply's pieces; stop within a token once the client is `gone`."""

        def check() -> None:
            if gone.is_set():
                raise ClientGone

        with self.turn_taking:
            yield from self.engine.reply(
                turns(asked.messages),
                mode=asked.mode,
                grammar=grammar(asked),
                budget=asked.budget,
                sampling=Sampling(asked.temperature, asked.top_p, asked.seed),
                check=check,
            )

    async def complete(self, request: Request) -> Response:
        """Answer one request, whole or as a stream."""
        try:
            asked = Completion.model_validate_json(await body(request))
            reply = ServedReply(self, asked)
            # Whatever is wrong with the request shows before the first piece, when a status can still be sent.
            first = await run_in_threadpool(next, reply)
        except ValidationError as error:
            wrong = error.errors()[0]
            return refusal_response(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
        except (BadRequest, GrammarError, PictureError, TooLong) as error:
            return refusal_response(str(error))
        pieces = followed(first, reply)
        if asked.stream:
            return StreamingResponse(streamed_response(pieces), media_type="text/event-stream")
        return JSONResponse(whole_response([piece async for piece in pieces]))


class ServedReply:
    """The pieces of one reply. The thread that asks for a piece makes it; any other thread may `leave`."""

    def __init__(self, service: Service, asked: Completion) -> None:
        self._gone = threading.Event()
        self._stepping = threading.Lock()
        self._pieces = service.pieces(asked, self._gone)

    def __iter__(self) -> ServedReply:
        return self

    def __next__(self) -> EngineText | EngineEnd:
        with self._stepping:
            return next(self._pieces)

    def leave(self) -> None:
        """Stop the engine within a token and let the next request in, without waiting for either."""
        self._gone.set()
        threading.Thread(target=self._close).start()

    def _close(self) -> None:
        with self._stepping:
            self._pieces.close()


async def followed(first: EngineText | EngineEnd, rest: ServedReply) -> AsyncIterator[EngineText | EngineEnd]:
    """Yield all pieces; stop the engine if the client leaves."""
    try:
        yield first
        async for piece in iterate_in_threadpool(rest):
            yield piece
    finally:
        rest.leave()


async def body(request: Request) -> bytes:
    """Return the request's body; refuse it before it fills the memory."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > LONGEST_BODY:
            raise BadRequest(f"the request is longer than {LONGEST_BODY >> 20} MB")
    return bytes(chunks)


async def list_models(_: Request) -> Response:
    return models_response()


def application(engine: Engine) -> Starlette:
    """Return the web application that answers with `engine`."""
    service = Service(engine, threading.Lock())
    return Starlette(
        routes=[Route("/v1/chat/completions", service.complete, methods=["POST"]), Route("/v1/models", list_models)],
        # A web page may send requests to this machine under its own host name, which is not one of these.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, "screenagent"])],
    )


def serve_engine(engine: Engine, *, socket: Path | None = None, port: int = 8000) -> None:
    """Answer until interrupted, on a Unix socket that only this user can open, or else on loopback."""
    server = uvicorn.Server(uvicorn.Config(application(engine), log_level="warning"))
    with listening(socket, port) as listener:
        server.run(sockets=[listener])


@contextmanager
def listening(path: Path | None, port: int) -> Iterator[socketlib.socket]:
    """Open a socket that takes connections; a Unix one is removed afterwards."""
    if path is None:
        with socketlib.create_server((LOOPBACK[0], port)) as listener:
            yield listener
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socketlib.socket(socketlib.AF_UNIX) as listener:
        before = os.umask(0o177)  # set before the file exists, so that nobody else can open it even for a moment
        try:
            listener.bind(str(path))
        except OSError as error:
            raise OSError(f"{path} is taken: another server runs there, or one ended without removing it") from error
        finally:
            os.umask(before)
        try:
            listener.listen()
            yield listener
        finally:
            path.unlink(missing_ok=True)
