"""Serve the page on loopback until its run is over and nobody looks at it any more."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Final

import uvicorn

from screenagent.errors import WrongUsage
from screenagent.web.access import Access
from screenagent.web.app import PageServer, Runs
from screenagent.web.connections import PromptConnection

if TYPE_CHECKING:
    from screenagent.web.overview import Overview

LOOPBACK: Final = "127.0.0.1"
LEAVE_SECONDS: Final = 1
"""What a page that is open still gets, when the server ends."""


class PortTaken(WrongUsage):
    """Nothing can be served at that port."""

    code = "port_taken"


@dataclass(frozen=True, kw_only=True)
class ServedWhat:
    """What a page shows: the one run that it is about, or all of them with the overview; and whether it answers."""

    runs: Runs
    only: str | None
    answers: bool
    overview: Overview | None = None


def serve_page(what: ServedWhat, *, port: int, tell: Callable[[str], object]) -> None:
    """Serve the page; `tell` is told its link, and each next one once a link was used."""
    with ExitStack() as stack:
        bound = [stack.enter_context(listener) for listener in listeners(port)]
        taken = bound[0].getsockname()[1]
        access = Access(renewed=lambda token: tell(_link(taken, token)))
        pages = PageServer(what.runs, access, only=what.only, answers=what.answers, overview=what.overview)
        asyncio.run(serve_until_over(pages, bound, started=lambda: tell(_link(taken, access.token))))


def _link(port: int, token: str) -> str:
    return f"http://{LOOPBACK}:{port}/#{token}"


def listeners(port: int) -> list[socket.socket]:
    """Listen on loopback alone, by both of its addresses where there are two."""
    try:
        first = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise PortTaken(f"nothing can be served at port {port}: {error.strerror}; leave --port out") from error
    with suppress(OSError):
        return [first, socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6)]
    return [first]


async def serve_until_over(pages: PageServer, bound: list[socket.socket], *, started: Callable[[], object]) -> None:
    """Serve the pages; `started` is called when they can be reached."""
    if pages.only is not None:
        await pages.face(pages.only)  # raises what the user can mend before anything is served
    config = uvicorn.Config(
        pages.app(),
        http=PromptConnection,
        ws="none",
        lifespan="on",
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=LEAVE_SECONDS,
    )
    server = LeavingServer(config, pages)
    ending = asyncio.create_task(_end_with(server, pages))
    started()
    try:
        await server.serve(sockets=bound)
    finally:
        ending.cancel()
    pages.raise_failure()


async def _end_with(server: uvicorn.Server, pages: PageServer) -> None:
    await pages.ended.wait()
    await asyncio.sleep(0)
    server.should_exit = True


class LeavingServer(uvicorn.Server):
    """Lets the open pages know when it is told to end: they would hold it up."""

    def __init__(self, config: uvicorn.Config, pages: PageServer) -> None:
        super().__init__(config)
        self._pages = pages
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._pages.close)
        super().handle_exit(sig, frame)
