"""The page's server over real connections: what a page is sent, and what an answer from it does."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from screenagent.actions import TypeText
from screenagent.approval.answers import QUIET_SECONDS
from screenagent.cli.web import LiveRuns
from screenagent.control import KeyAnswer
from screenagent.desktop.json_lines import Child, module_command
from screenagent.events import Reject, Reviewed, Verdict
from screenagent.web import connections
from screenagent.web.serving import PortTaken, listeners
from tests.builders import becomes, eventually, in_process
from tests.console.console_runs import DONE, SAVE
from tests.web.live_runs import RUN, LiveStage, ServedPage, served

SECONDS = 10


class Answered(NamedTuple):
    """What the server said to a request; JSON is read."""

    status: int
    said: Any
    headers: Message


class Browser:
    """Does what the page's script does, and remembers what it was last told."""

    def __init__(self, server: ServedPage, run: str = RUN) -> None:
        self._port, self._of = server.port, run
        self._headers = {"Origin": f"http://127.0.0.1:{server.port}", "Content-Type": "application/json"}
        entered = self._ask("POST", "/enter", {"token": server.tokens[-1]})
        assert entered.status == 200, entered.said
        cookie = entered.headers["set-cookie"].partition(";")[0]
        self._headers |= {"Cookie": cookie, "X-Screenagent-Key": entered.said["key"]}
        self.page = ""
        self.run: dict[str, Any] = {}

    def _ask(self, method: str, path: str, body: Any = None) -> Answered:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        response = connection.getresponse()
        written = response.read()
        said = json.loads(written) if response.headers["content-type"] == "application/json" else written
        connection.close()
        return Answered(response.status, said, response.headers)

    def get(self, path: str) -> Answered:
        return self._ask("GET", path)

    @contextmanager
    def opened(self) -> Iterator[Iterator[tuple[str, Any]]]:
        """Open the page; yields what it is told."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        connection.request("GET", f"/run/{self._of}/events", headers=self._headers)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        try:
            told = self._told(response)
            assert next(told)[0] == "hello"
            yield told
        finally:
            response.close()
            connection.close()

    def _told(self, response: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
        while line := response.readline():
            kind = line.decode().strip().removeprefix("event: ")
            said = json.loads(response.readline().decode().removeprefix("data: "))
            response.readline()
            if kind == "hello":
                self.page = said
            if kind == "run":
                self.run = said
            yield kind, said

    def until(self, told: Iterator[tuple[str, Any]], *path: str) -> Any:
        """Read on until a part of what is told of the run is there, and return it."""
        for kind, said in told:
            part: Any = said
            for name in path if kind == "run" else ():
                part = part[name]
            if kind == "run" and part:
                return part
        raise AssertionError(f"{path} never came")

    def do(self, **request: Any) -> tuple[int, str]:
        answered = self._ask("POST", f"/run/{self._of}", {"page": self.page, **request})
        return answered.status, answered.said.get("why", "")

    def answer(self, question: str, **answer: Any) -> tuple[int, str]:
        return self.do(do="answer", question=question, answer=answer)


@contextmanager
def asked(stage: LiveStage) -> Iterator[tuple[Browser, Iterator[tuple[str, Any]], ServedPage]]:
    """A page that shows the first question of a run, and takes answers by now."""
    with stage, served(stage) as server:
        browser = Browser(server)
        with browser.opened() as told:
            browser.until(told, "question")
            browser.until(told, "holder", "is_page") if not browser.run["holder"]["is_page"] else None
            yield browser, told, server


def after_quiet(browser: Browser, question: str, **answer: Any) -> tuple[int, str]:
    """Answer as soon as answers count."""
    found: list[tuple[int, str]] = []

    def answered() -> bool:
        found[:] = [browser.answer(question, **answer)]
        return "only just come" not in found[0][1]

    assert becomes(answered, seconds=QUIET_SECONDS + 5)
    return found[0]


def verdicts(stage: LiveStage) -> list[Verdict]:
    told = stage.session.messages(0)
    return [
        message.event.verdict for message in told if message.kind == "event" and isinstance(message.event, Reviewed)
    ]


def test_a_yes_in_the_page_is_done() -> None:
    with asked(stage := LiveStage()) as (browser, told, _):
        assert after_quiet(browser, browser.run["question"]["id"], say="yes") == (200, "")
        browser.until(told, "over")
        assert browser.run["result"] == "done"
        assert stage.desktop.performed == [SAVE]


def test_a_yes_goes_to_where_the_person_moved_the_point() -> None:
    with asked(stage := LiveStage()) as (browser, told, _):
        point = {"x": 0.25, "y": 0.75}
        after_quiet(browser, browser.run["question"]["id"], say="yes", points=[point])
        browser.until(told, "over")
        assert [(place.x, place.y) for place in stage.desktop.places[0]] == [(0.25, 0.75)]


def test_a_yes_to_a_question_that_has_only_just_come_is_none() -> None:
    with asked(stage := LiveStage()) as (browser, _, _):
        status, why = browser.answer(browser.run["question"]["id"], say="yes")
        assert (status, "only just come" in why) == (409, True)
        assert not stage.desktop.performed


def test_a_no_counts_at_once_and_reaches_the_run() -> None:
    with asked(stage := LiveStage()) as (browser, told, _):
        assert browser.answer(browser.run["question"]["id"], say="no", reason="not this one") == (200, "")
        browser.until(told, "over")
        assert verdicts(stage)[0] == Reject(reason="not this one")


def test_an_answer_that_is_replayed_or_late_is_refused() -> None:
    with asked(LiveStage(SAVE, SAVE, DONE)) as (browser, told, _):
        first = browser.run["question"]["id"]
        after_quiet(browser, first, say="yes")
        while browser.run["question"] is None or browser.run["question"]["id"] == first:
            next(told)
        status, why = browser.answer(first, say="yes")
        assert (status, "not open any more" in why) == (409, True)
        assert browser.answer("made up", say="yes")[0] == 409


def test_a_picture_is_kept_by_the_browser_for_ever() -> None:
    with asked(LiveStage()) as (browser, _, _):
        shown = browser.get(f"/run/{RUN}/picture/{browser.run['screen']['digest']}")
        assert (shown.status, shown.said[:8]) == (200, b"\x89PNG\r\n\x1a\n")
        assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_picture_comes_from_the_folder_of_the_run_also_after_its_end(tmp_path: Path) -> None:
    (tmp_path / "screens").mkdir()
    (tmp_path / "screens" / "0123456789abcdef.png").write_bytes(b"a picture")
    (tmp_path / "0123456789abcdef.png").write_bytes(b"no picture")
    with asked(LiveStage(folder=tmp_path)) as (browser, told, _):
        browser.do(do="steer", what="stop")
        browser.until(told, "over")
        assert browser.get(f"/run/{RUN}/picture/0123456789abcdef").said == b"a picture"
        assert browser.get(f"/run/{RUN}/picture/00000000000000000000").status == 404


def test_a_page_that_comes_later_is_told_all_of_it() -> None:
    with asked(LiveStage()) as (browser, _, server):
        second = Browser(server)
        with second.opened() as told:
            second.until(told, "question")
        assert second.run["question"]["id"] == browser.run["question"]["id"]


def test_the_yes_is_taken_for_the_page_and_given_back_by_it() -> None:
    with asked(stage := LiveStage()) as (browser, told, _):
        assert browser.do(do="hold", what="release") == (200, "")
        while browser.run["holder"]["is_page"]:
            next(told)
        console = stage.session.attach("console", lambda: None)
        assert stage.session.holder == console.id
        assert browser.do(do="hold", what="take") == (200, "")
        while not browser.run["holder"]["wanted_by_page"]:
            next(told)
        status, why = browser.answer(browser.run["question"]["id"], say="no")
        assert (status, "console holds the yes" in why) == (409, True)


def test_the_page_says_how_the_run_ended_and_its_server_ends_once_it_is_closed() -> None:
    with asked(LiveStage()) as (browser, told, server):
        browser.do(do="steer", what="stop")
        browser.until(told, "over")
        assert browser.run["result"] == "stopped"
        assert not server.ended.is_set()
        server.pages._faces[RUN]._left_at = -1e9
    assert server.ended.wait(SECONDS)


def test_the_answer_keys_reach_the_page_that_was_used_last() -> None:
    with asked(stage := LiveStage(TypeText(text="x"), DONE)) as (browser, told, _):
        browser.do(do="steer", what="pause")
        stage.control.answer_by_key("yes")
        kind, said = next(news for news in told if news[0] == "key")
        assert (kind, said["said"], said["question"]) == ("key", "yes", browser.run["question"]["id"])
        assert not stage.desktop.performed


@pytest.mark.parametrize("what", ["pause", "resume", "one_step"])
def test_a_page_steers(what: str) -> None:
    with asked(stage := LiveStage()) as (browser, _, _):
        assert browser.do(do="steer", what=what) == (200, "")
        eventually(lambda: stage.control.paused == (what == "pause"))


@pytest.mark.parametrize("said", ["yes", "no"])
def test_the_answer_keys_say_no_more_than_no_while_no_page_is_open(said: KeyAnswer) -> None:
    with LiveStage() as stage, served(stage):
        eventually(lambda: stage.session.open_question)
        stage.control.answer_by_key(said)
        assert becomes(lambda: verdicts(stage), seconds=5 if said == "no" else 0.2) == (said == "no")
        assert not stage.desktop.performed


def test_of_answers_at_the_same_time_one_counts() -> None:
    with asked(stage := LiveStage(SAVE, SAVE, DONE)) as (browser, _, _):
        question = browser.run["question"]["id"]
        with ThreadPoolExecutor(8) as threads:
            said = list(threads.map(lambda _: browser.answer(question, say="no", reason="no")[0], range(8)))
        assert sorted(said) == [200, *[409] * 7]
        assert verdicts(stage) == [Reject(reason="no")]


def test_a_run_that_is_not_under_way_has_no_page() -> None:
    told = in_process("web", "no-such-run")
    assert told.returncode == 2
    assert "no-such-run" in told.stderr


def test_connections_that_ask_for_nothing_keep_nobody_out() -> None:
    with asked(stage := LiveStage()) as (browser, _, server), ExitStack() as idle:
        for number in range(200):
            connection = idle.enter_context(socket.create_connection(("127.0.0.1", server.port), SECONDS))
            connection.sendall(b"GET / HT" if number % 2 else b"POST /enter HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        assert browser.get("/runs").status == 200
        assert browser.answer(browser.run["question"]["id"], say="stop") == (200, "")
        assert becomes(lambda: stage.session.open_question == "")


def test_a_request_that_does_not_become_whole_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)
    with (
        asked(LiveStage()) as (browser, told, server),
        socket.create_connection(("127.0.0.1", server.port), SECONDS) as slow,
    ):
        slow.sendall(b"POST /run/x HTTP/1.1\r\nHost: local")
        with suppress(ConnectionResetError):
            assert slow.recv(1) == b""
        browser.do(do="steer", what="pause")
        assert browser.until(told, "paused")  # what the page is told goes on


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            listeners(port)


@pytest.mark.slow
def test_the_page_says_at_once_that_the_process_of_a_run_was_killed() -> None:
    worker = Child(module_command("screenagent.bench.session_worker"))
    try:
        said = worker.hear(30)
        assert said is not None
        run = said["run"]
        with served(LiveRuns(), only=run) as server:
            browser = Browser(server, run)
            with browser.opened() as told:
                browser.until(told, "task")
                worker.kill()
                began = time.monotonic()
                browser.until(told, "over")
        assert time.monotonic() - began < 2
        assert "gone" in browser.run["plight"]
    finally:
        worker.kill()
