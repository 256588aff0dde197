"""Who may read the page and answer in it: checked at the server, request by request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from screenagent.web.access import MOST_PASSES, Access
from screenagent.web.app import PageServer
from screenagent.web.requests import LONGEST_BODY
from tests.web.live_runs import RUN, LiveStage

ORIGIN = "http://127.0.0.1:4000"


@pytest.fixture(scope="module")
def stage() -> Iterator[LiveStage]:
    """A run that waits at its first question."""
    with LiveStage() as stage:
        yield stage


@pytest.fixture
def access() -> Access:
    return Access()


@pytest.fixture
def client(stage: LiveStage, access: Access) -> Iterator[TestClient]:
    pages = PageServer(stage, access, only=RUN, answers=True)
    with TestClient(pages.app(), base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
        yield client


def entered(client: TestClient, access: Access) -> TestClient:
    given = client.post("/enter", json={"token": access.token})
    client.headers["x-screenagent-key"] = given.json()["key"]
    return client


def asked(**changes: Any) -> dict[str, Any]:
    return {"do": "answer", "page": "p", "question": "q", "answer": {"say": "yes"}} | changes


def why(response: httpx2.Response) -> str:
    return str(response.json()["why"])


def test_the_page_itself_says_nothing_of_a_run(client: TestClient) -> None:
    shown = client.get("/")
    assert shown.status_code == 200
    assert "save it" not in shown.text


@pytest.mark.parametrize("path", ["/runs", f"/run/{RUN}/events", f"/run/{RUN}/step/1", f"/run/{RUN}/picture/00000000"])
def test_nothing_is_told_to_who_has_not_entered(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 403


def test_a_link_works_once(client: TestClient, access: Access) -> None:
    token = access.token
    assert client.post("/enter", json={"token": token}).status_code == 200
    again = client.post("/enter", json={"token": token})
    assert again.status_code == 403
    assert "used already" in why(again)


def test_the_next_link_is_told_when_one_was_used() -> None:
    told: list[str] = []
    access = Access(renewed=told.append)
    first = access.token
    assert access.exchange(first)
    assert told == [access.token]
    assert access.token != first


def test_only_so_many_browsers_are_let_in() -> None:
    access = Access()
    assert None not in [access.exchange(access.token) for _ in range(MOST_PASSES)]
    assert access.exchange(access.token) is None


def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(client: TestClient, access: Access) -> None:
    cookie = client.post("/enter", json={"token": access.token}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_cookie_without_the_key_of_the_page_lets_nobody_in(client: TestClient, access: Access) -> None:
    entered(client, access)
    assert client.get("/runs").status_code == 200
    assert client.get("/runs", headers={"x-screenagent-key": "stolen"}).status_code == 403


def test_a_key_without_the_cookie_lets_nobody_in(client: TestClient, access: Access) -> None:
    entered(client, access)
    client.cookies.clear()
    assert client.get("/runs").status_code == 403


def test_cookie_and_key_of_two_browsers_do_not_go_together(client: TestClient, access: Access) -> None:
    first = access.exchange(access.token)
    entered(client, access)
    assert first is not None
    assert client.get("/runs", headers={"x-screenagent-key": first.key}).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:4000", "10.0.0.5:4000", "localhost@evil.example", ""],
)
def test_a_name_that_leads_here_from_outside_is_refused(client: TestClient, access: Access, host: str) -> None:
    entered(client, access)
    for path in ("/", "/runs"):
        refused = client.get(path, headers={"host": host})
        assert refused.status_code == 403
        assert "127.0.0.1 or localhost" in why(refused)


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST"])
def test_a_tunnel_may_have_any_port(client: TestClient, access: Access, host: str) -> None:
    entered(client, access)
    headers = {"host": host, "origin": f"http://{host}"}
    assert client.get("/runs", headers=headers | {"cookie": cookie_of(client)}).status_code == 200


def cookie_of(client: TestClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:4001", "https://127.0.0.1:4000", "null"])
def test_a_page_of_another_origin_can_do_nothing(client: TestClient, access: Access, origin: str) -> None:
    entered(client, access)
    for response in (
        client.get("/runs", headers={"origin": origin}),
        client.post(f"/run/{RUN}", json=asked(), headers={"origin": origin}),
        client.post("/enter", json={"token": access.token}, headers={"origin": origin}),
    ):
        assert response.status_code == 403
        assert "may not use this one" in why(response)


def test_what_changes_something_says_where_it_comes_from(client: TestClient, access: Access) -> None:
    entered(client, access)
    del client.headers["origin"]
    assert client.post(f"/run/{RUN}", json=asked()).status_code == 403


def test_a_picture_is_not_shown_in_a_page_of_another_site(client: TestClient, access: Access) -> None:
    entered(client, access)
    del client.headers["origin"]  # as an image is asked for
    assert client.get("/runs", headers={"sec-fetch-site": "same-site"}).status_code == 403


def test_every_answer_says_what_a_browser_may_do_with_it(client: TestClient, access: Access) -> None:
    entered(client, access)
    for response in (client.get("/"), client.get("/runs"), client.get("/nothing"), client.post("/enter", json={})):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in response.headers["cache-control"]


def test_a_long_request_is_not_read_to_its_end(client: TestClient, access: Access) -> None:
    entered(client, access)
    long = client.post(f"/run/{RUN}", content=b" " * 10_000_000, headers={"content-type": "application/json"})
    assert long.status_code == 413
    assert str(LONGEST_BODY) in why(long)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        json.dumps(asked(do="format")),
        json.dumps(asked(answer={"say": "yes", "points": [{"x": 2, "y": 0}]})),
        json.dumps(asked(answer={"say": "yes", "points": [{"x": "NaN", "y": 0}]})),
        '{"do": "answer", "page": "p", "question": "q", "answer": {"say": "yes", "points": [{"x": NaN, "y": 0}]}}',
        json.dumps(asked(more=1)),
        json.dumps(asked(page="p" * 100)),
        "[" * 20_000,
    ],
)
def test_what_cannot_be_read_is_refused(client: TestClient, access: Access, body: str) -> None:
    entered(client, access)
    refused = client.post(f"/run/{RUN}", content=body, headers={"content-type": "application/json"})
    assert refused.status_code == 400
    assert "cannot be read" in why(refused)


def test_a_form_is_not_read(client: TestClient, access: Access) -> None:
    """A form can be sent by any page without being asked about; JSON cannot."""
    entered(client, access)
    assert (
        client.post(f"/run/{RUN}", content=json.dumps(asked()), headers={"content-type": "text/plain"}).status_code
        == 415
    )


def test_a_page_that_is_not_connected_answers_nothing(client: TestClient, access: Access, stage: LiveStage) -> None:
    entered(client, access)
    refused = client.post(f"/run/{RUN}", json=asked(question=stage.session.open_question))
    assert refused.status_code == 409
    assert "not connected" in why(refused)
    assert not stage.desktop.performed


def test_a_run_that_the_page_is_not_about_is_not_told_of(client: TestClient, access: Access) -> None:
    entered(client, access)
    assert client.get("/run/another/step/1").status_code == 404


@pytest.mark.parametrize("digest", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "0" * 24, "x"])
def test_only_pictures_of_the_run_are_shown(client: TestClient, access: Access, digest: str) -> None:
    entered(client, access)
    assert client.get(f"/run/{RUN}/picture/{digest}").status_code == 404


@pytest.mark.parametrize(
    "request_of",
    [
        asked(),
        asked(answer={"say": "no"}),
        {"do": "steer", "page": "p", "what": "stop"},
        {"do": "steer", "page": "p", "what": "pause"},
        {"do": "hold", "page": "p", "what": "take"},
        {"do": "hold", "page": "p", "what": "release"},
        {"do": "hold", "page": "p", "what": "refuse"},
        {"do": "hold", "page": "p", "what": "hand_over", "to": "x"},
    ],
)
def test_a_page_that_watches_can_do_nothing_not_even_stop(
    stage: LiveStage, access: Access, request_of: dict[str, Any]
) -> None:
    pages = PageServer(stage, access, only=RUN, answers=False)
    with TestClient(pages.app(), base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
        entered(client, access)
        refused = client.post(f"/run/{RUN}", json=request_of)
    assert refused.status_code == 409
    assert "--allow-answers" in why(refused)
    assert not stage.control.stopped
    assert not stage.control.paused
