"""`screenagent stop` and `resume` against a server for other agents: its run ends, and the server stays."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from mcp.client import Client

pytest.importorskip("Xlib")

from screenagent.actions import describe
from screenagent.desktop.lock import Driver, drivers
from screenagent.desktop.testing.probe import Probe
from screenagent.mcp.client_run import PERSON_STOPPED
from screenagent.mcp.going_on import QUESTION
from screenagent.sessions.answers import Answer, AnswerInWords, Yes
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import QuestionTold
from screenagent.sessions.place import LiveRun, live_runs
from tests.builders import eventually
from tests.mcp.conftest import act, click, data, frame_of
from tests.mcp.test_display import presses, server
from tests.paths import ROOT

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = [pytest.mark.display, pytest.mark.slow, pytest.mark.anyio]

GO_ON: Final = QUESTION.partition("{")[0]


def answer(words: str, said: Answer) -> None:
    """Attach to the run that is under way, wait until it asks something with these words, and answer."""
    eventually(live_runs)
    face = RemoteAttachment(live_runs()[0], "the person", lambda: None)
    asked: list[QuestionTold] = []

    def is_asked() -> bool:
        asked.extend(message for message in face.read() if isinstance(message, QuestionTold))
        return bool(asked)

    try:
        eventually(is_asked)
        assert words in describe(asked[-1].action)
        face.answer(asked[-1].id, said)
    finally:
        face.detach()


def command(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-m", "screenagent", *words]
    return subprocess.run(called, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def environment(virtual: VirtualDesktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told = {"XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": virtual.display, "PYTHONPATH": str(ROOT)}
    return os.environ | virtual.environment | told


def run_at_work() -> tuple[LiveRun, Driver]:
    """Wait for a run that has the desktop and is attached to."""
    eventually(lambda: live_runs() and drivers())
    [driver], [run] = drivers(), live_runs()
    return run, driver


@pytest.mark.parametrize("by_name", [False, True])
async def test_a_stop_from_a_terminal_holds_the_client_until_the_person_says_go_on(
    by_name: bool, virtual: VirtualDesktop, environment: Mapping[str, str]
) -> None:
    with Probe(virtual.display) as probe:
        async with Client(server(environment)) as client:
            asked = act(await frame_of(client), click("one"))
            calling = asyncio.create_task(client.call_tool("act", asked))
            run, driver = await asyncio.to_thread(run_at_work)
            meant = [run.about.run] if by_name else ["--display", virtual.display]
            stopped = await asyncio.to_thread(command, environment, "stop", *meant)
            assert (stopped.returncode, stopped.stderr.startswith("stopped “mcp over MCP")) == (0, True), stopped
            assert driver.outlives
            told = data(await calling)
            assert (told["outcome"], told["by"], told["reason"]) == ("stopped", "person", PERSON_STOPPED)
            held = data(await client.call_tool("act", act(await frame_of(client), click("one"))))
            assert (held["outcome"], held["by"]) == ("stopped", "person")
            await asyncio.to_thread(answer, GO_ON, AnswerInWords(text="no"))
            frame = await frame_of(client)
            assert data(await client.call_tool("act", act(frame, click("two"))))["by"] == "person"
            assert presses(probe) == 0
            await asyncio.to_thread(answer, GO_ON, AnswerInWords(text="yes"))
            await asyncio.to_thread(eventually, lambda: not live_runs())
            calling = asyncio.create_task(client.call_tool("act", act(frame, click("two"))))
            await asyncio.to_thread(answer, "two", Yes())
            assert data(await calling)["outcome"] == "changed"
            assert presses(probe) == 1
            assert drivers()[0].pid == driver.pid


async def test_a_client_that_waits_for_its_person_goes_on_after_resume(
    virtual: VirtualDesktop, environment: Mapping[str, str]
) -> None:
    with Probe(virtual.display) as probe:
        async with Client(server(environment, "--approve", "never")) as client:
            first = data(await client.call_tool("act", act(await frame_of(client), click("one"))))
            run, _ = await asyncio.to_thread(run_at_work)
            face = RemoteAttachment(run, "the person", lambda: None)
            face.steer("pause")
            calling = asyncio.create_task(client.call_tool("act", act(first["frame"], click("two"))))
            await asyncio.sleep(0.5)  # it has begun, and waits
            assert (calling.done(), presses(probe)) == (False, 1)
            resumed = await asyncio.to_thread(command, environment, "resume", "--display", virtual.display)
            assert resumed.returncode == 0, resumed
            assert data(await calling)["outcome"] == "changed"
            assert presses(probe) == 2
            face.detach()
