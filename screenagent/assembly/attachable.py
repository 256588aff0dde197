"""Makes a run one that faces can attach to. What that takes is loaded while the agent waits for something else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from screenagent.control import Control
from screenagent.events import Event, Verdict
from screenagent.showing import tell

if TYPE_CHECKING:
    from screenagent.approval import ApprovalQuestion
    from screenagent.sessions.messages import About
    from screenagent.sessions.session import Session

LATEST_SECONDS: Final = 3.0
"""After the desktop is open, faces can attach so soon at the latest; the first input is mostly sent by then."""

Met = Callable[["Session"], Callable[[], object]]
"""Called once faces can attach, in a thread of ours; what it returns is called when the faces know that it is over."""


class AttachableRun:
    """A sink of a run's events and what asks its questions, which hands both on to the run's session.

    The session is made in a thread of its own: with the first question, after the first input, or a moment after the
    desktop is open. What happened before is told to it then.
    """

    def __init__(
        self,
        task: str,
        control: Control,
        *,
        seconds: float | None,
        desktop: str = "",
        answer_keys: str = "",
        plans_anew: bool = False,
        met: Met = lambda _: lambda: None,
    ) -> None:
        """`seconds` is the time for an answer; see `Met`."""
        self._task, self._control, self._seconds = task, control, seconds
        self._desktop, self._answer_keys, self._plans_anew = desktop, answer_keys, plans_anew
        self._met = met
        self._left: Callable[[], object] = lambda: None
        self._folder: Path | None = None
        self._display = ""
        self._session: Session | None = None
        self._early: list[Event] = []
        self._telling = threading.Lock()  # protects what was told early, until the session is there
        self._begins, self._made = threading.Event(), threading.Event()
        self._is_over = False
        self._stack = ExitStack()
        self._thread = threading.Thread(target=self._make, name="live run", daemon=True)

    def __enter__(self) -> Self:
        return self

    def opened(self, folder: Path | None, display: str, *, at_once: bool = False) -> None:
        """Say where the run is recorded, and which display its virtual desktop has."""
        self._folder, self._display = folder, display
        if at_once:
            self._begins.set()
        self._thread.start()

    def __call__(self, event: Event) -> None:
        with self._telling:
            if self._session is None:
                self._early.append(event)
            else:
                self._session(event)
        if event.event == "acted":  # from here on the screen is waited for
            self._begins.set()

    def ask(self, question: ApprovalQuestion) -> Verdict | None:
        self._begins.set()
        self._made.wait()
        assert self._session is not None
        return self._session.ask(question)

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        self._is_over = not self._begins.is_set()  # too soon for anybody to attach
        self._begins.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._session is not None:
            self._session.end(f"{type(error).__name__}: {error}" if isinstance(error, Exception) else "")
        self._stack.close()
        self._left()

    # In its own thread

    def _make(self) -> None:
        self._begins.wait(LATEST_SECONDS)
        if self._is_over:
            return
        self._begins.set()
        try:
            session = self._new_session()
        finally:
            self._made.set()  # a question waits for it
        from screenagent.sessions.server import served

        self._stack.enter_context(served(session, unable=lambda why: tell(f"screenagent: {why}")))
        self._left = self._met(session)

    def _new_session(self) -> Session:
        from screenagent.sessions.session import Session

        session = Session(self._about(), self._control, seconds=self._seconds)
        with self._telling:
            for event in self._early:
                session(event)
            self._session = session
        return session

    def _about(self) -> About:
        from screenagent.sessions.messages import About

        return About(
            run=self._folder.name if self._folder else "",
            task=self._task,
            pid=os.getpid(),
            folder=str(self._folder.absolute() if self._folder else ""),
            desktop=self._desktop,
            display=self._display,
            answer_keys=self._answer_keys,
            plans_anew=self._plans_anew,
        )
