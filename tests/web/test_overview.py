"""What the list shows beside the runs: what waits, which can be settled there, and desks, which are looked at."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from screenagent.desktop import NoDesktop
from screenagent.desktop.desk import Desk
from screenagent.sessions.entries import How
from screenagent.sessions.waiting import settle
from screenagent.web.access import Access
from screenagent.web.app import PageServer
from screenagent.web.desk_looks import DeskLook, DeskLooks
from screenagent.web.waits import said_by
from tests.web.live_runs import RUN, LiveStage
from tests.web.overviews import Clock, Waits, a_desk, a_status, drawn_look
from tests.web.test_access import ORIGIN, entered, why

CALM = 1.0


@pytest.fixture
def waits(tmp_path: Path) -> Waits:
    return Waits(tmp_path, clock=Clock())


@contextmanager
def page(waits: Waits, *, answers: bool = True, only: str | None = None) -> Iterator[TestClient]:
    access = Access()
    with LiveStage() as stage:
        pages = PageServer(stage, access, only=only, answers=answers, overview=waits.overview)
        with TestClient(pages.app(), base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
            yield entered(client, access)


@pytest.fixture
def client(waits: Waits) -> Iterator[TestClient]:
    with page(waits) as client:
        yield client


def entry_of(client: TestClient, waits: Waits, kind: str = "row", seconds: float = CALM) -> dict[str, Any]:
    """Return the entry as the page has shown it for so many seconds."""
    [found] = [entry for entry in client.get("/waits").json()["entries"] if entry["kind"] == kind]
    assert isinstance(waits.clock, Clock)
    waits.clock.at += seconds
    return dict(found)


def said(entry: dict[str, Any], way: str, **more: Any) -> dict[str, Any]:
    return {"url": f"/wait/{entry['id']}", "json": {"version": entry["version"], "way": way, **more}}


def rows_waiting(waits: Waits) -> list[int]:
    return [row.row for row in waits.night.rows]


def test_the_page_shows_what_waits_and_the_ways_to_settle_it(client: TestClient) -> None:
    entries = {entry["kind"]: entry for entry in client.get("/waits").json()["entries"]}
    assert list(entries) == ["live", "question", "row"]
    row = entries["row"]
    assert (row["title"], row["why"], row["has_picture"]) == ("Rows, row 2", "the server is away", True)
    assert row["ways"] == ["continue", "skip", "done", "teach", "stop"]
    assert "--only-rows 2" in row["command"]
    assert (entries["live"]["run"], entries["live"]["ways"]) == (RUN, [])


def test_a_page_that_watches_is_told_no_ways_and_settles_nothing(waits: Waits) -> None:
    with page(waits, answers=False) as client:
        entry = entry_of(client, waits)
        refused = client.post(**said(entry, "skip"))
    assert entry["ways"] == []
    assert refused.status_code == 409
    assert "--allow-answers" in why(refused)
    assert rows_waiting(waits) == [2]


def test_a_page_about_one_run_shows_neither_inbox_nor_desks(waits: Waits) -> None:
    with page(waits, only=RUN) as client:
        assert [client.get(path).status_code for path in ("/waits", "/desks")] == [404, 404]


def test_nothing_of_it_is_told_to_who_has_not_entered(waits: Waits) -> None:
    with page(waits) as client:
        entry = entry_of(client, waits)
        client.cookies.clear()
        for path in ("/waits", "/desks", f"/wait/{entry['id']}/picture", "/desk/desk/picture/ab12"):
            assert client.get(path).status_code == 403, path
        assert client.post(**said(entry, "skip")).status_code == 403
    assert rows_waiting(waits) == [2]


@pytest.mark.parametrize(("way", "words"), [("skip", "skip"), ("done", "done"), ("continue", "again")])
def test_a_row_is_settled_in_its_results_file(client: TestClient, waits: Waits, way: str, words: str) -> None:
    settled = client.post(**said(entry_of(client, waits), way))
    assert settled.status_code == 200
    assert words in settled.json()["said"][0]
    assert rows_waiting(waits) == []
    assert waits.ran == []


def test_a_missed_question_is_put_away(client: TestClient, waits: Waits) -> None:
    assert client.post(**said(entry_of(client, waits, "question"), "dismiss")).status_code == 200
    assert [entry["kind"] for entry in client.get("/waits").json()["entries"]] == ["live", "row"]


def test_a_row_that_is_played_now_goes_on_without_a_terminal(client: TestClient, waits: Waits) -> None:
    settled = client.post(**said(entry_of(client, waits), "continue", now=True))
    assert settled.json()["said"][1] == "it said this"
    [(words, folder)] = waits.ran
    assert words[:3] == ("screenagent", "play", "--detach")
    assert words[-4:] == ("--only-rows", "2", "--approve", "risky")
    assert folder == str(waits.folder)


def test_what_failed_is_taught_as_far_as_a_page_can(client: TestClient, waits: Waits) -> None:
    taught = client.post(**said(entry_of(client, waits), "teach")).json()["said"]
    [(words, _)] = waits.ran
    assert words[1] == "heal"
    assert any("click “Save”" in line for line in taught)
    assert any("screenagent record" in line for line in taught)
    assert rows_waiting(waits) == [2]


@pytest.mark.parametrize("way", ["skip", "done", "continue"])
def test_whoever_is_second_is_told_that_it_is_settled(client: TestClient, waits: Waits, way: How) -> None:
    entry = entry_of(client, waits)
    settle(waits.night.inbox, waits.night.row, way)
    late = client.post(**said(entry, "continue", now=True))
    assert late.status_code == 409
    assert "settled already" in why(late)
    assert waits.ran == []


def test_an_entry_that_has_changed_since_it_was_shown_is_not_settled(client: TestClient, waits: Waits) -> None:
    entry = entry_of(client, waits)
    waits.night.inbox.put(waits.night.row.model_copy(update={"step": "click “Delete”"}))
    refused = client.post(**said(entry, "skip"))
    assert refused.status_code == 409
    assert "changed" in why(refused)
    assert rows_waiting(waits) == [2]


def test_an_entry_that_has_only_just_come_is_not_settled(client: TestClient, waits: Waits) -> None:
    refused = client.post(**said(entry_of(client, waits, seconds=0), "skip"))
    assert refused.status_code == 409
    assert "only just come" in why(refused)


def test_a_live_question_is_answered_in_the_page_of_its_run_alone(client: TestClient, waits: Waits) -> None:
    assert client.post(**said(entry_of(client, waits, "live"), "stop")).status_code == 409


@pytest.mark.parametrize("body", [{}, {"version": "x", "way": "format"}, {"version": "x" * 65, "way": "skip"}])
def test_what_cannot_be_read_settles_nothing(client: TestClient, waits: Waits, body: dict[str, Any]) -> None:
    entry = entry_of(client, waits)
    assert client.post(f"/wait/{entry['id']}", json=body).status_code == 400
    assert rows_waiting(waits) == [2]


@pytest.mark.parametrize("id", ["row-" + "0" * 16, "../../etc/passwd", "x"])
def test_there_are_no_other_entries(client: TestClient, waits: Waits, id: str) -> None:
    entry = entry_of(client, waits)
    assert client.post(f"/wait/{id}", json={"version": entry["version"], "way": "skip"}).status_code in (404, 409)
    assert client.get(f"/wait/{id}/picture").status_code == 404


def test_the_picture_of_an_entry_comes_from_the_folder_of_its_run(client: TestClient, waits: Waits) -> None:
    shown = client.get(f"/wait/{entry_of(client, waits)['id']}/picture")
    assert shown.headers["content-type"] == "image/png"
    assert shown.content.startswith(b"\x89PNG")


def test_a_picture_that_is_a_link_out_of_the_run_is_not_shown(client: TestClient, waits: Waits, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    place = waits.run_folder / "screens" / "ab12.png"
    place.rename(secret)
    place.symlink_to(secret)
    assert client.get(f"/wait/{entry_of(client, waits)['id']}/picture").status_code == 404


def test_a_command_that_takes_long_goes_on_and_is_not_waited_for(tmp_path: Path) -> None:
    assert "still at it" in said_by(("timeit", "-n1", "-r1", "import time; time.sleep(1)"), str(tmp_path), 0.01)


def test_a_command_says_what_went_wrong(tmp_path: Path) -> None:
    assert "No module named" in said_by(("there_is_no_such_module",), str(tmp_path), 30)
    assert sys.executable in said_by(("there_is_no_such_module",), str(tmp_path / "gone"), 30)


def test_a_desk_is_shown_with_its_picture(client: TestClient, waits: Waits) -> None:
    waits.desks.append(a_desk())
    [desk] = client.get("/desks").json()["desks"]
    assert (desk["name"], desk["programs"], desk["at_work"], desk["why"]) == ("desk", ["mousepad"], "", "")
    shown = client.get(f"/desk/desk/picture/{desk['picture']}")
    assert shown.content.startswith(b"\x89PNG")
    assert client.get("/desk/other/picture/" + desk["picture"]).status_code == 404
    assert client.get("/desk/desk/picture/00").status_code == 404


def test_a_desk_is_looked_at_once_a_second_however_many_ask() -> None:
    clock, looked = Clock(), list[str]()

    def look(desk: Desk) -> DeskLook:
        looked.append(desk.name)
        return drawn_look(desk)

    looks = DeskLooks(lambda: [a_desk()], look, now=clock)
    for _ in range(5):
        assert looks.shown()[0].picture
    clock.at += 1.1
    looks.shown()
    assert len(looked) == 2


def test_a_desk_that_does_not_answer_holds_up_neither_the_others_nor_a_second_look() -> None:
    let_go, looked = threading.Event(), list[str]()

    def look(desk: Desk) -> DeskLook:
        looked.append(desk.name)
        if desk.name == "hangs":
            let_go.wait(10)
        return drawn_look(desk)

    clock = Clock()
    looks = DeskLooks(lambda: [a_desk("hangs"), a_desk("answers")], look, seconds=0.05, now=clock)
    for _ in range(3):
        hangs, answers = looks.shown()
        assert (hangs.picture, hangs.why) == ("", "it does not answer")
        clock.at += 2
    let_go.set()
    assert answers.picture
    assert looked.count("hangs") == 1


def test_a_desk_on_which_an_agent_is_at_work_says_so_and_shows_no_picture() -> None:
    """What is a secret is blank in the run's own pictures alone."""
    looks = DeskLooks(lambda: [a_desk()], lambda desk: DeskLook(a_status(desk, at_work="pay"), why="an agent"))
    [desk] = looks.shown()
    assert (desk.at_work, desk.picture, desk.why) == ("pay", "", "an agent")


def test_a_desk_that_has_just_ended_says_why() -> None:
    def look(_desk: Desk) -> DeskLook:
        raise NoDesktop("the desk has just ended")

    assert "just ended" in DeskLooks(lambda: [a_desk()], look).shown()[0].why
