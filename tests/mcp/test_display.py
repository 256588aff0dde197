"""Two clients, each with a server process of its own, on one display: a window there counts what really arrives."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import StdioServerParameters, types
from mcp.client import Client

from screenagent.desktop.testing.probe import Probe
from screenagent.sessions.answers import No, Yes
from tests.mcp.conftest import act, click, data, frame_of
from tests.mcp.remote_person import RemotePerson
from tests.paths import ROOT

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = [pytest.mark.display, pytest.mark.anyio]


def server(environment: Mapping[str, str], *arguments: str) -> StdioServerParameters:
    command = ["-m", "screenagent", "mcp", "--no-record", *arguments]
    return StdioServerParameters(command=sys.executable, args=command, env=dict(environment))


def presses(probe: Probe) -> int:
    probe.drain(seconds=0.3)
    return len(probe.of("press"))


async def test_two_clients_share_one_hand_and_nothing_arrives_without_a_yes(
    virtual: VirtualDesktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told = {"XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": virtual.display, "PYTHONPATH": str(ROOT)}
    environment = os.environ | virtual.environment | told
    ada = types.Implementation(name="Ada", version="1")
    with Probe(virtual.display) as probe, RemotePerson().at_work() as person:
        async with Client(server(environment), client_info=ada) as first, Client(server(environment)) as second:
            call: dict[str, Any] = act(await frame_of(first), click("one"), click("two"))
            done = data(await first.call_tool("act", call))
            assert [step["outcome"] for step in done["steps"]] == ["changed", "changed"], done
            assert presses(probe) == 2
            assert data(await first.call_tool("act", call)) == done
            busy = data(await second.call_tool("act", act(await frame_of(second), click("three"))))
            assert (busy["outcome"], busy["by"].partition(" over")[0]) == ("busy", "Ada")
            person.answer = No(reason="no")
            no = data(await first.call_tool("act", act(done["frame"], click("three"))))
            assert (no["outcome"], no["by"]) == ("refused", "person")
            assert presses(probe) == 2
            await first.call_tool("stop", {})
            person.answer = Yes()
            while (later := data(await second.call_tool("act", act(await frame_of(second), click("three")))))[
                "outcome"
            ] == "busy":
                await asyncio.sleep(0.1)
            assert later["outcome"] == "changed"
            assert presses(probe) == 3
    assert set(person.notes) == {"asked for by Ada, over MCP", "asked for by mcp, over MCP"}


@pytest.mark.soak
async def test_sixty_steps_in_an_editor_arrive_once_each_though_every_call_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    document = tmp_path / "lines.txt"
    document.write_text("")
    served = server(environment, "--virtual", "--app", f"mousepad {document}")
    with RemotePerson().at_work() as person:
        async with Client(served) as client:
            frame = await frame_of(client)
            for number in range(20):
                words = f"This is line {number}"
                steps = (typed("This is line", "line"), typed(f" {number}\n", words), {"do": "press", "keys": "ctrl+s"})
                call = act(frame, *steps)
                told = data(await client.call_tool("act", call))
                assert told["left"] == 0, told
                assert data(await client.call_tool("act", call)) == told
                frame = told["frame"]
    assert document.read_text().splitlines() == [f"This is line {number}" for number in range(20)]
    assert len(person.notes) == 60


def typed(text: str, expect: str) -> Mapping[str, str]:
    return {"do": "type", "text": text, "expect": expect}
