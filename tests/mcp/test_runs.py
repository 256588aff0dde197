"""`run`, `run_status`, `run_stop`: whole tasks that go on between the calls, and who is busy meanwhile."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import ref

import pytest
from mcp.client import Client
from PIL.Image import Image

from screenagent.actions import Click, Target
from screenagent.desktop.lock import Driver
from screenagent.events import Thought
from screenagent.fakes import plain_screen
from screenagent.mcp.going_on import QUESTION
from screenagent.screenshot import Screenshot
from screenagent.sessions.answers import AnswerInWords, StopRun, Yes
from screenagent.sessions.messages import EventTold, QuestionTold
from tests.builders import becomes
from tests.mcp.conftest import OfferedDesktop, Person, Served, act, click, data, frame_of, text

pytestmark = pytest.mark.anyio


async def ended(client: Client, handle: str) -> Mapping[str, Any]:
    while (told := data(await client.call_tool("run_status", {"handle": handle})))["outcome"] == "running":
        await asyncio.sleep(0.02)
    return told


async def test_a_task_goes_on_between_the_calls(served: Served, person: Person, offered: OfferedDesktop) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        begun = data(await client.call_tool("run", {"task": "click Name, click Save"}))
        told = await ended(client, begun["handle"])
    assert begun["outcome"] == "running"
    assert [step["outcome"] for step in told["steps"]] == ["changed", "changed"]
    assert offered.performed == [Click(target=Target(words=name)) for name in ("Name", "Save")]


async def test_a_run_tells_its_question_and_can_be_stopped(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        handle = data(await client.call_tool("run", {"task": "click Save"}))["handle"]
        await asyncio.to_thread(person.asked)
        assert data(await client.call_tool("run_status", {"handle": handle}))["question"] == "click “Save”"
        busy = data(await client.call_tool("act", act(await frame_of(client), click("Name"))))
        assert (busy["outcome"], busy["handle"]) == ("busy", handle)
        assert data(await client.call_tool("run_stop", {"handle": handle}))["outcome"] == "stopped"
        assert (await ended(client, handle))["outcome"] == "stopped"
        assert data(await client.call_tool("run_stop", {"handle": handle}))["outcome"] == "unchanged"
    assert offered.performed == []


async def test_a_task_takes_over_from_steps_without_a_second_run_at_once(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        await client.call_tool("act", act(await frame_of(client), click("Name")))
        told = await ended(client, data(await client.call_tool("run", {"task": "click Save"}))["handle"])
        assert told["outcome"] == "changed"
        later = data(await client.call_tool("act", act(await frame_of(client), click("Name"))))
    assert later["outcome"] == "changed"
    assert [work.step_by_step for work in offered.works] == [True, False, True]


async def test_a_task_that_cannot_be_read_is_refused_in_words(served: Served, offered: OfferedDesktop) -> None:
    async with served.client() as client:
        wrong = await client.call_tool("run", {"task": "make me happy"})
    assert wrong.is_error
    assert "make me happy" in text(wrong)
    assert offered.works == []


async def test_busy_names_who_drives_the_desktop(served: Served, person: Person, offered: OfferedDesktop) -> None:
    offered.taken = Driver(pid=1, display=":0", task="Ada over MCP: steps", since=datetime.now(UTC))
    async with served.client() as client:
        asked = act(await frame_of(client), click("Save"))
        told = data(await client.call_tool("act", asked))
        begun = data(await client.call_tool("run", {"task": "click Save"}))
        assert begun["outcome"] == "running", begun
        run = await ended(client, begun["handle"])
        offered.taken = None
        person.answers = lambda _: Yes()
        assert data(await client.call_tool("act", act(await frame_of(client), click("Save"))))["outcome"] == "changed"
    assert (told["outcome"], told["by"]) == ("busy", "Ada over MCP: steps")
    assert (run["outcome"], run["by"]) == ("busy", "Ada over MCP: steps")


async def test_a_call_that_found_the_desktop_busy_may_be_made_again(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    offered.taken = Driver(pid=1, display=":0", task="another", since=datetime.now(UTC))
    person.answers = lambda _: Yes()
    async with served.client() as client:
        asked = act(await frame_of(client), click("Save"))
        assert data(await client.call_tool("act", asked))["outcome"] == "busy"
        offered.taken = None
        assert data(await client.call_tool("act", asked))["outcome"] == "changed"
    assert len(offered.performed) == 1


async def test_the_question_and_the_events_name_the_client(served: Served, person: Person) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        await ended(client, data(await client.call_tool("run", {"task": "click Save"}))["handle"])
    told = person.faces[0].read()
    assert "mcp over MCP: click Save" in person.sessions[0].about.task
    events = [message.event for message in told if isinstance(message, EventTold)]
    assert "for mcp, over MCP" in [event.text for event in events if isinstance(event, Thought)]
    assert any(isinstance(message, QuestionTold) for message in told)


async def test_after_a_stop_the_person_lets_the_client_go_on(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        asked = asyncio.create_task(client.call_tool("act", act(await frame_of(client), click("Save"))))
        await asyncio.to_thread(person.say, StopRun())
        await asked
        again = act(await frame_of(client), click("Save"))
        assert data(await client.call_tool("act", again))["outcome"] == "stopped"
        await asyncio.to_thread(becomes, lambda: len(person.sessions) == 2)
        await asyncio.to_thread(person.asked)
        assert person.sessions[-1].waits_for.endswith(QUESTION.format(client="mcp"))
        person.say(AnswerInWords(text="yes"))
        person.answers = lambda _: Yes()
        while (told := data(await client.call_tool("act", again)))["outcome"] == "stopped":
            await asyncio.sleep(0.02)
    assert told["outcome"] == "changed"
    assert len(offered.performed) == 1


async def test_runs_that_are_over_keep_no_pictures(
    served: Served, person: Person, offered: OfferedDesktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: list[ref[Image]] = []

    def screen(inputs: int) -> Screenshot:
        shown = plain_screen(40 * inputs)
        image = shown.pixels.copy()
        pictures.append(ref(image))
        return shown.model_copy(update={"image": image})

    monkeypatch.setattr(offered, "screen", screen)
    person.answers = lambda _: Yes()
    async with served.client() as client:
        for _ in range(3):
            begun = data(await client.call_tool("run", {"task": "click Name"}))
            assert (await ended(client, begun["handle"]))["outcome"] == "changed"
        person.sessions.clear()
        person.faces.clear()
        assert len(pictures) > 3
        assert becomes(lambda: gc.collect() >= 0 and not any(picture() for picture in pictures))
