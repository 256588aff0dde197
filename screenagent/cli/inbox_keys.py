"""Goes through the inbox with a person at the terminal: one entry after the other, each answered with a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import click

from screenagent.approval.answers import QuietTime
from screenagent.cli.inbox import Numbered, entry_details, view_picture
from screenagent.cli.inbox_answers import carry_out_answer
from screenagent.cli.output import echo, secho
from screenagent.cli.typed import read_key, read_line
from screenagent.errors import UserError
from screenagent.sessions.entries import Entry, ways_to_settle

KEYS: Final[Mapping[str, str]] = {
    "yes": "y",
    "no": "n",
    "reply": "r",
    "continue": "c",
    "skip": "s",
    "done": "d",
    "teach": "t",
    "dismiss": "d",
    "stop": "x",
}
"""The key of each word that answers an entry; of each kind of entry the keys differ."""

LATER: Final = frozenset("\r\n l")
PICTURE: Final = "p"
LEAVE: Final = frozenset("q\x1b\x04")


def go_through(entries: Sequence[Numbered]) -> None:
    """Ask about each entry, until the person leaves. What is refused is said, and the next is asked about."""
    for one in entries:
        echo("", err=True)
        echo(f"{one.number}", err=True)
        for line in entry_details(one.entry):
            echo(line, err=True)
        if not _asked(one.entry):
            return


def _asked(entry: Entry) -> bool:
    """Ask what becomes of an entry, and do it; return whether the person goes on."""
    words = {KEYS[word]: word for word in ways_to_settle(entry)}
    offered = ", ".join(f"[{key}] {word}" for key, word in words.items()) + (", [p] picture" if entry.picture else "")
    while True:
        echo(f"  {offered}, [Enter] later, [q] leave: ", err=True, nl=False)
        key = read_key(QuietTime())
        echo("", err=True)
        if key is None or key in LEAVE:
            return False
        if key in LATER:
            return True
        if key == PICTURE:
            _open(entry)
        elif (word := words.get(key.lower())) is not None and _done(entry, word):
            return True


def _open(entry: Entry) -> None:
    try:
        view_picture(entry)
    except click.ClickException as error:
        secho(str(error), fg="yellow", err=True)


def _done(entry: Entry, word: str) -> bool:
    """Do what was said; return whether the entry needs nothing more now."""
    reason = ""
    if word in ("no", "reply"):
        said = read_line("  why not? " if word == "no" else f"  {entry.what} ", waits=lambda: True)
        if said is None or (word == "reply" and not said.strip()):
            return False
        reason = said.strip()
    try:
        carry_out_answer(entry, word, reason)
    except UserError as error:
        secho(str(error), fg="yellow", err=True)
        return True
    return word not in ("teach", "stop") or entry.kind == "live"
