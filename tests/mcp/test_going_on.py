"""The question whether a stopped client may go on is answered in the console like every other one in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from screenagent.assembly.attachable import AttachableRun
from screenagent.console.app import Console
from screenagent.console.dialogs import PromptScreen
from screenagent.console.options import ConsoleOptions
from screenagent.control import Control
from screenagent.mcp.going_on import GoingOn
from screenagent.sessions.session import Session
from tests.builders import eventually
from tests.console.console_runs import piloted, until


@piloted
async def test_a_word_in_the_console_lets_the_client_go_on(runtime: Path) -> None:
    sessions: list[Session] = []

    def live(task: str, control: Control, _: Callable[[Session], Callable[[], object]]) -> AttachableRun:
        def met(session: Session) -> Callable[[], object]:
            sessions.append(session)
            return lambda: None

        return AttachableRun(task, control, seconds=20, met=met)

    asking, goes_on = GoingOn(live), threading.Event()
    asking.ask("Ada", goes_on.set)
    eventually(lambda: sessions and sessions[0].open_question)
    console = Console(
        lambda _: (_ for _ in ()).throw(AssertionError),
        ConsoleOptions(runs=runtime, ignore_keys_seconds=0.05),
        attach=lambda news: sessions[0].attach("console", news),
    )
    async with console.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: console.supervising and console.supervising.question)
        await until(pilot, lambda: isinstance(console.screen, PromptScreen))
        await pilot.press(*"yes", "enter")
        await until(pilot, goes_on.is_set)
    asking.stop()
