"""`screenagent inbox`: what waits for a person, seen and answered in a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import load_settings
from screenagent.cli.output import echo, echo_json, paint, secho
from screenagent.showing import visible

if TYPE_CHECKING:
    from screenagent.sessions.entries import Entry
    from screenagent.sessions.inbox import Inbox

HEADS: Final = ("", "age", "of", "waits", "why")
LONGEST_CELL: Final = 44
LEAST_WHY: Final = 30
"""Characters that are left for the reason, however narrow the terminal is."""
LIVE, LEFT = "red", "yellow"


@dataclass(frozen=True)
class Numbered:
    """An entry, and the number that it has in the list."""

    number: int
    entry: Entry


@dataclass(frozen=True)
class Listed:
    """What waits, and a sentence for what cannot be read."""

    entries: Sequence[Numbered]
    problems: Sequence[str]

    def numbered(self, number: str) -> Numbered:
        """Return the entry of this number; raises `ClickException` if there is none."""
        for one in self.entries:
            if str(one.number) == number:
                return one
        there = ", ".join(str(one.number) for one in self.entries)
        now = f"these wait: {there}" if there else "nothing waits"
        if not number.isdecimal():
            raise click.UsageError(f"{number!r} is not the number of an entry; {now}")
        raise click.ClickException(f"entry {number} does not wait, or not any more; {now}")


def what_waits() -> Listed:
    """Look what waits now: asked of the live runs, and read of the inbox and the results files."""
    from screenagent.sessions.numbers import numbered
    from screenagent.sessions.waiting import tidy, waiting

    inbox = the_inbox()
    found = waiting(inbox)
    tidy(inbox)
    numbers = numbered(inbox, (entry.id for entry in found.entries)) if found.entries else {}
    in_order = sorted(found.entries, key=lambda entry: numbers[entry.id])
    return Listed([Numbered(numbers[entry.id], entry) for entry in in_order], found.problems)


def the_inbox() -> Inbox:
    from screenagent.sessions.inbox import Inbox

    return Inbox(load_settings().inbox)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print each entry as a JSON object.")
@click.option("--plain", is_flag=True, help="Only list them, as without a terminal; ask nothing.")
@click.pass_context
def inbox(context: click.Context, *, as_json: bool, plain: bool) -> None:
    """Show what waits for you: questions of runs that are under way, rows that a play left to you, missed questions.

    \b
    screenagent inbox                              one after the other, each answered with a key
    screenagent inbox --plain                      a table
    screenagent inbox show 3
    screenagent inbox answer 3 yes
    screenagent inbox answer 3 no "not this customer"
    screenagent inbox answer 4 continue            play the row again; also skip, done, teach and stop

    Whether a row waits is said by its results file: what `screenagent rows` settles leaves the inbox. A number means
    the same entry for as long as that waits.
    """
    if context.invoked_subcommand is not None:
        return
    from screenagent.cli.running import is_terminal

    found = what_waits()
    for problem in found.problems:
        secho(problem, fg="yellow", err=True)
    if as_json:
        for one in found.entries:
            echo_json(json.dumps(_as_json(one)))
        return
    for line in entry_lines(found.entries):
        echo(line)
    echo(f"{len(found.entries)} wait" if len(found.entries) != 1 else "1 waits", err=True)
    if found.entries and not plain and is_terminal():
        from screenagent.cli.inbox_keys import go_through

        go_through(found.entries)


@inbox.command
@click.argument("number", metavar="N")
@click.option("--json", "as_json", is_flag=True, help="Print it as a JSON object.")
@click.option("--open", "opens", is_flag=True, help="Open its picture in your desktop's viewer.")
def show(number: str, *, as_json: bool, opens: bool) -> None:
    """Show entry N: what waits and why, the run, the file of its picture, and how it can be answered."""
    found = what_waits()
    one = found.numbered(number)
    if opens:
        view_picture(one.entry)
    if as_json:
        echo_json(json.dumps(_as_json(one)))
        return
    for line in entry_details(one.entry):
        echo(line)
    echo(f"answer it: screenagent inbox answer {number} {'|'.join(_ways(one.entry))}", err=True)


@inbox.command
@click.argument("number", metavar="N")
@click.argument("words", nargs=-1, required=True, metavar="ANSWER [REASON]...")
@click.option("--now", "runs_it", is_flag=True, help="With continue: play the row now, without asking.")
def answer(number: str, *, words: tuple[str, ...], runs_it: bool) -> None:
    """Answer entry N.

    \b
    a question of a run    yes | no [REASON]... | stop, or words if it asks for some: reply WORDS...
    a row                  continue | skip | done | teach | stop
    a missed question      dismiss

    A yes needs that nobody else holds the yes of that run; if somebody does, it is said who. `continue` lets the row be
    played again, and prints the command that does so, or runs it. `teach` shows what the replay had to heal.

    Exit codes: 0 it was done, 1 it was refused or is settled already, 2 wrong usage.
    """
    from screenagent.cli.inbox_answers import carry_out_answer

    entry = what_waits().numbered(number).entry
    sys.exit(carry_out_answer(entry, words[0].lower(), " ".join(words[1:]), runs_it=runs_it))


def view_picture(entry: Entry) -> None:
    """Open the picture of an entry in the viewer of the desktop; raises `ClickException` if there is none."""
    if (picture := entry.picture) is None:
        raise click.ClickException("no picture of it is kept")
    if click.launch(str(picture)):
        raise click.ClickException(f"no viewer opens {picture}")


def _ways(entry: Entry) -> tuple[str, ...]:
    from screenagent.sessions.entries import ways_to_settle

    return ways_to_settle(entry)


def _as_json(one: Numbered) -> dict[str, object]:
    picture = one.entry.picture
    return {
        "number": one.number,
        **one.entry.model_dump(mode="json"),
        "picture": str(picture) if picture else None,
        "ways": _ways(one.entry),
    }


def entry_lines(entries: Sequence[Numbered]) -> Iterator[str]:
    """Yield the lines of the list; a question that waits now stands out."""
    if not entries:
        return
    rows = [_cells(one) for one in entries]
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    before = sum(width + 2 for width in widths[:-1])
    widths[-1] = max(LEAST_WHY, get_terminal_size((120, 0)).columns - before)
    yield _line(HEADS, widths)
    for one, row in zip(entries, rows, strict=True):
        line = _line((*row[:-1], _cut(row[-1], widths[-1])), widths)
        yield paint(line, fg=LIVE if one.entry.kind == "live" else LEFT)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    number, age, *words = cells
    aligned = (cell.ljust(width) for cell, width in zip(words, widths[2:], strict=True))
    return "  ".join((number.rjust(widths[0]), age.rjust(widths[1]), *aligned)).rstrip()


def _cells(one: Numbered) -> tuple[str, ...]:
    from screenagent.sessions.entries import title
    from screenagent.sessions.entry_words import age

    entry = one.entry
    texts = (_cut(visible(text), LONGEST_CELL) for text in (title(entry), entry.what))
    return str(one.number), age(entry.at), *texts, visible(entry.why)


def entry_details(entry: Entry) -> Iterator[str]:
    """Yield what is known of an entry, a line each."""
    from screenagent.sessions.entries import title
    from screenagent.sessions.entry_words import particulars

    yield paint(title(entry), bold=True)
    yield f"{'? ' if entry.kind == 'live' else ''}{entry.what}"
    if entry.why:
        yield f"why: {entry.why}"
    yield from particulars(entry)
    if entry.run:
        yield f"run: {entry.run}"
    if entry.picture:
        yield f"picture: {entry.picture}"
    elif entry.run and not Path(entry.run).is_dir():
        yield "the run is not kept any more"
