"""A run that the console carries out itself, in a thread of its own, as one face of its session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from screenagent.agent import drive
from screenagent.console.options import Begin, ConsoleOptions
from screenagent.sessions.attachment import Attachment, News
from screenagent.sessions.messages import About
from screenagent.sessions.place import new_run_id
from screenagent.sessions.session import Session

Serve = Callable[[Session], AbstractContextManager[object]]
"""Lets other faces attach to the run, for as long as it is entered."""

NAME = "this console"


class OwnRun:
    def __init__(self, task: str, begin: Begin, options: ConsoleOptions) -> None:
        self.control = options.control()
        self.task = task
        about = About(
            run=new_run_id(task),
            task=task,
            pid=os.getpid(),
            desktop=options.desktop,
            answer_keys=options.answer_keys,
            plans_anew=options.plans_anew,
        )
        self.session = Session(about, self.control, seconds=options.answer_seconds)
        self._begin, self._serve = begin, options.serve or nullcontext

    def attach(self, news: News) -> Attachment:
        return self.session.attach(NAME, news)

    def carry_out(self) -> None:
        """Work until the run is over; raises what broke it, once its faces have been told."""
        try:
            with self._told_how_it_ends(), self._begin(self.control, self.session.ask) as work:
                self.session.recorded_in(work.folder, work.virtual_display)
                with self._serve(self.session), self._told_how_it_ends():
                    drive(work.agent, self.task, *work.sinks, self.session)
        finally:
            self.control.over.set()

    @contextmanager
    def _told_how_it_ends(self) -> Iterator[None]:
        """Tell the faces the end while they are still served, or why it did not even begin."""
        try:
            yield
        except Exception as error:
            self.session.end(str(error))
            raise
        self.session.end()
