"""What a hostile or broken process of the same user may send to a run's socket: nothing of it reaches the gate."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Approve, Started, UserMessage, Verdict
from screenagent.geometry import Location, Point
from screenagent.sessions import server
from screenagent.sessions.answers import No, Yes
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import LONGEST_REQUEST, VERSION, About, Message
from screenagent.sessions.place import GoneRun, live_runs, published
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
from tests.builders import becomes

PLACE = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")
QUESTION = ApprovalQuestion(Click(target=Target(words="Save")), (PLACE,), None, Episode())
ATTACH = {"ask": "attach", "name": "raw"}


class Raw:
    """A connection that sends what it likes."""

    def __init__(self) -> None:
        self.socket = live_runs()[0].connect()
        self.socket.settimeout(10)
        self._rest = b""

    def send(self, *requests: object) -> None:
        self.socket.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in requests))

    def line(self) -> dict[str, object] | None:
        """Return the next line; None once the run has closed the connection."""
        while b"\n" not in self._rest:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        said: dict[str, object] = json.loads(line)
        return said

    def refusal(self) -> str:
        """Return why the next thing that was not done was refused."""
        while (said := self.line()) is not None:
            if said["kind"] == "refused":
                return str(said["why"])
        raise AssertionError("the connection was closed without a word")

    def is_closed(self) -> bool:
        """Read to the end."""
        while self.line() is not None:
            pass
        return True


Connect = Callable[[], Raw]


@pytest.fixture
def connect() -> Iterator[Callable[[], Raw]]:
    """Connects to the live run; what is connected is closed afterwards."""
    with ExitStack() as stack:

        def connected() -> Raw:
            raw = Raw()
            stack.callback(raw.socket.close)
            return raw

        yield connected


@pytest.fixture
def asking(live: Session) -> Iterator[Future[Verdict | None]]:
    """A question that is open, with somebody who holds the yes."""
    holder = live.attach("holder", lambda: None)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(live.ask, QUESTION)
        assert becomes(lambda: live.open_question)
        yield asked
        if live.open_question:
            holder.answer(live.open_question, Yes())
        assert asked.result(5) == Approve()


def test_a_process_of_another_user_is_refused_before_it_is_heard(
    live: Session, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setattr(server, "peer_user", lambda _: os.getuid() + 1)
    raw = connect()
    assert "another" in raw.refusal()
    assert raw.is_closed()
    assert live.holder == ""


def test_a_socket_of_another_user_is_not_talked_to(live: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screenagent.sessions.place.peer_user", lambda _: os.getuid() + 1)
    with pytest.raises(GoneRun, match="another user"):
        RemoteAttachment(live_runs()[0], "face", lambda: None)


def test_nobody_answers_for_the_holder(live: Session, asking: Future[Verdict | None], connect: Connect) -> None:
    raw = connect()
    raw.send(ATTACH, {"ask": "answer", "question": live.open_question, "answer": {"say": "yes"}})
    assert raw.refusal() == "holder holds the yes"
    assert not asking.done()


def test_an_answer_that_is_sent_again_does_nothing(live: Session, connect: Connect) -> None:
    raw = connect()
    raw.send(ATTACH)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(live.ask, QUESTION)
        assert becomes(lambda: live.open_question)
        said = {"ask": "answer", "question": live.open_question, "answer": {"say": "yes"}}
        raw.send(said)
        assert first.result(5) == Approve()
        second = threads.submit(live.ask, QUESTION)
        assert becomes(lambda: live.open_question)
        raw.send(said, said)
        assert "not open" in raw.refusal()
        assert not second.done()
        raw.send({"ask": "answer", "question": live.open_question, "answer": {"say": "no"}})
        assert second.result(5) != Approve()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"x" * 10_000_000, "at most"),
        (b"\x00\xff\xfe" * 100 + b"\n", "not a request"),
        (b"[" * 60_000 + b"\n", "not a request"),
        (b'{"ask": "answer"}\n', "not a request"),
        (b'{"ask": "alive", "more": 1}\n', "not a request"),
        (b'{"ask": "alive"}\n', "attach first"),
        (json.dumps(ATTACH | {"version": VERSION + 1}).encode() + b"\n", "version"),
        (json.dumps(ATTACH | {"name": "x" * LONGEST_REQUEST}).encode() + b"\n", "at most"),
    ],
    ids=["10 MB", "binary", "nested", "half a request", "more than a request", "not attached", "version", "long line"],
)
def test_what_is_not_a_request_is_refused_with_a_reason_and_ends_the_connection(
    live: Session, asking: Future[Verdict | None], sent: bytes, why: str, connect: Connect
) -> None:
    raw = connect()
    with suppress(BrokenPipeError, ConnectionResetError):
        raw.socket.sendall(sent)
    assert why in raw.refusal()
    assert raw.is_closed()
    assert not asking.done()


def test_a_flood_of_requests_is_cut_off_and_the_run_goes_on(
    live: Session, asking: Future[Verdict | None], connect: Connect
) -> None:
    raw = connect()
    with suppress(BrokenPipeError, ConnectionResetError):
        raw.send(ATTACH, *[{"ask": "steer", "what": "resume"}] * 5000)
    assert becomes(raw.is_closed)
    began = time.monotonic()
    live(Started(task="click Save"))
    assert time.monotonic() - began < 0.1
    assert not asking.done()


def test_a_flood_of_connections_leaves_those_that_are_there(
    live: Session, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setattr(server, "MOST_FACES", 3)
    first = RemoteAttachment(live_runs()[0], "first", lambda: None)
    others = [connect() for _ in range(5)]
    assert "3 faces" in others[-1].refusal()
    assert first.take()


def test_half_a_line_is_waited_for_but_not_for_ever(
    live: Session, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setattr(server, "ATTACH_SECONDS", 0.1)
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.05)
    half, late = connect(), connect()
    half.socket.sendall(b'{"ask": "attach", ')
    half.socket.sendall(b'"name": "slow"}\n')
    assert (half.line() or {})["kind"] == "attached"
    late.socket.sendall(b'{"ask": "att')
    assert becomes(late.is_closed)


def test_a_face_that_does_not_read_is_detached_and_holds_nobody_up(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setattr(server, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.05)
    session = Session(About(run="run", task="wait", pid=1), Control())
    with server.served(session):
        stuck = connect()
        stuck.send(ATTACH)
        assert (stuck.line() or {})["kind"] == "attached"
        assert session.holder
        other = RemoteAttachment(live_runs()[0], "other", lambda: None, watches=True)
        began = time.monotonic()
        for number in range(300):
            session(UserMessage(text=f"{number}" * 5000))
        assert time.monotonic() - began < 2
        assert becomes(lambda: session.holder == "")
        told: list[Message] = []

        def has_all() -> bool:
            told.extend(other.read())
            return len(told) > 300

        assert becomes(has_all)


def test_a_runs_files_are_for_its_user_alone(live: Session, runtime: Path) -> None:
    assert runtime.stat().st_mode & 0o777 == 0o700
    assert sorted(path.suffix for path in runtime.iterdir()) == [".json", ".sock"]
    assert {path.stat().st_mode & 0o777 for path in runtime.iterdir()} == {0o600}


def test_a_folder_that_others_may_write_to_is_not_used(runtime: Path) -> None:
    runtime.mkdir(parents=True)
    runtime.chmod(0o777)
    assert live_runs() == []


def test_a_folder_that_is_a_link_is_not_used(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    runtime.parent.symlink_to(tmp_path / "elsewhere")
    assert live_runs() == []
    said: list[str] = []
    with served(Session(About(run="run", task="", pid=1), Control()), unable=said.append):
        pass
    assert said == [f"{runtime.parent} is not yours alone, so nobody can attach to this run"]


def test_two_runs_of_the_same_name_have_an_id_each_and_a_long_name_has_a_socket(runtime: Path) -> None:
    about = About(run="2026-11-30_15-10-02_" + "検索" * 20, task="検索", pid=1)
    with published(about) as (first, _), published(about) as (second, listener):
        assert (first.run, second.run) == (about.run, f"{about.run}-2")
        assert [run.about for run in live_runs()] in ([first, second], [second, first])
        listener.close()
    assert live_runs() == []
    assert list(runtime.iterdir()) == []


def test_what_a_run_that_is_gone_left_is_removed(runtime: Path) -> None:
    runtime.mkdir(mode=0o700, parents=True)
    runtime.parent.chmod(0o700)
    (runtime / "gone.json").write_text(About(run="gone", task="", pid=1).model_dump_json())
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(runtime / "gone.sock"))
    assert live_runs() == []
    assert list(runtime.iterdir()) == []


def test_a_no_is_heard_while_others_flood(live: Session, connect: Connect) -> None:
    face = RemoteAttachment(live_runs()[0], "face", lambda: None)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(live.ask, QUESTION)
        assert becomes(lambda: live.open_question)
        flood = connect()
        flood.socket.sendall(b"\n" * 60_000)
        face.answer(live.open_question, No(reason="no"))
        assert asked.result(5) != Approve()
