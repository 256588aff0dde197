"""A run over the shipped fakes with a session that pages attach to, and a server of the page that is real."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from screenagent.actions import Action
from screenagent.agent import Agent, Sink, drive
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import PolicyApprover
from screenagent.control import Control
from screenagent.errors import UserError
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Point
from screenagent.screenshot import Screenshot
from screenagent.sessions.attachment import Attachment, News
from screenagent.sessions.messages import About
from screenagent.sessions.session import Session
from screenagent.web.access import Access
from screenagent.web.app import PageServer, Runs
from screenagent.web.overview import Overview
from tests.console.console_runs import DONE, SAVE, SAVE_AT, TRASH_AT, editor, scripted

RUN = "2026-11-30_10-00-00_save-it"


class LiveStage:
    """A run that waits at its first question, as `Runs` of the page's server has it."""

    def __init__(
        self,
        *actions: Action,
        task: str = "save it",
        thought: str = "The button is in the middle.",
        screen: Callable[[int], Screenshot] = editor,
        places: dict[str, Point] | None = None,
        sinks: Sequence[Sink] = (),
        seconds: float | None = 60,
        folder: Path | None = None,
        **parts: Any,
    ) -> None:
        self.control = Control()
        about = About(run=RUN, task=task, pid=1, desktop="a virtual desktop", folder=str(folder or ""))
        self.session = Session(about, self.control, seconds=seconds)
        self.desktop = FakeDesktop(screen=screen, control=self.control)
        grounder = FakeGrounder(places or {"Save": SAVE_AT, "Trash": TRASH_AT}, closer={"Save": Point(x=0.52, y=0.52)})
        self.agent = Agent(
            planner=ScriptedPlanner(scripted(*(actions or (SAVE, DONE)), thought=thought)),
            grounder=grounder,
            approver=PolicyApprover(self.session.ask),
            desktop=self.desktop,
            checker=ScreenChecker(FakeReader([]), grounder),
            control=self.control,
            **parts,
        )
        self._sinks = sinks
        self._thread = threading.Thread(target=self._work, args=(task,), daemon=True)

    def _work(self, task: str) -> None:
        try:
            drive(self.agent, task, *self._sinks, self.session)
        except UserError as error:
            self.session.end(str(error))
        else:
            self.session.end()

    def __enter__(self) -> LiveStage:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.control.stop()
        self._thread.join(5)

    def listed(self) -> Sequence[About]:
        return () if self.is_over else (self.session.about,)

    def attach(self, run: str, news: News, *, watches: bool) -> Attachment:
        if run != RUN:
            raise UserError(f"no run {run} is under way")
        return self.session.attach("the page", news, watches=watches)

    @property
    def is_over(self) -> bool:
        return self._thread.ident is not None and not self._thread.is_alive()


@dataclass
class ServedPage:
    """The page's server, in a thread of its own."""

    port: int
    tokens: list[str]
    pages: PageServer
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.port}/#{self.tokens[-1]}"


@contextmanager
def served(
    stage: Runs, *, answers: bool = True, only: str | None = RUN, overview: Overview | None = None
) -> Iterator[ServedPage]:
    from screenagent.web.serving import listeners, serve_until_over

    tokens: list[str] = []
    ready, ended = threading.Event(), threading.Event()
    made: list[tuple[PageServer, asyncio.AbstractEventLoop]] = []
    bound = listeners(0)
    access = Access(renewed=tokens.append)
    tokens.append(access.token)

    async def work() -> None:
        pages = PageServer(stage, access, only=only, answers=answers, overview=overview)
        made.append((pages, asyncio.get_running_loop()))
        await serve_until_over(pages, bound, started=ready.set)

    def run() -> None:
        try:
            asyncio.run(work())
        finally:
            ended.set()
            ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    pages, loop = made[0]
    try:
        yield ServedPage(bound[0].getsockname()[1], tokens, pages, ended)
    finally:
        if not ended.is_set():
            loop.call_soon_threadsafe(pages.close)
        thread.join(10)
        for listener in bound:
            listener.close()
