"""A run that a client has begun, in a thread of its own. Faces attach to it as to every other run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from screenagent.agent import drive
from screenagent.approval import Asker
from screenagent.assembly.attachable import AttachableRun
from screenagent.assembly.supervised import SupervisedWork
from screenagent.control import Control, Stopped
from screenagent.episode import Episode
from screenagent.events import Event
from screenagent.mcp.planner import AttributedPlanner, ClientPlanner, SeenApprover
from screenagent.sessions.session import Session

Opens = Callable[[Control, Asker], AbstractContextManager[SupervisedWork]]
"""Opens the desktop for the run, and with it the agent."""

MakesLive = Callable[[str, Control, Callable[[Session], Callable[[], object]]], AttachableRun]
"""Makes what lets faces attach to a run of this task."""


PERSON_STOPPED: Final = "the person at the machine stopped you; wait until they say go on there"


@dataclass(frozen=True)
class RunAsked:
    """What a client wants to be done; `planner` plans it if the opened agent's own does not. What a run `says` before
    all else is a thought among its events."""

    task: str
    client: str
    opens: Opens
    planner: ClientPlanner | None = None
    says: str = ""

    @property
    def shown_as(self) -> str:
        return f"{self.client} over MCP: {self.task}"


class ClientRun:
    """`ended` is called in the thread of the run once its desktop is let go.

    A run that is over is remembered for what is asked of it later, without its pictures and all that it worked with.
    """

    def __init__(self, asked: RunAsked, control: Control, makes_live: MakesLive, ended: Callable[[], object]) -> None:
        self.control = control
        self.episode = Episode()
        self.over = threading.Event()
        self.opened = threading.Event()
        """The desktop is ours, or the run is over."""
        self.broke: Exception | None = None
        self.stopped_by_client = False
        self._session: Session | None = None
        self._ended = ended
        self._makes_live = makes_live
        self._thread = threading.Thread(target=self._work, args=(asked,), name="client's run", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> bool:
        """Stop it for the client; return whether there was something to stop."""
        if self.over.is_set() or self.control.stopped:
            return False
        self.stopped_by_client = True
        self.control.stop()
        return True

    @property
    def question(self) -> str:
        """What a person is being asked, in words; empty if nothing is."""
        return self._session.waits_for if self._session else ""

    @property
    def has_person(self) -> bool:
        """Whether a face is attached that may answer."""
        return self._session is not None and bool(self._session.holder)

    @property
    def pause(self) -> str:
        """Why the run waits for the person to let it go on; empty if it does not."""
        paused = self.episode.paused
        return f"the person has paused it {paused.why}".strip() if paused else ""

    @property
    def waits_for(self) -> str:
        """What keeps a step from being done now, in words."""
        return self.question or self.pause or "its steps are under way"

    @property
    def is_stopped(self) -> bool:
        """Whether a stop was said, also as the answer to a question."""
        ended = self.episode.ended
        return self.control.stopped or (ended is not None and ended.result == "stopped")

    @property
    def stopped_by_person(self) -> bool:
        return self.is_stopped and self.control.lost is None and not self.stopped_by_client

    @property
    def is_ending(self) -> bool:
        return self.over.is_set() or self.broke is not None or self.episode.ended is not None

    @property
    def why_ended(self) -> str:
        """Why no more steps come, in words."""
        if self.stopped_by_person:
            return PERSON_STOPPED
        if self.stopped_by_client:
            return "you stopped it, or gave the call up"
        ended = self.episode.ended
        return str(self.control.lost or self.broke or (ended and ended.message) or "the run is over")

    def _work(self, asked: RunAsked) -> None:
        try:
            with self._makes_live(asked.shown_as, self.control, self._meet) as live:
                self._drive(live, asked)
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 -- told to the client, whose server goes on
            self.broke = error
        finally:
            self.control.over.set()
            self.over.set()
            self.opened.set()
            self._ended()
            self._forget()

    def _forget(self) -> None:
        """Let go of the pictures, and of those who listen to the control, which have pictures, too."""
        self.episode, self._session = self.episode.without_pictures(), None
        heard, self.control = self.control, Control()
        if heard.lost is not None:
            self.control.end(heard.lost)
        elif heard.stopped:
            self.control.stop()

    def _drive(self, live: AttachableRun, asked: RunAsked) -> None:
        with asked.opens(self.control, live.ask) as work:
            live.opened(work.folder, work.virtual_display, at_once=True)
            self.opened.set()
            planner = AttributedPlanner(asked.planner or work.agent.planner, asked.says)
            steps = asked.planner
            approver = SeenApprover(work.agent.approver, steps) if steps else work.agent.approver
            agent = replace(work.agent, planner=planner, approver=approver)
            drive(agent, asked.task, *work.sinks, live, self._follow)

    def _follow(self, event: Event) -> None:
        self.episode = self.episode.after(event)

    def _meet(self, session: Session) -> Callable[[], object]:
        self._session = session
        return lambda: None
