"""Calls that are cancelled at every event, repeated, or overtaken: nothing is sent without a yes, and nothing twice."""

from __future__ import annotations

import asyncio
import threading

import pytest
from mcp import types
from mcp.client import Client

from screenagent.actions import Click, Target
from screenagent.control import Control
from screenagent.screenshot import Window
from screenagent.sessions.answers import Yes
from screenagent.sessions.messages import QuestionClosed
from tests.builders import becomes
from tests.mcp.conftest import OfferedDesktop, Person, Served, act, click, data, frame_of

pytestmark = pytest.mark.anyio

BOTH = (click("Name"), click("Save"))
EVENTS = 24
"""More than two steps have."""


def answered(person: Person) -> int:
    """Return how many questions the person has answered, as the sessions recorded it."""
    closed = [told for session in person.sessions for told in session.messages(0) if isinstance(told, QuestionClosed)]
    return sum(told.how == "answered" for told in closed)


def told(person: Person) -> int:
    return sum(session.next_number for session in person.sessions)


async def test_a_call_that_is_cancelled_at_any_event_sends_no_more_and_is_not_done_again(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        for cut in range(EVENTS):
            before, sent, asked = told(person), len(offered.performed), act(await frame_of(client), *BOTH)
            calling = asyncio.create_task(client.call_tool("act", asked))
            while not calling.done() and told(person) < before + cut:
                await asyncio.sleep(0)
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
            again = data(await client.call_tool("act", asked))
            if len(offered.performed) > sent:  # else nothing was sent, and the same call asks anew
                assert data(await client.call_tool("act", asked)) == again
            assert again["outcome"] in ("stopped", "changed")
            assert len(offered.performed) - sent <= len(BOTH)
            assert len(offered.performed) <= answered(person)


async def test_sixty_steps_of_calls_that_are_all_repeated_arrive_once_each(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        frame, names = await frame_of(client), ("Name", "Save", "Delete")
        for _ in range(20):
            asked = act(frame, *map(click, names))
            results = await asyncio.gather(client.call_tool("act", asked), client.call_tool("act", asked))
            assert data(results[0]) == data(results[1])
            assert data(results[0])["left"] == 0, data(results[0])
            frame = data(results[0])["frame"]
    assert offered.performed == [Click(target=Target(words=name)) for name in names] * 20
    assert answered(person) == 60
    assert len(person.sessions) == 1


async def test_the_guard_looks_again_after_the_yes(served: Served, person: Person, offered: OfferedDesktop) -> None:
    async with served.client() as client:
        typing = act(await frame_of(client), {"do": "type", "text": "Ada"})
        calling = asyncio.create_task(client.call_tool("act", typing))
        await asyncio.to_thread(person.asked)
        offered.window = Window(id=2, title="Another")
        person.say(Yes())
        answer = data(await calling)
    assert (answer["outcome"], answer["by"]) == ("refused", "guard")
    assert "another window is there than on your frame" in answer["reason"]
    assert offered.performed == []


async def test_a_client_is_named_by_what_it_says_without_its_codes(served: Served, person: Person) -> None:
    person.answers = lambda _: Yes()
    hostile = types.Implementation(name="Ada\x1b[2J\u202e" + "x" * 5000, version="1")
    async with served.client(client_info=hostile) as client:
        await client.call_tool("act", act(await frame_of(client), click("Save")))
    task = person.sessions[0].about.task
    assert task.startswith("Ada␛[2J‹U+202E›x")
    assert len(task) < 250


async def test_the_lease_ends_by_itself_and_the_next_step_begins_another_run(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    served.connection.lease_seconds = 0.05
    async with served.client() as client:
        await client.call_tool("act", act(await frame_of(client), click("Name")))
        await asyncio.to_thread(becomes, lambda: not offered.at_once.locked())
        later = data(await client.call_tool("act", act(await frame_of(client), click("Save"))))
    assert later["outcome"] == "changed"
    assert len(offered.works) == 2


async def test_looks_at_once_do_not_disturb_each_other(served: Served) -> None:
    async def look(client: Client) -> str:
        return await frame_of(client)

    async with served.client() as client:
        frames = await asyncio.gather(*(look(client) for _ in range(10)))
    assert len(set(frames)) == 10


def test_a_hand_on_the_desktop_is_no_surprise_while_the_client_thinks() -> None:
    from screenagent.episode import Episode
    from screenagent.mcp.planner import ClientPlanner

    control = Control()
    planner = ClientPlanner(control, seconds=30)
    thinking = threading.Thread(target=lambda: list(planner.decide(Episode())), daemon=True)
    thinking.start()
    assert becomes(lambda: control.expects_a_hand)
    planner.finish()
    thinking.join(5)
    assert not thinking.is_alive()
