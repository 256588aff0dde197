"""The page's server: every request is checked before it is read, and every refusal says why."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

from pydantic import Field, TypeAdapter
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from screenagent.errors import UserError
from screenagent.geometry import Value
from screenagent.sessions.answers import Answer
from screenagent.sessions.attachment import Attachment, News, NotGranted
from screenagent.sessions.entries import AlreadySettled
from screenagent.sessions.messages import About, Steering
from screenagent.showing import visible
from screenagent.web.access import KEY_HEADER, Access, misdirection
from screenagent.web.face import Frame, PageFace
from screenagent.web.page import HEADERS, NOTHING, whole_page
from screenagent.web.requests import BadPageRequest, body_of, refused, validated

if TYPE_CHECKING:
    from screenagent.web.overview import Overview

LONGEST_TEXT: Final = 8_000
DIGEST: Final = re.compile(r"[0-9a-f]{8,64}")
STEP: Final = re.compile(r"[0-9]{1,9}")
OPEN_TO_ALL: Final = frozenset(("/", "/icon.svg", "/enter"))
"""What says nothing of a run, and lets somebody in."""


class Runs(Protocol):
    """The runs of this user that are under way."""

    def listed(self) -> Sequence[About]: ...

    def attach(self, run: str, news: News, *, watches: bool) -> Attachment:
        """Attach to the run of this id. Raise `UserError` if that cannot be."""
        ...


class EnterAsked(Value):
    token: str = Field(max_length=200)


class PageAnswer(Value):
    do: Literal["answer"] = "answer"
    page: str = Field(max_length=64)
    question: str = Field(max_length=200)
    answer: Answer


class PageSteering(Value):
    do: Literal["steer"] = "steer"
    page: str = Field(max_length=64)
    what: Steering
    text: str = Field(default="", max_length=LONGEST_TEXT)


class PageHold(Value):
    do: Literal["hold"] = "hold"
    page: str = Field(max_length=64)
    what: Literal["take", "release", "refuse", "hand_over"]
    to: str = Field(default="", max_length=64)


PageRequest = Annotated[PageAnswer | PageSteering | PageHold, Field(discriminator="do")]
REQUEST: Final[TypeAdapter[PageRequest]] = TypeAdapter(PageRequest)


class PageServer:
    """The faces of the runs that are looked at, each attached when it is first asked for.

    `only` is the one run that the page is about; without it the page lists the runs, and shows the `overview` of what
    waits for a person and of the desks.
    """

    def __init__(
        self, runs: Runs, access: Access, *, only: str | None, answers: bool, overview: Overview | None = None
    ) -> None:
        self.access, self.only, self.answers = access, only, answers
        self._runs = runs
        self._overview = overview if only is None else None
        self._faces: dict[str, PageFace] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._attaching = asyncio.Lock()  # a run is attached to once, however many pages ask for it
        self.ended = asyncio.Event()

    def app(self) -> Starlette:
        routes = [
            Route("/", self._show_page, methods=["GET"]),
            Route("/icon.svg", self._show_icon, methods=["GET"]),
            Route("/enter", self._enter, methods=["POST"]),
            Route("/runs", self._list, methods=["GET"]),
            Route("/run/{run}/events", self._tell, methods=["GET"]),
            Route("/run/{run}/step/{number}", self._show_step, methods=["GET"]),
            Route("/run/{run}/picture/{digest}", self._show_picture, methods=["GET"]),
            Route("/run/{run}", self._do, methods=["POST"]),
            *(self._overview.routes(answers=self.answers) if self._overview else ()),
        ]
        refusals = {
            NotGranted: _refusal_409,
            AlreadySettled: _refusal_409,
            BadPageRequest: _refusal_as_said,
            UserError: _refusal_404,
            404: _unknown,
            405: _unknown,
        }
        guard = Middleware(Guard, access=self.access)
        return Starlette(routes=routes, middleware=[guard], exception_handlers=refusals, lifespan=self._lifespan)

    async def face(self, run: str) -> PageFace:
        """Return the face of a run, attached; raise `UserError` if there is no such run."""
        if self.only not in (None, run):
            raise UserError("this page is about another run")
        async with self._attaching:
            if run not in self._faces:
                face = PageFace(answers=self.answers)
                await face.attach(lambda news: self._runs.attach(run, news, watches=not self.answers))
                self._faces[run] = face
                self._following[run] = asyncio.create_task(self._follow(face))
        return self._faces[run]

    async def _follow(self, face: PageFace) -> None:
        """Follow the run; if the page is about it alone, end with it once nobody looks at it any more."""
        following = asyncio.create_task(face.follow())
        try:
            while not following.done():
                await asyncio.wait([following], timeout=0.2)
                if self.only is not None and face.known.over is not None and not face.is_watched:
                    return
            following.result()
        finally:
            if self.only is not None or following.done():
                self.ended.set()
            following.cancel()

    def raise_failure(self) -> None:
        """Raise what kept a run from being followed, if anything did."""
        for following in self._following.values():
            if following.done() and not following.cancelled():
                following.result()

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        if self.only is not None:
            await self.face(self.only)
        yield
        self.close()

    def close(self) -> None:
        """Leave all runs, and let the pages know."""
        for run, face in self._faces.items():
            face.close()
            self._following[run].cancel()
        self.ended.set()

    async def _show_page(self, _request: Request) -> Response:
        headers = {"content-security-policy": whole_page().policy, "cache-control": "no-store"}
        return Response(whole_page().document, media_type="text/html", headers=headers)

    async def _show_icon(self, _request: Request) -> Response:
        return Response(
            whole_page().icon, media_type="image/svg+xml", headers={"cache-control": "private, max-age=3600"}
        )

    async def _enter(self, request: Request) -> Response:
        asked = validated(TypeAdapter(EnterAsked), await body_of(request))
        given = self.access.exchange(asked.token)
        if given is None:
            return refused(403, "this link was used already, or is not of this server; the terminal shows the next one")
        answer = JSONResponse({"key": given.key})
        answer.set_cookie(self.access.cookie_name, given.cookie, httponly=True, samesite="strict", path="/")
        return answer

    async def _list(self, _request: Request) -> Response:
        about = await asyncio.to_thread(self._runs.listed) if self.only is None else ()
        listed = [
            {"run": run.run, "task": visible(run.task), "desktop": visible(run.desktop), "display": run.display}
            for run in about
        ]
        told = {"only": self.only, "answers": self.answers, "overview": self._overview is not None, "runs": listed}
        return JSONResponse(told)

    async def _tell(self, request: Request) -> Response:
        face = await self.face(request.path_params["run"])
        opened = face.opened()

        async def told() -> AsyncIterator[bytes]:
            try:
                async for frame in face.frames(opened, request.is_disconnected):
                    yield _event(frame)
            finally:
                face.left(opened)

        return StreamingResponse(told(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def _show_step(self, request: Request) -> Response:
        face, number = await self.face(request.path_params["run"]), request.path_params["number"]
        step = face.step(int(number)) if STEP.fullmatch(number) else None
        if step is None:
            return refused(404, "there is no such step")
        return Response(step.model_dump_json(), media_type="application/json")

    async def _show_picture(self, request: Request) -> Response:
        face, digest = await self.face(request.path_params["run"]), request.path_params["digest"]
        png = await face.picture(digest) if DIGEST.fullmatch(digest) else None
        if png is None:
            return refused(404, "the picture was not kept")
        headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{digest}"'}
        return Response(png, media_type="image/png", headers=headers)

    async def _do(self, request: Request) -> Response:
        asked = validated(REQUEST, await body_of(request))
        face = await self.face(request.path_params["run"])
        match asked:
            case PageAnswer():
                await face.answer(asked.page, asked.question, asked.answer)
            case PageSteering():
                await face.steer(asked.page, asked.what, asked.text)
            case PageHold(what="take"):
                return JSONResponse({"holds": await face.take(asked.page)})
            case PageHold(what="release"):
                await face.release(asked.page)
            case PageHold(what="refuse"):
                await face.refuse(asked.page)
            case PageHold():
                await face.hand_over(asked.page, asked.to)
        return JSONResponse({})


class Guard:
    """Refuses what does not come from our own page, and says with every answer what a browser may do with it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_missing(message["headers"])]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers: Mapping[str, list[str]] = defaultdict(list)
        for name, value in scope["headers"]:
            headers[name.decode("latin-1")].append(value.decode("latin-1"))
        if why := misdirection(scope["method"], scope["path"], headers):
            return refused(403, why)
        request = Request(scope)
        if scope["path"] in OPEN_TO_ALL:
            return None
        cookie, key = request.cookies.get(self._access.cookie_name, ""), headers.get(KEY_HEADER, [""])[0]
        if not self._access.admits(cookie, key):
            return refused(403, "open the page by the link that the terminal shows")
        return None


def _missing(given: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that an answer does not have and should."""
    names = {name for name, _ in given}
    wanted = (*HEADERS, ("content-security-policy", NOTHING), ("cache-control", "no-store"))
    return [(name.encode(), value.encode()) for name, value in wanted if name.encode() not in names]


def _event(frame: Frame) -> bytes:
    kind, said = frame
    return b"event: " + kind.encode() + b"\ndata: " + said + b"\n\n"


Handler = Callable[[Request, Exception], Awaitable[Response]]


async def _refusal_409(_request: Request, error: Exception) -> Response:
    return refused(409, str(error))


async def _refusal_404(_request: Request, error: Exception) -> Response:
    return refused(404, str(error))


async def _refusal_as_said(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BadPageRequest)
    return refused(error.status, str(error))


async def _unknown(request: Request, _error: Exception) -> Response:
    return refused(404, f"there is nothing at {request.url.path[:200]}")
