"""`screenagent inbox`: what is listed, and what each answer does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from screenagent.actions import Click, Target, TypeText
from screenagent.approval import ApprovalQuestion
from screenagent.cli import inbox_answers, play
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Approve, Event, Grounded, Reject, Reviewed
from screenagent.geometry import Location, Point
from screenagent.scripts.replay.results import ReplayResult
from screenagent.scripts.rows.lines import now
from screenagent.scripts.rows.plan import PlannedRow
from screenagent.sessions.entries import MissedQuestion, entry_id
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
from screenagent.settings import Settings
from tests.builders import becomes, in_process
from tests.scripts.rows.table import failed

SCRIPT = "version: 2\nname: Rows\nparameters:\n  customer: {}\nsteps:\n  - type: '{{customer}}'\n"


class Said(NamedTuple):
    code: int
    out: str
    err: str


Ran = Callable[..., Said]


def run(*words: str) -> Said:
    ended = in_process(*words)
    return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def empty(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inbox with nothing in it, and no live run."""
    monkeypatch.setenv("SCREENAGENT_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def live(empty: None) -> Iterator[Session]:
    """A run that is under way."""
    control = Control()
    session = Session(About(run="live", task="click Save", pid=1), control, seconds=60)
    with served(session):
        yield session
        control.stop()


@pytest.fixture
def night(empty: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """A play at night that leaves its second row to a person."""
    (tmp_path / "rows.yaml").write_text(SCRIPT)
    (tmp_path / "customers.csv").write_text("customer\nAda\nBen\n")
    ends = {"Ben": failed(set_aside="the server is away", failed_at="click “Save”", run=str(tmp_path / "gone"))}

    def player(*_: object) -> Callable[[PlannedRow, Callable[[Event], None]], ReplayResult]:
        def played(row: PlannedRow, sink: Callable[[Event], None]) -> ReplayResult:
            sink(Grounded(action=TypeText(text="x")))
            sink(Reviewed(verdict=Approve()))
            return ends.pop(row.words.values["customer"], ReplayResult(script="Rows", outcome="done"))

        return played

    monkeypatch.setattr(play, "_row_player", player)
    said = run("play", "rows.yaml", "--rows", "customers.csv", "--virtual", "--approve", "risky", "--plain")
    assert said.code == 1
    return run


def waiting(run: Ran) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("inbox", "--json").out.splitlines()]


def test_a_row_that_was_set_aside_is_listed(night: Ran, tmp_path: Path) -> None:
    said = night("inbox")
    head, row = said.out.splitlines()
    assert head.split() == ["age", "of", "waits", "why"]
    assert row.split()[0] == "1"
    assert row.endswith("Rows, row 2  the row is set aside  the server is away")
    assert said.err == "1 waits\n"
    [entry] = waiting(night)
    assert (entry["number"], entry["step"], entry["picture"]) == (1, "click “Save”", None)
    assert entry["ways"] == ["continue", "skip", "done", "teach", "stop"]


def test_an_entry_is_shown(night: Ran, tmp_path: Path) -> None:
    said = night("inbox", "show", "1").out.splitlines()
    assert said == [
        "Rows, row 2",
        "the row is set aside",
        "why: the server is away",
        "it failed at: click “Save”",
        f"script: {tmp_path / 'rows.yaml'}",
        f"table: {tmp_path / 'customers.csv'}, row 2",
        f"results: {tmp_path / 'customers.results.jsonl'}",
        f"run: {tmp_path / 'gone'}",
        "the run is not kept any more",
    ]


@pytest.mark.parametrize(("word", "status"), [("skip", "skipped"), ("done", "done"), ("continue", "not_played")])
def test_a_row_is_answered(night: Ran, word: str, status: str) -> None:
    assert night("inbox", "answer", "1", word).code == 0
    rows = night("rows", "customers.results.jsonl", "--json").out.splitlines()
    assert [json.loads(row)["status"] for row in rows] == ["done", status]
    assert waiting(night) == []
    again = night("inbox", "answer", "1", word)
    assert (again.code, "entry 1 does not wait, or not any more; nothing waits" in again.err) == (1, True)


def test_continue_prints_the_command_of_the_row_alone(night: Ran, tmp_path: Path) -> None:
    said = night("inbox", "answer", "1", "continue")
    table, results = tmp_path / "customers.csv", tmp_path / "customers.results.jsonl"
    assert said.out == (
        f"screenagent play {tmp_path / 'rows.yaml'} --rows {table} --results {results} --only-rows 2"
        " --virtual --approve risky\n"
    )


def test_continue_plays_the_row_if_it_is_said(night: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[tuple[list[str], str]] = []

    def note(words: list[str], folder: str) -> int:
        ran.append((words, folder))
        return 0

    monkeypatch.setattr(inbox_answers, "_run", note)
    assert night("inbox", "answer", "1", "continue", "--now").code == 0
    [(words, folder)] = ran
    assert (words[:2], folder) == (["screenagent", "play"], str(tmp_path))
    assert night(*words[1:], "--plain").code == 0, "what was printed plays the row"
    assert waiting(night) == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("x", "skip"), "'x' is not the number of an entry; these wait: 1"),
        (("1", "yes"), "'yes' is no answer to this; say continue, skip, done, teach, stop"),
        (("1", "skip", "as", "I", "like"), "'skip' takes no reason"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(night: Ran, words: tuple[str, ...], why: str) -> None:
    said = night("inbox", "answer", *words)
    assert (said.code, why in said.err) == (2, True), said.err


def test_a_play_that_is_not_under_way_cannot_be_stopped(night: Ran) -> None:
    said = night("inbox", "answer", "1", "stop")
    assert (said.code, "no play of this script is under way" in said.err) == (1, True)


def test_a_number_means_one_entry_for_as_long_as_it_waits(night: Ran, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    waiting(night)
    for number in ("1", "2"):
        inbox.put(MissedQuestion(id=entry_id("question", number), at=now(), what="click “Send”", task=f"send {number}"))
        waiting(night)
    night("inbox", "answer", "1", "skip")
    assert [entry["number"] for entry in waiting(night)] == [2, 3]
    inbox.put(MissedQuestion(id=entry_id("question", "3"), at=now(), what="click “Send”", task="send 3"))
    assert {entry["number"]: entry["task"] for entry in waiting(night)} == {2: "send 1", 3: "send 2", 4: "send 3"}
    assert night("inbox", "answer", "3", "dismiss").code == 0
    assert night("inbox", "answer", "3", "dismiss").code == 1


def test_an_empty_inbox_is_said(empty: None, tmp_path: Path) -> None:
    assert run("inbox") == (0, "", "0 wait\n")
    assert not (tmp_path / "inbox").exists()


def test_the_notify_command_is_told_of_the_row(night: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "told"
    script = tmp_path / "told.py"
    script.write_text("import sys; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')")
    monkeypatch.setenv("SCREENAGENT_NOTIFY", f"'{sys.executable}' '{script}' '{out}'")
    night("inbox", "answer", "1", "continue")
    ending = failed(set_aside="the server is away", run=str(tmp_path / "gone"))
    monkeypatch.setattr(play, "_row_player", lambda *_: lambda _row, _sink: ending)
    night("play", "rows.yaml", "--rows", "customers.csv", "--virtual", "--plain")
    assert out.read_text() == "A row waits for you: Rows, row 2: the server is away\n"
    assert Settings.load().notify is not None


def test_an_open_question_is_listed_shown_and_answered(live: Session) -> None:
    place = Location(point=Point(x=0.5, y=0.25), confidence=0.9, by="text")
    send = ApprovalQuestion(Click(target=Target(words="Send")), (place,), "it sends", Episode())
    console = live.attach("console 1", lambda: None)
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(live.ask, send)
        assert becomes(lambda: live.open_question)
        assert run("inbox", "--plain").out.splitlines()[1].split() == "1 click Save click “Send” it sends".split()
        shown = run("inbox", "show", "1").out.splitlines()
        assert shown[:3] == ["click Save", "? click “Send”", "why: it sends"]
        assert shown[3:5] == ["at (0.500, 0.250)", "console 1 holds the yes"]
        refused = run("inbox", "answer", "1", "yes")
        assert (refused.code, "console 1 holds the yes" in refused.err) == (1, True)
        console.release()
        assert run("inbox", "answer", "1", "no", "not", "this").code == 0
        assert asking.result(5) == Reject(reason="not this")
    assert waiting(run) == []
