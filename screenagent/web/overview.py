"""What the page shows beside the runs: what waits for a person, and the agent's desks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from screenagent.sessions.attachment import NotGranted
from screenagent.web.desk_looks import DeskLooks
from screenagent.web.requests import body_of, refused, validated
from screenagent.web.waits import EntrySettling, WaitsBoard

ONLY_WATCHES = "this page only watches; `screenagent web --allow-answers` opens one that answers"


@dataclass(frozen=True)
class Overview:
    """Every look is taken in a thread, since files, runs and X servers may be slow."""

    waits: WaitsBoard
    desks: DeskLooks

    def routes(self, *, answers: bool) -> list[Route]:
        """Return what can be asked for; without `answers` nothing can be settled."""
        return [
            Route("/waits", partial(self._list_waits, answers), methods=["GET"]),
            Route("/wait/{id}", partial(self._settle, answers), methods=["POST"]),
            Route("/wait/{id}/picture", self._show_wait, methods=["GET"]),
            Route("/desks", self._list_desks, methods=["GET"]),
            Route("/desk/{name}/picture/{digest}", self._show_desk, methods=["GET"]),
        ]

    async def _list_waits(self, answers: bool, _request: Request) -> Response:
        shown = await asyncio.to_thread(partial(self.waits.shown, answers=answers))
        return Response(shown.model_dump_json(), media_type="application/json")

    async def _settle(self, answers: bool, request: Request) -> Response:
        if not answers:
            raise NotGranted(ONLY_WATCHES)
        asked = validated(TypeAdapter(EntrySettling), await body_of(request))
        settled = await asyncio.to_thread(self.waits.settle, request.path_params["id"], asked)
        return Response(settled.model_dump_json(), media_type="application/json")

    async def _show_wait(self, request: Request) -> Response:
        return _picture(await asyncio.to_thread(self.waits.picture, request.path_params["id"]))

    async def _list_desks(self, _request: Request) -> Response:
        shown = await asyncio.to_thread(self.desks.shown)
        return JSONResponse({"desks": [desk.model_dump(mode="json") for desk in shown]})

    async def _show_desk(self, request: Request) -> Response:
        return _picture(self.desks.picture(request.path_params["name"], request.path_params["digest"]))


def _picture(png: bytes | None) -> Response:
    if png is None:
        return refused(404, "the picture was not kept")
    return Response(png, media_type="image/png")
