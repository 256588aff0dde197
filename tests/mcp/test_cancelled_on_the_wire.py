"""Calls that are cancelled at every moment, and clients that overtake each other: a witness of the display counts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import pytest

from screenagent.desktop.testing.probe import Probe
from screenagent.sessions.answers import Yes
from tests.builders import becomes, eventually
from tests.mcp.conftest import act, click
from tests.mcp.input_witness import QUIET_SECONDS, InputWitness, input_witness, unapproved
from tests.mcp.remote_person import RemotePerson
from tests.mcp.wire_client import Heard, WireClient, wire_client

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = pytest.mark.display

LONG: Final = "the quick brown fox\n" * 100
MOST_MESSAGES: Final = 40
"""More than a click and some typing have."""
CLICKS: Final = 12


@dataclass(frozen=True)
class Stage:
    """A window on a display, who sees what arrives there, and who says yes."""

    probe: Probe
    witness: InputWitness
    person: RemotePerson
    environment: Mapping[str, str]


@pytest.fixture(scope="module")
def stage(virtual: VirtualDesktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = str(tmp_path_factory.mktemp("runtime"))
    environment = {**virtual.environment, "XDG_RUNTIME_DIR": folder, "DISPLAY": virtual.display}
    with (
        pytest.MonkeyPatch.context() as patched,
        Probe(virtual.display) as probe,
        input_witness(virtual.display) as witness,
    ):
        patched.setenv("XDG_RUNTIME_DIR", folder)
        with RemotePerson().at_work() as person:
            yield Stage(probe, witness, person, environment)


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[WireClient]:
    with wire_client(stage.environment) as opened:
        opened.open()
        yield opened


@pytest.fixture
def client(stage: Stage, server: WireClient) -> Iterator[WireClient]:
    """A client that has nothing under way."""
    yield server
    stage.person.answer = Yes()
    server.call("stop", {})


def typing(text: str) -> Mapping[str, str]:
    return {"do": "type", "text": text}


def told(result: Heard) -> Mapping[str, Any]:
    data: Mapping[str, Any] = result["structuredContent"]
    return data


def presses(stage: Stage) -> int:
    """Return how many keys and buttons have gone down."""
    stage.probe.drain()  # a window that nobody listens to stops to answer
    return len(stage.witness.presses(quiet=QUIET_SECONDS))


def test_a_call_cancelled_before_its_question_sends_nothing(stage: Stage, client: WireClient) -> None:
    for _ in range(2):
        client.cancel(client.begin_call("act", act(client.frame(), click("one"))))
        presses(stage)
    assert unapproved(stage.witness.actions(), stage.person.yeses) == 0


def test_a_yes_to_a_question_that_was_cancelled_sends_nothing(stage: Stage, client: WireClient) -> None:
    stage.person.answer = None
    before = presses(stage)
    number = client.begin_call("act", act(client.frame(), click("one")))
    asked = stage.person.is_asked(len(stage.person.asked) + 1)
    client.cancel(number)
    eventually(lambda: not asked.answered(Yes()))
    assert presses(stage) == before


def test_typing_that_is_cancelled_ends_at_once_and_is_not_begun_again(stage: Stage, client: WireClient) -> None:
    before = presses(stage)
    call = act(client.frame(), typing(LONG), click("one"))
    number = client.begin_call("act", call)
    eventually(lambda: len(stage.witness.presses()) > before, seconds=30)
    client.cancel(number)
    sent = presses(stage)
    assert before < sent < before + len(LONG)
    assert stage.witness.down == set()
    again = told(client.call("act", call))
    assert again["outcome"] == "stopped", again
    assert told(client.call("act", call)) == again
    assert presses(stage) == sent


@pytest.mark.soak
def test_a_call_cancelled_at_any_message_of_its_run_sends_no_more(stage: Stage, client: WireClient) -> None:
    counted: list[int] = []
    for cut in range(MOST_MESSAGES):
        before, messages = presses(stage), stage.person.told
        call = act(client.frame(), click("one"), typing("a" * 40))
        number = client.begin_call("act", call)
        becomes(lambda messages=messages, cut=cut: stage.person.told >= messages + cut, seconds=5)  # type: ignore[misc]
        client.cancel(number)
        sent = presses(stage)
        assert presses(stage) == sent, cut
        if sent > before:  # else the same call asks anew
            client.call("act", call)
            assert presses(stage) == sent, cut
        assert sent - before <= 41, cut
        counted.append(sent - before)
        client.call("stop", {})
    assert stage.witness.down == set()
    assert unapproved(stage.witness.actions(), stage.person.yeses) == 0
    assert {0, 1, 41} <= set(counted), counted


@pytest.mark.soak
def test_two_clients_at_once_click_once_for_each_yes(stage: Stage) -> None:
    before, done = presses(stage), dict[str, list[str]](one=[], two=[])
    with two_clients(stage) as clients:
        working = [
            Thread(target=clicks, args=(client, target, outcomes))
            for client, (target, outcomes) in zip(clients, done.items(), strict=True)
        ]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join(600)
    counted = presses(stage)
    kinds = Counter(outcome for outcomes in done.values() for outcome in outcomes)
    assert set(kinds) == {"changed", "cancelled"}, done
    assert kinds["changed"] <= counted - before <= kinds.total()
    assert unapproved(stage.witness.actions(), stage.person.yeses) == 0


@contextmanager
def two_clients(stage: Stage) -> Iterator[tuple[WireClient, WireClient]]:
    with wire_client(stage.environment) as first, wire_client(stage.environment) as second:
        first.open()
        second.open()
        yield first, second


def seen_otherwise(result: Heard) -> bool:
    """Whether the screen had changed since the frame of a call, as by the other client's click."""
    return (told(result)["outcome"], told(result).get("by")) == ("refused", "guard")


def clicks(client: WireClient, target: str, outcomes: list[str]) -> None:
    """Click twelve times, each call made twice, and every third one cancelled at a random moment."""
    chance = random.Random(target)
    while len(outcomes) < CLICKS:
        call = act(client.frame(), click(target))
        first, second = (client.begin_call("act", call) for _ in range(2))
        if len(outcomes) % 3 == 2:
            Event().wait(chance.uniform(0, 1))
            client.cancel(first)
            outcomes.append("cancelled")
        else:
            results = [client.result(number) for number in (first, second)]
            answers = {told(result)["outcome"] for result in results}
            if answers != {"busy"} and not all(seen_otherwise(result) for result in results):
                outcomes.append("/".join(answers))
        client.call("stop", {})
        Event().wait(chance.uniform(0, 0.3))
