"""The open questions of this user's live runs, which are asked for them anew each time, and their answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from screenagent.actions import Ask
from screenagent.events import Observed
from screenagent.runs.store import read_run
from screenagent.sessions.answers import Answer
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.entries import (
    AlreadySettled,
    LiveQuestion,
    RowEntry,
    WaitingEntries,
    asked_words,
    entry_id,
    short,
)
from screenagent.sessions.messages import About, EventTold, HolderTold, Message, OverTold, QuestionClosed, QuestionTold
from screenagent.sessions.place import LiveRun, live_runs

FACE: Final = "the inbox"
NOTHING: Final = 1 << 40
"""A face that asks for the messages from this number on is told none."""
LATEST: Final = 400
"""So many of the last messages tell what is open; a question is followed by few."""
READ_SECONDS: Final = 2.0
AT_A_TIME: Final = 8


def live_waiting() -> WaitingEntries:
    """Return the open questions of all live runs, and a sentence for each run that does not answer."""
    runs = live_runs()
    if not runs:
        return WaitingEntries(entries=())
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="live questions") as pool:
        found = list(pool.map(_question_or_problem, runs))
    entries = tuple(question for question in found if isinstance(question, LiveQuestion))
    return WaitingEntries(entries=entries, problems=tuple(problem for problem in found if isinstance(problem, str)))


def answer(entry: LiveQuestion, answer: Answer) -> None:
    """Answer an open question. The yes is taken if nobody holds it, and given back.

    Raise `NotGranted`, which says who holds it, or `AlreadySettled` if the question is not open any more.
    """
    with closing(_attached(entry)) as face:
        try:
            face.answer(entry.question, answer)
        except NotGranted:
            if not _is_open(entry):
                raise AlreadySettled(f"the question of “{entry.task}” is not open any more; nothing was done") from None
            raise


def stop(entry: LiveQuestion) -> None:
    """Stop the run of an open question."""
    with closing(_attached(entry)) as face:
        face.steer("stop")


class _Attached(RemoteAttachment):
    """An attachment that is closed as other things are."""

    def close(self) -> None:
        self.detach()


def _attached(entry: LiveQuestion) -> _Attached:
    run = next((run for run in live_runs() if run.about.run == entry.run_id), None)
    if run is None:
        raise AlreadySettled(f"the run of “{entry.task}” is over; nothing was done")
    return _Attached(run, FACE, lambda: None, since=NOTHING)


def _is_open(entry: LiveQuestion) -> bool:
    run = next((run for run in live_runs() if run.about.run == entry.run_id), None)
    found = open_question(run) if run else None
    return found is not None and found.question == entry.question


def _question_or_problem(run: LiveRun) -> LiveQuestion | str | None:
    try:
        return open_question(run)
    except NotGranted as error:
        return short(f"the run {run.about.run}: {error}")


def open_question(run: LiveRun) -> LiveQuestion | None:
    """Return the question that waits in a run; None if none does. Raise `NotGranted` if the run does not answer."""
    came = threading.Event()
    with closing(_Attached(run, FACE, came.set, since=NOTHING, watches=True)) as face:
        about, attached = face.about, face.attached
    last = attached.next
    if not attached.waits_for:
        return None
    told = _told(run, max(0, last - LATEST), came)
    if (asked := _open(told)) is None:
        return None
    if not any(isinstance(message, HolderTold) for message in told) and last > LATEST:
        told = _told(run, 0, came)
    holder = next((message.name for message in reversed(told) if isinstance(message, HolderTold)), "")
    events = (message.event for message in reversed(told) if isinstance(message, EventTold))
    screen = next((event.screenshot.digest for event in events if isinstance(event, Observed)), "")
    return live_entry(about, asked, holder=holder, screen=screen)


def _told(run: LiveRun, since: int, came: threading.Event) -> Sequence[Message]:
    """Return the messages from `since` on that a run has told so far."""
    told: list[Message] = []
    deadline = time.monotonic() + READ_SECONDS
    with closing(_Attached(run, FACE, came.set, since=since, watches=True)) as face:
        while (told[-1].number + 1 if told else since) < face.attached.next and time.monotonic() < deadline:
            came.wait(max(0.0, deadline - time.monotonic()))
            came.clear()
            told += face.read()
            if told and isinstance(told[-1], OverTold):
                break
    return told


def _open(told: Sequence[Message]) -> QuestionTold | None:
    last = next((message for message in reversed(told) if isinstance(message, QuestionTold | QuestionClosed)), None)
    is_over = bool(told) and isinstance(told[-1], OverTold)
    return last if isinstance(last, QuestionTold) and not is_over else None


def live_entry(about: About, asked: QuestionTold, *, holder: str, screen: str) -> LiveQuestion:
    """Return the entry of a question that is open in a run."""
    since = _asked_at(about.folder)
    left = asked.seconds
    if left is not None and since is not None:
        left = max(0.0, left - (datetime.now().astimezone() - since).total_seconds())
    return LiveQuestion(
        id=entry_id("live", about.run, asked.id),
        at=since,
        what=asked_words(asked.action),
        why=short(asked.risk or asked.note),
        run=about.folder,
        screen=screen,
        task=short(about.task),
        run_id=about.run,
        question=asked.id,
        points=tuple(place.point for place in asked.locations),
        holder=short(holder),
        in_words=isinstance(asked.action, Ask),
        seconds=left,
    )


def _asked_at(folder: str) -> datetime | None:
    """Return when a run last wrote to its log, which it does right before it asks; None if it is not recorded."""
    with suppress(OSError):
        if folder:
            return datetime.fromtimestamp((Path(folder) / "events.jsonl").stat().st_mtime).astimezone()
    return None


def stop_play(entry: RowEntry) -> str:
    """Stop the live run that plays the script of a row; return its id. Raise `NotGranted` if none does."""
    for run in live_runs():
        with (
            suppress(OSError, ValueError, NotGranted),
            closing(_Attached(run, FACE, lambda: None, watches=True)) as face,
        ):
            folder = face.about.folder
            if folder and read_run(Path(folder)).settings.get("script") == entry.play.script:
                face.steer("stop")
                return run.about.run
    raise NotGranted("no play of this script is under way; `screenagent stop` stops whatever else is at work")
