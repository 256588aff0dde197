"""A connection to a desktop of fakes: what is performed there is counted by the desktop, never by the answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from mcp import types
from mcp.client import Client

from screenagent.actions import Input
from screenagent.approval import Asker, PolicyApprover
from screenagent.assembly.attachable import AttachableRun
from screenagent.assembly.client_desktop import ClientWork
from screenagent.assembly.supervised import SupervisedWork
from screenagent.control import Control
from screenagent.desktop.lock import Driver, TakenDesktop
from screenagent.errors import WrongUsage
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, plain_screen
from screenagent.geometry import Point
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.mcp.connection import ClientConnection
from screenagent.mcp.server import CallPatience, ToolCalls, build_server
from screenagent.planning import InstructionPlanner, read_instructions
from screenagent.protocols import Accessibility, TextReader
from screenagent.screenshot import Screenshot, Window
from screenagent.scripts import Script
from screenagent.secrets import NamedSecret, with_secrets_named
from screenagent.sessions.answers import Answer
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.session import Face, Session
from tests.builders import eventually, fake_agent, words

PLACES = {name: Point(x=0.1 * number, y=0.5) for number, name in enumerate(("Save", "Name", "Delete"), start=1)}

SEEN = words([("Save the file", 10, 10)])


@dataclass(frozen=True)
class FakeView:
    desktop: FakeDesktop
    grounder: EmbeddedGrounder
    accessibility: Accessibility | None = None
    reader: TextReader = field(default_factory=lambda: FakeReader(SEEN))


@dataclass
class OfferedDesktop:
    """A desktop for clients; `performed` is the witness. `taken` is who drives it instead; looks raise `breaks`."""

    performed: list[Input] = field(default_factory=list)
    window: Window | None = None
    taken: Driver | None = None
    works: list[ClientWork] = field(default_factory=list)
    secrets: list[NamedSecret] = field(default_factory=list)
    breaks: Exception | None = None
    shade: int = 0
    at_once: threading.Lock = field(default_factory=threading.Lock)

    def screen(self, inputs: int) -> Screenshot:
        return plain_screen(40 * inputs + self.shade, window=self.window)

    def view(self) -> FakeView:
        if self.breaks:
            raise self.breaks
        desktop = FakeDesktop(screen=self.screen, performed=self.performed)
        return FakeView(desktop, EmbeddedGrounder(FakeReader(SEEN)))

    def without_secrets(self, text: str) -> str:
        return with_secrets_named(text, self.secrets)

    def task(self, task: str, client: str) -> ClientWork:
        return ClientWork(task=task, client=client, instructions=read_instructions(task))

    def scripts(self) -> Mapping[str, Script]:
        return {}

    def script(self, name: str, given: Mapping[str, str], client: str) -> ClientWork:
        raise WrongUsage(f"there is no script {name!r} for {client} with {given}")

    @contextmanager
    def open(self, control: Control, ask: Asker, work: ClientWork) -> Iterator[SupervisedWork]:
        if self.taken:
            raise TakenDesktop(self.taken, ":0")
        assert self.at_once.acquire(blocking=False), "two runs have the desktop"
        self.works.append(work)
        try:
            desktop = FakeDesktop(screen=self.screen, control=control, performed=self.performed)
            grounder = FakeGrounder(PLACES)
            planner, approver = InstructionPlanner(instructions=work.instructions), PolicyApprover(ask)
            agent = fake_agent(planner, grounder=grounder, control=control, approver=approver, desktop=desktop)
            yield SupervisedWork(replace(agent, max_steps=1000))
        finally:
            self.at_once.release()


@dataclass
class Person:
    """Sits at the machine, attached to every run; answers what it is told to, or nothing."""

    answers: Callable[[Session], Answer | None] = lambda _: None
    sessions: list[Session] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)
    comes: bool = True

    def meet(self, session: Session) -> Callable[[], object]:
        self.sessions.append(session)
        if not self.comes:
            return lambda: None
        face = session.attach("the person", lambda: self._look(session))
        self.faces.append(face)
        self._look(session)
        return lambda: None

    def _look(self, session: Session) -> None:
        threading.Thread(target=self._answer, args=(session,), daemon=True).start()

    def _answer(self, session: Session) -> None:
        question = session.open_question
        if question and (answer := self.answers(session)) is not None:
            with suppress(NotGranted):  # it was answered by the thread of another message
                self.faces[-1].answer(question, answer)

    def asked(self) -> None:
        """Wait for a question."""
        eventually(lambda: self.sessions and self.faces and self.sessions[-1].open_question)

    def say(self, answer: Answer) -> None:
        """Answer the question that is open, or that comes."""
        self.asked()
        self.faces[-1].answer(self.sessions[-1].open_question, answer)


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def offered() -> OfferedDesktop:
    return OfferedDesktop()


@dataclass
class Served:
    """A server in this process, and its connection."""

    connection: ClientConnection
    patience: CallPatience = field(default_factory=lambda: CallPatience(seconds=20, beat=0.05))

    def end(self) -> None:
        self.connection.close(5)

    def client(self, **options: Any) -> Client:
        return Client(build_server(ToolCalls(self.connection, self.patience).call, "1", ended=self.end), **options)


@pytest.fixture
def served(offered: OfferedDesktop, person: Person, runtime: Path) -> Iterator[Served]:
    def live(task: str, control: Control, met: Callable[[Session], Callable[[], object]]) -> AttachableRun:
        def meet(session: Session) -> Callable[[], object]:
            met(session)
            return person.meet(session)

        return AttachableRun(task, control, seconds=60, met=meet)

    connection = ClientConnection(offered, live)
    yield Served(connection)
    connection.close(5)


def data(result: types.CallToolResult) -> Mapping[str, Any]:
    """Return the data of a result, which says the same in words."""
    assert result.structured_content is not None
    assert isinstance(result.content[0], types.TextContent)
    assert result.structured_content["outcome"] in result.content[0].text
    told: Mapping[str, Any] = result.structured_content
    return told


def text(result: types.CallToolResult) -> str:
    found = [part.text for part in result.content if isinstance(part, types.TextContent)]
    return "\n".join(found)


async def frame_of(client: Client) -> str:
    """Look, and return the frame."""
    return text(await client.call_tool("see", {})).split()[1]


def click(target: str, expect: str = "") -> Mapping[str, str]:
    return {"do": "click", "target": target, "expect": expect}


def act(frame: str, *steps: Mapping[str, str]) -> dict[str, Any]:
    return {"frame": frame, "steps": list(steps)}


def as_json(value: Sequence[object] | Mapping[str, object]) -> str:
    return json.dumps(value)
