"""What waits for a person, as the page shows it, and what becomes of it when a person settles it there."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from screenagent.approval.answers import QUIET_SECONDS
from screenagent.errors import BadFile, UserError
from screenagent.geometry import Value
from screenagent.runs.store import kept_picture
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.entries import (
    AlreadySettled,
    Entry,
    LiveQuestion,
    MissedQuestion,
    RowEntry,
    WaitingEntries,
    title,
    ways_to_settle,
)
from screenagent.sessions.entry_words import age, particulars
from screenagent.sessions.inbox import Inbox
from screenagent.sessions.live_questions import stop_play
from screenagent.sessions.waiting import kept_waiting, settle, waiting
from screenagent.showing import visible
from screenagent.web.pictures import png_of

Way = Literal["continue", "skip", "done", "dismiss", "teach", "stop"]
"""How an entry is settled from the page. A live question is answered in the page of its run."""

START_SECONDS: Final = 5.0
"""A play that is not under way by then is still starting."""
HEAL_SECONDS: Final = 60.0
MOST_SAID: Final = 8_000
"""Characters of a command's output that are shown; the last of them."""


class ShownEntry(Value):
    """An entry of the inbox. `version` changes if anything of the entry does, so a page cannot settle what it has not
    shown. `run` is the id of the live run that asks."""

    id: str
    version: str
    kind: Literal["row", "question", "live"]
    title: str
    what: str
    why: str
    age: str
    particulars: tuple[str, ...]
    has_picture: bool
    ways: tuple[str, ...]
    command: str = ""
    run: str = ""


class ShownWaits(Value):
    entries: tuple[ShownEntry, ...]
    problems: tuple[str, ...]


class EntrySettling(Value):
    """What a person says of an entry, with the version that the page showed."""

    version: str = Field(max_length=64)
    way: Way
    now: bool = False
    """With continue: play the row now."""


class EntrySettled(Value):
    """What was done, in sentences."""

    said: tuple[str, ...]


class WaitsBoard:
    """What waits for this user. Several threads may call it, each method for itself."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        look: Callable[[Inbox], WaitingEntries] = waiting,
        run: Callable[[Sequence[str], str, float], str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`run` carries out a command in a folder, for at most so many seconds, and returns what it said."""
        self._inbox, self._look, self._run, self._now = inbox, look, run or said_by, now
        self._shown: dict[tuple[str, str], float] = {}

    def shown(self, *, answers: bool) -> ShownWaits:
        """Look what waits now. Only a page that `answers` is told the ways to settle it."""
        found = self._look(self._inbox)
        entries = tuple(_shown_entry(entry, answers=answers) for entry in found.entries)
        at = self._now()
        self._shown = {key: self._shown.get(key, at) for key in ((entry.id, entry.version) for entry in entries)}
        return ShownWaits(entries=entries, problems=tuple(map(visible, found.problems)))

    def settle(self, id: str, asked: EntrySettling) -> EntrySettled:
        """Do what a person says. Raise `AlreadySettled` if the entry waits no more, `NotGranted` if it is another."""
        entry = self._as_shown(id, asked.version)
        if asked.way not in ways_to_settle(entry):
            raise UserError(f"{asked.way!r} does not settle this; say {', '.join(ways_to_settle(entry))}")
        try:
            return EntrySettled(said=tuple(map(visible, self._settle(entry, asked))))
        except OSError as error:
            raise UserError(f"nothing was settled: {error.filename or ''}: {error.strerror or error}") from error

    def picture(self, id: str) -> bytes | None:
        """Return the picture of an entry as a PNG file, from the folder of its run; None if none is kept."""
        entry = next((entry for entry in self._look(self._inbox).entries if entry.id == id), None)
        if entry is None or entry.picture is None:
            return None
        try:
            return png_of(kept_picture(Path(entry.run), entry.screen))
        except BadFile:
            return None

    def _as_shown(self, id: str, version: str) -> RowEntry | MissedQuestion:
        """Return the entry as it waits now, if the page has shown it just so, and for long enough to be read."""
        entry = next((entry for entry in kept_waiting(self._inbox).entries if entry.id == id), None)
        if entry is None or isinstance(entry, LiveQuestion):
            raise AlreadySettled("it is settled already; nothing was done")
        since = self._shown.get((id, version))
        if since is None or version != _version(entry):
            raise NotGranted("it has changed since the page showed it; look at it again. Nothing was done")
        if self._now() - since < QUIET_SECONDS:
            raise NotGranted("it has only just come; nothing was done")
        return entry

    def _settle(self, entry: RowEntry | MissedQuestion, asked: EntrySettling) -> Sequence[str]:
        match entry, asked.way:
            case RowEntry(), "teach":
                return self._taught(entry)
            case RowEntry(), "stop":
                return (f"the run {stop_play(entry)} stops; the row still waits",)
            case RowEntry(), "continue":
                said = settle(self._inbox, entry, "continue")
                return (said, self._played(entry) if asked.now else f"play it by: {_play_command(entry)}")
            case _, ("continue" | "skip" | "done" | "dismiss") as how:
                return (settle(self._inbox, entry, how),)
            case _:
                raise UserError(f"{asked.way!r} settles rows alone")

    def _played(self, entry: RowEntry) -> str:
        command, name, *rest = entry.play.words(entry.row)
        return self._run((command, name, "--detach", *rest), entry.play.folder, START_SECONDS)

    def _taught(self, entry: RowEntry) -> Sequence[str]:
        """Show what the replay had to heal; taking it over, and recording a step anew, need a terminal and hands."""
        if not entry.run or not Path(entry.run).is_dir():
            return ("the run is not kept any more, so it cannot be said what it had to heal", *_lessons(entry))
        said = self._run(entry.words_to_heal(), entry.play.folder, HEAL_SECONDS)
        return (said, f"take it over: {shlex.join(entry.words_to_heal())}", *_lessons(entry))


def _lessons(entry: RowEntry) -> Sequence[str]:
    failed = (f"it failed at: {entry.step}",) if entry.step else ()
    record = f"do it once yourself, and take the steps over: {shlex.join(entry.words_to_record())}"
    return (*failed, record, "then play the row again: continue")


def _shown_entry(entry: Entry, *, answers: bool) -> ShownEntry:
    is_live = isinstance(entry, LiveQuestion)
    return ShownEntry(
        id=entry.id,
        version=_version(entry),
        kind=entry.kind,
        title=visible(title(entry)),
        what=visible(entry.what),
        why=visible(entry.why),
        age=age(entry.at),
        particulars=tuple(map(visible, particulars(entry))),
        has_picture=entry.picture is not None,
        ways=ways_to_settle(entry) if answers and not is_live else (),
        command=visible(_play_command(entry)) if isinstance(entry, RowEntry) else "",
        run=entry.run_id if isinstance(entry, LiveQuestion) else "",
    )


def _play_command(entry: RowEntry) -> str:
    return shlex.join(entry.play.words(entry.row))


def _version(entry: Entry) -> str:
    written = entry.model_dump_json(exclude={"told", "seconds", "holder"})
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def said_by(words: Sequence[str], folder: str, seconds: float) -> str:
    """Run a command of ours, and return what it says within `seconds`; it goes on if it takes longer."""
    said: Future[str] = Future()

    def work() -> None:
        try:
            said.set_result(_output(words, folder))
        except OSError as error:
            said.set_result(f"it cannot be started: {error.strerror}")

    threading.Thread(target=work, name="command of the inbox", daemon=True).start()
    try:
        return said.result(seconds)
    except TimeoutError:
        return "it is still at it, and goes on"


def _output(words: Sequence[str], folder: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder if os.path.isdir(folder) else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = ended.stdout.decode(errors="replace").strip()[-MOST_SAID:]
    return said or f"it ended with {ended.returncode} and said nothing"
