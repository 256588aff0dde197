"""Carries out what a person says of an entry of the inbox."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from screenagent.cli.inbox import the_inbox
from screenagent.cli.output import confirm, echo, secho
from screenagent.cli.running import is_terminal
from screenagent.sessions import live_questions
from screenagent.sessions.answers import Answer, AnswerInWords, No, Yes
from screenagent.sessions.entries import Entry, How, LiveQuestion, MissedQuestion, RowEntry, ways_to_settle
from screenagent.sessions.live_questions import stop_play
from screenagent.sessions.waiting import settle

_HOW: dict[str, How] = {"continue": "continue", "skip": "skip", "done": "done", "dismiss": "dismiss"}


def carry_out_answer(entry: Entry, word: str, reason: str = "", *, runs_it: bool = False) -> int:
    """Do what `word` says of an entry; return the exit code. Raises `UsageError` if it says nothing of such an one."""
    if word not in ways_to_settle(entry):
        raise click.UsageError(f"{word!r} is no answer to this; say {', '.join(ways_to_settle(entry))}")
    if reason and word not in ("no", "reply"):
        raise click.UsageError(f"{word!r} takes no reason; it was {reason!r}")
    match entry:
        case LiveQuestion():
            return _answer(entry, word, reason)
        case MissedQuestion():
            secho(settle(the_inbox(), entry, "dismiss"), err=True)
        case RowEntry():
            return _of_row(entry, word, runs_it=runs_it)
    return 0


def _answer(entry: LiveQuestion, word: str, reason: str) -> int:
    if word == "stop":
        live_questions.stop(entry)
        secho(f"the run of “{entry.task}” stops", err=True)
        return 0
    if word == "reply" and not reason:
        raise click.UsageError("write the words of the answer behind it: reply WORDS")
    said: dict[str, Answer] = {"yes": Yes(), "no": No(reason=reason), "reply": AnswerInWords(text=reason)}
    live_questions.answer(entry, said[word])
    secho(f"{word}: {entry.what}", err=True)
    return 0


def _of_row(entry: RowEntry, word: str, *, runs_it: bool) -> int:
    match word:
        case "stop":
            secho(f"the run {stop_play(entry)} stops; the row still waits", err=True)
        case "teach":
            return _teach(entry)
        case "continue":
            return _play_again(entry, runs_it=runs_it)
        case _:
            secho(settle(the_inbox(), entry, _HOW[word]), err=True)
    return 0


def _play_again(entry: RowEntry, *, runs_it: bool) -> int:
    """Let the row be played again, and play it if the person says so."""
    secho(settle(the_inbox(), entry, "continue"), err=True)
    words = entry.play.words(entry.row)
    echo(shlex.join(words))
    if not runs_it and not (is_terminal() and confirm("play it now?", default=False, err=True)):
        echo("it is played with the next play of these rows, or by this command", err=True)
        return 0
    return _run(words, entry.play.folder)


def _teach(entry: RowEntry) -> int:
    """Show what the replay had to heal, which can be taken over; what failed for good is to be recorded anew."""
    if not entry.run or not Path(entry.run).is_dir():
        secho("the run is not kept any more, so it cannot be said what it had to heal", fg="yellow", err=True)
        return 1
    code = _run(entry.words_to_heal(), entry.play.folder)
    if entry.step:
        echo(f"it failed at: {entry.step}", err=True)
    if entry.picture:
        echo(f"the screen then: {entry.picture}", err=True)
    echo(f"do it once yourself, and take the steps over: {shlex.join(entry.words_to_record())}", err=True)
    echo("then play the row again: continue", err=True)
    return code


def _run(words: Sequence[str], folder: str) -> int:
    """Run a command of ours, in the folder that it was called in if that is still there."""
    where = folder if os.path.isdir(folder) else None
    with suppress(KeyboardInterrupt):  # the command has had it too
        return subprocess.run([sys.executable, "-m", *words], cwd=where, check=False).returncode
    return 130
