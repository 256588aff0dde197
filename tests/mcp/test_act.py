"""`act`: a client's steps go through the same loop, policy, person and guard as everything else."""

from __future__ import annotations

import asyncio

import pytest

from screenagent.actions import Click, Drag, OpenProgram, PressKeys, Target, TypeText
from screenagent.mcp.connection import MOST_FRAMES
from screenagent.mcp.outcomes import Told
from screenagent.mcp.server import CallPatience
from screenagent.sessions.answers import No, StopRun, Yes
from tests.mcp.conftest import OfferedDesktop, Person, Served, act, click, data, frame_of

pytestmark = pytest.mark.anyio


async def test_an_input_is_sent_after_the_person_says_yes(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        told = data(await client.call_tool("act", act(await frame_of(client), click("Save"))))
    assert (told["outcome"], told["left"]) == ("changed", 0)
    assert offered.performed == [Click(target=Target(words="Save"))]


async def test_nothing_is_sent_after_a_no(served: Served, person: Person, offered: OfferedDesktop) -> None:
    person.answers = lambda _: No(reason="not this one")
    async with served.client() as client:
        told = data(await client.call_tool("act", act(await frame_of(client), click("Delete"), click("Save"))))
    assert (told["outcome"], told["by"], told["left"]) == ("refused", "person", 1)
    assert "not this one" in told["reason"]
    assert offered.performed == []


async def test_steps_of_later_calls_belong_to_the_same_run(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        first = data(await client.call_tool("act", act(await frame_of(client), click("Name"))))
        steps = ({"do": "type", "text": "Ada"}, {"do": "press", "keys": "ctrl+s"})
        told = data(await client.call_tool("act", act(first["frame"], *steps)))
    assert [step["outcome"] for step in told["steps"]] == ["changed", "changed"]
    assert offered.performed == [
        Click(target=Target(words="Name")),
        TypeText(text="Ada"),
        PressKeys(keys=("ctrl", "s")),
    ]
    assert len(person.sessions) == 1


async def test_a_drag_and_a_program_are_asked_about_and_sent_like_everything_else(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    drag = {"do": "drag", "target": "Name", "to": "Save"}
    program = {"do": "open", "target": "mousepad 'my notes.txt'"}
    dragged, opened = Drag(path=(Target(words="Name"), Target(words="Save"))), "mousepad 'my notes.txt'"
    person.answers = lambda session: Yes() if "drag" in session.waits_for else No(reason="no programs")
    async with served.client() as client:
        told = data(await client.call_tool("act", act(await frame_of(client), drag, program)))
        assert [(step["step"], step["outcome"], step["by"]) for step in told["steps"]] == [
            ("drag “Name” to “Save”", "changed", ""),
            ("open “mousepad 'my notes.txt'”", "refused", "person"),
        ]
        assert offered.performed == [dragged]
        person.answers = lambda _: Yes()
        await client.call_tool("act", act(await frame_of(client), program))
    assert offered.performed == [dragged, OpenProgram(command=opened)]


async def test_nobody_is_asked_about_a_screen_that_the_client_has_not_seen(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        frame = await frame_of(client)
        offered.shade = 90
        told = data(await client.call_tool("act", act(frame, {"do": "press", "keys": "enter"}, click("Save"))))
        assert (told["outcome"], told["by"], told["left"]) == ("refused", "guard", 1)
        assert "call see" in told["reason"]
        person.answers = lambda _: Yes()
        assert data(await client.call_tool("act", act(told["frame"], click("Save"))))["outcome"] == "changed"
    assert len(offered.performed) == 1


async def test_a_frame_that_many_have_followed_is_too_old(served: Served, offered: OfferedDesktop) -> None:
    async with served.client() as client:
        first, *_ = [await frame_of(client) for _ in range(MOST_FRAMES + 1)]
        told = data(await client.call_tool("act", act(first, click("Save"))))
    assert (told["outcome"], told["by"]) == ("refused", "guard")
    assert offered.performed == []


async def test_a_repeated_call_gets_the_answer_and_never_clicks_twice(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    served.patience = CallPatience(seconds=0.3, beat=0.1)
    async with served.client() as client:
        asked = act(await frame_of(client), click("Save"))
        waiting = data(await client.call_tool("act", asked))
        assert (waiting["outcome"], waiting["question"]) == ("waiting", "click “Save”")
        await asyncio.to_thread(person.say, Yes())
        while (told := data(await client.call_tool("act", asked)))["outcome"] == "waiting":
            pass
        assert told["outcome"] == "changed"
        assert data(await client.call_tool("act", asked)) == told
    assert len(offered.performed) == 1


async def test_a_call_that_waits_says_where_to_answer_if_nobody_is_there(served: Served, person: Person) -> None:
    served.patience = CallPatience(seconds=0.3, beat=0.1)
    person.comes = False
    async with served.client() as client:
        told = data(await client.call_tool("act", act(await frame_of(client), click("Save"))))
    assert told["outcome"] == "waiting"
    assert "screenagent attach" in told["reason"]


async def test_the_person_stops_and_later_calls_answer_stopped(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        asked = asyncio.create_task(client.call_tool("act", act(await frame_of(client), click("Save"))))
        await asyncio.to_thread(person.say, StopRun())
        assert data(await asked)["outcome"] == "stopped"
        later = data(await client.call_tool("act", act(await frame_of(client), click("Save"))))
    assert (later["outcome"], later["by"]) == ("stopped", "person")
    assert offered.performed == []


async def test_a_stop_by_the_caller_does_not_outlast_the_call(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        asked = asyncio.create_task(client.call_tool("act", act(await frame_of(client), click("Save"))))
        await asyncio.to_thread(person.asked)
        assert data(await client.call_tool("stop", {}))["outcome"] == "stopped"
        assert data(await asked)["outcome"] == "stopped"
        person.answers = lambda _: Yes()
        later = data(await client.call_tool("act", act(await frame_of(client), click("Save"))))
    assert later["outcome"] == "changed"
    assert len(offered.performed) == 1


@pytest.mark.parametrize(
    ("by", "words"),
    [("you", "busy by you"), ("Ada over MCP", "busy by Ada over MCP"), ("person", "busy by the person")],
)
def test_the_text_of_a_result_says_by_whom(by: str, words: str) -> None:
    assert Told(outcome="busy", by=by).text == f"outcome: {words}"
