"""A client on a desk: it opens programs there, drags and types, and what it leaves stays for the next one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mcp.client import Client

pytest.importorskip("Xlib")

from screenagent.desktop.desk import Desk
from screenagent.desktop.desk_desktop import desk_status
from screenagent.desktop.testing.probe import Probe
from tests.desktop.test_desk_on_a_display import start
from tests.mcp.conftest import act, data, frame_of, text
from tests.mcp.remote_person import RemotePerson
from tests.mcp.test_display import server
from tests.paths import ROOT

__all__ = ["start"]

pytestmark = [pytest.mark.display, pytest.mark.slow, pytest.mark.anyio]


async def test_a_client_works_on_a_desk_that_stays(start: Callable[[], Desk], tmp_path: Path) -> None:
    desk = start()
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    environment |= {"XDG_RUNTIME_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    served = server(environment, "--desk", "office", "--app", "xterm -T first -e cat")
    with RemotePerson().at_work() as person:
        async with Client(served) as client:
            assert "window in front: “first”" in text(await client.call_tool("see", {}))
            program = {"do": "open", "target": "xterm -T notes -e 'cat'"}
            typed = {"do": "type", "text": "Dear Ada"}
            told = data(await client.call_tool("act", act(await frame_of(client), program, typed)))
            assert [step["outcome"] for step in told["steps"]] == ["confirmed", "confirmed"], told
            assert len(person.notes) == 2
            with Probe(desk.display) as probe:
                drag = {"do": "drag", "target": "one", "to": "two"}
                told = data(await client.call_tool("act", act(await frame_of(client), drag)))
                probe.drain(seconds=0.3)
                pressed, released = probe.of("press"), probe.of("release")
                assert (len(pressed), len(released), len(person.notes)) == (1, 1, 3), told
                assert (pressed[0]["x"], pressed[0]["y"]) != (released[0]["x"], released[0]["y"])
        async with Client(server(environment, "--desk", "office")) as client:
            seen = text(await client.call_tool("see", {}))
            assert "“notes”" in seen, seen
            assert "“first”" in seen
    status = desk_status(desk)
    assert (status.programs, status.at_work) == (("XTerm",), None)


async def test_without_such_a_desk_a_call_says_how_to_start_one(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    async with Client(server(environment, "--desk", "office")) as client:
        wrong = await client.call_tool("see", {})
    assert wrong.is_error
    assert "screenagent desk start office" in text(wrong)
