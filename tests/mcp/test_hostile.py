"""A hostile client: each call gets a result or an error in words, nothing is sent, and nothing hangs."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from screenagent.mcp.arguments import WrongArguments, read_arguments
from screenagent.mcp.tools import TOOLS, ToolTold
from screenagent.sessions.answers import Yes
from tests.builders import becomes
from tests.mcp.conftest import OfferedDesktop, Person, Served, act, click, data, frame_of, text

STEP: Final = {"do": "click", "target": "Save"}
DEEP: Final = "[" * 3000 + "]" * 3000

WRONG: Final[Sequence[tuple[str, Mapping[str, Any], str]]] = (
    ("act", {}, "frame is missing; steps is missing"),
    ("act", {"frame": "f1", "steps": []}, "1 to 8 steps"),
    ("act", {"frame": "f1", "steps": [STEP] * 9}, "1 to 8 steps"),
    (
        "act",
        {"frame": "f1", "steps": [STEP], "approve": "never"},
        "unknown argument approve; this tool takes frame, steps",
    ),
    ("act", {"frame": "f1", "steps": [STEP | {"level": "never"}]}, "unknown argument steps.0.level"),
    ("act", {"frame": "f1", "steps": [{"do": "fly"}]}, "it must be one of"),
    ("act", {"frame": "f1", "steps": [{"do": "click"}]}, "click needs “target”"),
    ("act", {"frame": "f1", "steps": [{"do": "type", "text": "x", "target": "Name"}]}, "type takes no “target”"),
    ("act", {"frame": "f1", "steps": [{"do": "press", "keys": "cntrl+s"}]}, "did you mean 'ctrl'"),
    ("act", {"frame": "f1", "steps": [{"do": "drag", "target": "Name"}]}, "drag needs “to”"),
    ("act", {"frame": "f1", "steps": [STEP | {"to": "Name"}]}, "click takes no “to”"),
    ("act", {"frame": "f1", "steps": [{"do": "open", "target": "mousepad 'x"}]}, "no closing quotation"),
    ("act", {"frame": "f1", "steps": [{"do": "open", "target": "x {{secret:PIN}}"}]}, "open takes no secret"),
    ("act", {"frame": "f1", "steps": [{"do": "type", "text": "x" * 2001}]}, "longer than 2000"),
    ("act", {"frame": "f1", "steps": "click Save"}, "it must be a list of steps"),
    ("act", {"frame": "f1", "steps": DEEP}, "steps"),
    ("act", {"frame": "f1", "steps": {"do": "click"}}, "it must be a list of steps"),
    ("act", {"frame": 7, "steps": [STEP]}, "it must be a text"),
    ("act", {"frame": ["f1"], "steps": [STEP]}, "it must be a text"),
    ("see", {"region": "0,0,0,0"}, "is no part of this screen"),
    ("see", {"regions": ""}, "unknown argument regions"),
    ("find", {"target": ""}, "target is empty"),
    ("wait_for", {"words": "x", "seconds": 46}, "it must be 0 to 45"),
    ("wait_for", {"words": "x", "seconds": "soon"}, "it must be a number"),
    ("wait_for", {"words": "x", "seconds": float("nan")}, "seconds"),
    ("wait_for", {"words": "x", "gone": "perhaps"}, "true or false"),
    ("run", {"task": "x" * 3000}, "longer than 2000"),
    ("run_status", {"handle": "r1"}, "there is no run 'r1'"),
    ("run_stop", {"handle": "../r1"}, "there is no run"),
    ("play", {"name": "../../etc/passwd"}, "there is no script"),
    ("play", {"name": "x", "values": "no equals"}, "is not a line such as customer=Ada"),
    ("scripts", {"all": True}, "unknown argument all; this tool takes no arguments"),
    ("stop", {"everything": 1}, "unknown argument everything"),
    ("shell", {"command": "rm"}, "there is no tool 'shell'"),
)


@pytest.mark.anyio
async def test_more_than_thirty_wrong_calls_are_answered_in_words_and_send_nothing(
    served: Served, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        for name, arguments, words in WRONG:
            answer = await client.call_tool(name, dict(arguments))
            assert answer.is_error, (name, arguments)
            assert words in text(answer)
            assert "pydantic" not in text(answer)
    assert len(WRONG) > 30
    assert (offered.performed, offered.works) == ([], [])


@pytest.mark.anyio
async def test_frames_that_are_old_invented_or_of_another_session_are_refused(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        early = await frame_of(client)
        used = await frame_of(client)
        await client.call_tool("act", act(used, click("Save")))
        for frame in (early, used, "f9", "", "f1-ffffff", f"f99-{used.partition('-')[2]}"):
            told = data(await client.call_tool("act", act(frame, click("Name"))))
            assert (told["outcome"], told["by"]) == ("refused", "guard"), frame
    assert len(offered.performed) == 1


@pytest.mark.anyio
async def test_parallel_replays_click_once(served: Served, person: Person, offered: OfferedDesktop) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        asked = act(await frame_of(client), click("Save"))
        told = await asyncio.gather(*(client.call_tool("act", asked) for _ in range(8)))
    assert {data(one)["outcome"] for one in told} == {"changed"}
    assert len(offered.performed) == 1


@pytest.mark.anyio
async def test_lists_that_come_as_strings_are_read(served: Served, person: Person, offered: OfferedDesktop) -> None:
    person.answers = lambda _: Yes()
    async with served.client() as client:
        frame = await frame_of(client)
        told = data(await client.call_tool("act", {"frame": frame, "steps": json.dumps([STEP])}))
    assert told["outcome"] == "changed"
    assert len(offered.performed) == 1


@pytest.mark.anyio
async def test_a_cancelled_call_withdraws_its_question(served: Served, person: Person, offered: OfferedDesktop) -> None:
    async with served.client() as client:
        asked = act(await frame_of(client), click("Save"))
        calling = asyncio.create_task(client.call_tool("act", asked))
        await asyncio.to_thread(person.asked)
        question, session = person.sessions[-1].open_question, person.sessions[-1]
        calling.cancel()
        while session.open_question:
            await asyncio.sleep(0.01)
        assert question
        assert offered.performed == []
        again = asyncio.create_task(client.call_tool("act", asked))
        await asyncio.to_thread(becomes, lambda: len(person.sessions) == 2 or again.done())
        if not again.done():  # nothing was sent, so the same call asks anew
            await asyncio.to_thread(person.say, Yes())
        assert data(await again)["outcome"] in ("changed", "stopped")
    assert len(offered.performed) == (data(await again)["outcome"] == "changed")


@pytest.mark.anyio
async def test_the_end_of_the_connection_withdraws_its_question(
    served: Served, person: Person, offered: OfferedDesktop
) -> None:
    async with served.client() as client:
        calling = asyncio.create_task(client.call_tool("act", act(await frame_of(client), click("Save"))))
        await asyncio.to_thread(person.asked)
    await asyncio.gather(calling, return_exceptions=True)
    session = person.sessions[-1]
    while session.open_question:
        await asyncio.sleep(0.01)
    assert offered.performed == []


def mutated(random: random.Random, value: Any) -> Any:
    """Return the value with something in it put wrong."""
    match random.randrange(6):
        case 0:
            return random.choice([None, True, -1, 1e308, "", "\x00", "x" * 5000, [], {}, [[[]]], {"": ""}])
        case 1 if isinstance(value, dict):
            return {**value, random.choice(["approve", "level", "", "__class__", "do", "frame"]): "never"}
        case 2 if isinstance(value, dict) and value:
            return {name: kept for name, kept in value.items() if name != random.choice(list(value))}
        case 3 if isinstance(value, dict) and value:
            name = random.choice(list(value))
            return {**value, name: mutated(random, value[name])}
        case 4 if isinstance(value, list) and value:
            return [mutated(random, value[0]), *value]
        case _:
            return json.dumps(value) if random.random() < 0.5 else mutated(random, value)


def refusal(tool: ToolTold, given: Mapping[str, Any]) -> str:
    try:
        read_arguments(tool.arguments, given)
    except WrongArguments as wrong:
        return str(wrong)
    return ""


def test_ten_thousand_mutated_calls_are_read_or_refused_in_words() -> None:
    chance, refusals = random.Random(20), []
    for number in range(10_000):
        tool = TOOLS[number % len(TOOLS)]
        whole = {"frame": "f1", "steps": [STEP, {"do": "press", "keys": "ctrl+s"}], "words": "x", "task": "y"}
        given = mutated(chance, {name: whole.get(name, "z") for name in tool.schema["properties"]})
        refusals.append(refusal(tool, given if isinstance(given, dict) else {"steps": given}))
    assert 5000 < sum(map(bool, refusals)) < 10_000
    assert max(map(len, refusals)) < 1500
