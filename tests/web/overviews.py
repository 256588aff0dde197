"""An inbox and desks as the page's list of runs shows them, over a play that nobody watches; no desktop is opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from screenagent.desktop.desk import Desk
from screenagent.desktop.desk_desktop import DeskStatus
from screenagent.geometry import Size
from screenagent.sessions.entries import LiveQuestion, MissedQuestion, WaitingEntries
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.waiting import kept_waiting
from screenagent.web.desk_looks import DeskLook, DeskLooks
from screenagent.web.overview import Overview
from screenagent.web.pictures import png_of
from screenagent.web.waits import WaitsBoard
from tests.builders import Drawing
from tests.scripts.rows.table import failed
from tests.sessions.waits import Night
from tests.web.live_runs import RUN

STEP = "click “Save”"
LIVE = LiveQuestion(
    id="live-" + "0" * 16, what="click “Send”", why="it sends", task="save it", run_id=RUN, question="q"
)


@dataclass
class Clock:
    """A clock that stands until it is put on."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Waits:
    """A night's play with a row set aside, a missed question and a live one; `ran` are the commands that were run."""

    folder: Path
    clock: Callable[[], float] = time.monotonic
    ran: list[tuple[Sequence[str], str]] = field(default_factory=list)
    desks: list[Desk] = field(default_factory=list)
    live: list[LiveQuestion] = field(default_factory=lambda: [LIVE])

    def __post_init__(self) -> None:
        self.night = Night(self.folder)
        self.run_folder = recorded_screen(self.folder / "run")
        aside = failed(set_aside="the server is away", failed_at=STEP, screen="ab12", run=str(self.run_folder))
        self.night.desk.ends["Ben"] = [aside]
        self.night.play()
        missed = MissedQuestion(
            id="question-" + "1" * 16, at=datetime(2026, 11, 1, tzinfo=UTC), what="click “Replace”", task="export"
        )
        self.night.inbox.put(missed)
        self.board = WaitsBoard(self.night.inbox, look=self._look, run=self._run, now=self.clock)
        self.looks = DeskLooks(lambda: self.desks, drawn_look, now=self.clock)

    @property
    def overview(self) -> Overview:
        return Overview(self.board, self.looks)

    def _look(self, inbox: Inbox) -> WaitingEntries:
        return WaitingEntries(entries=(*self.live, *kept_waiting(inbox).entries))

    def _run(self, words: Sequence[str], folder: str, _seconds: float) -> str:
        self.ran.append((words, folder))
        return "it said this"


def recorded_screen(folder: Path) -> Path:
    (folder / "screens").mkdir(parents=True)
    screen = Drawing(320, 180).button("Save", 130, 90).screenshot
    assert screen.image
    (folder / "screens" / "ab12.png").write_bytes(png_of(screen.image))
    return folder


def a_desk(name: str = "desk") -> Desk:
    return Desk(
        name=name,
        display=":7",
        size=Size(width=320, height=180),
        since=datetime(2026, 11, 30, tzinfo=UTC),
        shared=Path("/home/you/screenagent-desk"),
        folder=Path("/tmp/desk"),
        environment={},
        holder=1,
        server=2,
    )


def a_status(desk: Desk, *, at_work: str | None = None) -> DeskStatus:
    return DeskStatus(
        name=desk.name,
        display=desk.display,
        size=desk.size,
        since="",
        shared=str(desk.shared),
        programs=("mousepad",),
        at_work=at_work,
    )


def drawn_look(desk: Desk) -> DeskLook:
    """A look at a desk that shows a button."""
    screen = Drawing(320, 180).button("Save", 130, 90).screenshot
    assert screen.image
    return DeskLook(a_status(desk), screen.digest, png_of(screen.image))
