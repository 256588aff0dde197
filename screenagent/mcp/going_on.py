"""Asks the person who stopped a client whether it may go on. Nothing of the client's is done until they say so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from screenagent.actions import Ask
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control, Stopped
from screenagent.episode import Episode
from screenagent.events import AnswerAsk, Ended, Started, Verdict
from screenagent.mcp.client_run import MakesLive

YES: Final = ("y", "yes", "ok", "go on", "continue")
QUESTION: Final = "You stopped {client}, which asks for more. May it go on? yes or no"


class GoingOn:
    """One question at a time; a question that nobody answers is asked again at the client's next call."""

    def __init__(self, makes_live: MakesLive) -> None:
        self._makes_live = makes_live
        self._asking: Control | None = None

    def ask(self, client: str, goes_on: Callable[[], object]) -> None:
        """Ask, unless it is being asked; call `goes_on` if the answer is yes. It does not wait for it."""
        if self._asking is None:
            self._asking = control = Control()
            threading.Thread(target=self._ask, args=(client, control, goes_on), name="going on", daemon=True).start()

    def stop(self) -> None:
        """Withdraw the question."""
        if (control := self._asking) is not None:
            control.stop()

    def _ask(self, client: str, control: Control, goes_on: Callable[[], object]) -> None:
        task = f"{client} over MCP: whether it may go on after your stop"
        question = ApprovalQuestion(Ask(question=QUESTION.format(client=client)), (), None, Episode(task=task))
        said = None
        try:
            with self._makes_live(task, control, lambda _: lambda: None) as live:
                live(Started(task=task))
                live.opened(None, "", at_once=True)
                said = live.ask(question)
                live(Ended(result="done", message="it may go on" if _is_yes(said) else "it may not go on"))
        except Stopped:
            pass
        finally:
            if _is_yes(said):
                goes_on()
            self._asking = None


def _is_yes(said: Verdict | None) -> bool:
    return isinstance(said, AnswerAsk) and said.text.strip(" .!").lower() in YES
