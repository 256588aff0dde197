"""Puts into the inbox what a run leaves to a person: a question that nobody answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from screenagent.approval import ApprovalQuestion
from screenagent.events import Ended, Event
from screenagent.sessions.entries import Entry, KeptEntry, MissedQuestion, asked_words, entry_id, short
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.notify import Notifier
from screenagent.settings import Settings

Say = Callable[[str], object]


@dataclass
class KeptInbox:
    """Keeps entries for a run, which goes on if that fails; what is wrong is said once."""

    inbox: Inbox
    tell: Callable[[Entry], object]
    say: Say
    _has_complained: bool = field(init=False, default=False)

    def put(self, entry: KeptEntry, *, is_news: bool) -> None:
        try:
            self.inbox.put(entry)
        except OSError as error:
            self._complain(error)
        if is_news:
            self.tell(entry)

    def remove(self, id: str) -> None:
        try:
            self.inbox.remove(id)
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._has_complained:
            self._has_complained = True
            self.say(f"the inbox cannot be written: {error.filename or self.inbox.folder}: {error.strerror or error}")


@contextmanager
def kept_inbox(settings: Settings, say: Say) -> Iterator[KeptInbox]:
    """The inbox of this user, for a run; as it is left, the commands that notify are waited for."""
    with Notifier(settings.notify, say) as tell:
        yield KeptInbox(Inbox(settings.inbox), tell, say)


@dataclass
class MissedQuestions:
    """Keeps the question of a run that nobody has answered, the last one. As a sink, it puts that away if the run is
    done."""

    kept: KeptInbox
    task: str
    run: Path
    _has_missed: bool = field(init=False, default=False)

    def __call__(self, event: Event) -> None:
        if self._has_missed and isinstance(event, Ended) and event.result == "done":
            self.kept.remove(self._id)

    @property
    def _id(self) -> str:
        return entry_id("question", str(self.run))

    def keep(self, question: ApprovalQuestion) -> None:
        screen = question.episode.screenshot
        entry = MissedQuestion(
            id=self._id,
            at=datetime.now().astimezone(),
            what=asked_words(question.action),
            why=short(question.risk or ""),
            run=str(self.run),
            screen=screen.digest if screen else "",
            task=short(self.task),
        )
        self.kept.put(entry, is_news=not self._has_missed)
        self._has_missed = True
